"""Which slices of each segment a person drew or corrected: what propagation starts from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import slicer

from MuscleSegLib.slicer.edits import LastResult, editsSince

#: The segmentation as each propagation that was kept left it, and the key slices that it started from, as JSON.
PROPAGATED_ATTRIBUTE = "MuscleSeg.Propagated"
#: How many of them are remembered: as many as a person may undo.
_REMEMBERED = 5


def keySlices(segmentationNode: slicer.vtkMRMLSegmentationNode) -> dict[str, tuple[int, ...]]:
    """The slices that a person drew or corrected, by segment.

    These are the slices that were edited since the last result; once a propagation was kept, the slices that it started
    from and those that were edited after it. Where it was undone, it does not count. A segment that was removed has
    none.

    Returns:
        Slices as :class:`~MuscleSegLib.slicer.edits.Edit` counts them, ascending; only segments that have any.
    """
    last = LastResult.of(segmentationNode)
    states: list[tuple[LastResult, Mapping[str, Sequence[int]]]] = [] if last is None else [(last, {})]
    states += [(LastResult.from_json(kept["state"]), kept["keys"]) for kept in _propagated(segmentationNode)]
    # Undo leads back to the state before: what it is now was edited from the state that it is nearest to.
    edited = [(editsSince(state, segmentationNode), keys) for state, keys in reversed(states)]
    edits, earlier = min(edited, key=lambda of: sum(len(edit.slices) for edit in of[0].values()), default=({}, {}))
    found = {
        segmentId: set(earlier.get(segmentId, ())) | set(edits[segmentId].slices if segmentId in edits else ())
        for segmentId in segmentationNode.GetSegmentation().GetSegmentIDs()
    }
    return {segmentId: tuple(sorted(slices)) for segmentId, slices in found.items() if slices}


def modifiedTimes(segmentationNode: slicer.vtkMRMLSegmentationNode) -> tuple[int, ...]:
    """When a segmentation node and its label maps were modified last; while these stay, so do its :func:`keySlices`.

    Undo may bring an older label map back, so that the latest of these times alone would not tell.
    """
    segmentation = segmentationNode.GetSegmentation()
    name = slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName()
    layers = (segmentation.GetLayerDataObject(index, name) for index in range(segmentation.GetNumberOfLayers(name)))
    return (segmentationNode.GetMTime(), segmentation.GetMTime(), *(layer.GetMTime() for layer in layers))


def isKnown(segmentationNode: slicer.vtkMRMLSegmentationNode) -> bool:
    """Whether an earlier state of a segmentation is known, from which edits can be told."""
    return LastResult.of(segmentationNode) is not None or bool(_propagated(segmentationNode))


def rememberPropagation(
    segmentationNode: slicer.vtkMRMLSegmentationNode, now: LastResult, keys: Mapping[str, Sequence[int]]
) -> None:
    """Keep what a propagation left and what it started from: neither is taken for an edit afterwards."""
    kept = [*_propagated(segmentationNode), {"state": now.to_json(), "keys": dict(keys)}]
    segmentationNode.SetAttribute(PROPAGATED_ATTRIBUTE, json.dumps(kept[-_REMEMBERED:]))


def forgetPropagation(segmentationNode: slicer.vtkMRMLSegmentationNode) -> None:
    """The segmentation was made anew: what was propagated before says nothing of it."""
    segmentationNode.RemoveAttribute(PROPAGATED_ATTRIBUTE)


def _propagated(segmentationNode: slicer.vtkMRMLSegmentationNode) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = json.loads(segmentationNode.GetAttribute(PROPAGATED_ATTRIBUTE) or "[]")
    return kept
