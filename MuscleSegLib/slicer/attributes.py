"""What a segmentation node remembers of how it was made: kept as node attributes, so that saved scenes keep it too."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, join_models
from MuscleSegLib.segmentation.result import SegmentationWarning

if TYPE_CHECKING:
    import slicer

    from MuscleSegLib.segmentation.result import Segmentation

#: What a person should check, as JSON.
WARNINGS_ATTRIBUTE = "MuscleSeg.Warnings"
#: The models that were used: name, version and checksum.
MODELS_ATTRIBUTE = "MuscleSeg.Models"


def rememberResult(segmentationNode: slicer.vtkMRMLSegmentationNode, segmentation: Segmentation) -> None:
    """Attach a result's warnings and the models that made it to the node that shows it."""
    warnings = [asdict(warning) for warning in segmentation.warnings]
    segmentationNode.SetAttribute(WARNINGS_ATTRIBUTE, json.dumps(warnings))
    segmentationNode.SetAttribute(MODELS_ATTRIBUTE, join_models(LabelledVolume.of(segmentation).models))


def warningsFromSegmentationNode(segmentationNode: slicer.vtkMRMLSegmentationNode) -> tuple[SegmentationWarning, ...]:
    """What a person should check in a segmentation that was made here; empty for any other."""
    stored = segmentationNode.GetAttribute(WARNINGS_ATTRIBUTE)
    return tuple(SegmentationWarning(**warning) for warning in json.loads(stored or "[]"))
