"""What measures depend on, as a short text: they are out of date when it is another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import SimpleITK as sitk
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform

if TYPE_CHECKING:
    import slicer

    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume

#: Positions are compared to this many digits of a millimetre: rounding in a saved scene is no change.
_DIGITS = 3


def fingerprint(labels: LabelledVolume, transformNodes: Sequence[slicer.vtkMRMLTransformNode] = ()) -> str:
    """A checksum of where each muscle is, what it is called, and where transforms take the volume.

    Args:
        labels: As ``labelledVolumeFromSegmentationNodes`` gives them.
        transformNodes: Under which the volume lies over the maps; a few of their points are looked at.
    """
    image = labels.image
    geometry = [*image.GetOrigin(), *image.GetSpacing(), *image.GetDirection()]
    state = {
        "voxels": crc32(np.ascontiguousarray(sitk.GetArrayViewFromImage(image)).tobytes()),
        "grid": np.round(geometry, _DIGITS).tolist(),
        "labels": [(label.value, label.title) for label in labels.labels],
        "transforms": [_moved(node, image) for node in transformNodes],
    }
    return f"{crc32(json.dumps(state).encode()):08x}"


def _moved(transformNode: slicer.vtkMRMLTransformNode, image: sitk.Image) -> list[list[float]]:
    """Where a transform takes points of the image, from corner to corner."""
    toWorld = vtkGeneralTransform()
    transformNode.GetTransformToWorld(toWorld)
    points = [
        image.TransformContinuousIndexToPhysicalPoint(
            [part * (size - 1) for part, size in zip(parts, image.GetSize(), strict=True)]
        )
        for parts in product((0.0, 0.25, 0.5, 0.75, 1.0), repeat=3)
    ]
    # Adding zero: -0.0 and 0.0 are the same place.
    return [(np.round(toWorld.TransformPoint(-x, -y, z), _DIGITS) + 0.0).tolist() for x, y, z in points]
