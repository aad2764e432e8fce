"""Which slices of each segment a person drew or corrected: what propagation starts from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from MuscleSegLib.slicer.edits import LastResult, editsSince, editsSinceLastResult

if TYPE_CHECKING:
    import slicer

#: The segmentation as the last propagation left it, and the key slices that it started from, as JSON.
PROPAGATED_ATTRIBUTE = "MuscleSeg.Propagated"
KEY_SLICES_ATTRIBUTE = "MuscleSeg.KeySlices"


def keySlices(segmentationNode: slicer.vtkMRMLSegmentationNode) -> dict[str, tuple[int, ...]]:
    """The slices that a person drew or corrected, by segment.

    These are the slices that were edited since the last result; once a propagation was kept, the slices that it started
    from and those that were edited after it. A segment that was removed has none.

    Returns:
        Slices counted from 0 along the volume's k axis, ascending; only segments that have any.
    """
    propagated = LastResult.of(segmentationNode, PROPAGATED_ATTRIBUTE)
    if propagated is None:
        edits, earlier = editsSinceLastResult(segmentationNode), {}
    else:
        edits = editsSince(propagated, segmentationNode)
        earlier = json.loads(segmentationNode.GetAttribute(KEY_SLICES_ATTRIBUTE) or "{}")
    present = segmentationNode.GetSegmentation().GetSegmentIDs()
    found = {
        segmentId: set(earlier.get(segmentId, ())) | set(edits[segmentId].slices if segmentId in edits else ())
        for segmentId in present
    }
    return {segmentId: tuple(sorted(slices)) for segmentId, slices in found.items() if slices}


def rememberPropagation(
    segmentationNode: slicer.vtkMRMLSegmentationNode, now: LastResult, keys: Mapping[str, Sequence[int]]
) -> None:
    """Keep what a propagation left and what it started from: neither is taken for an edit afterwards."""
    now.keepIn(segmentationNode, PROPAGATED_ATTRIBUTE)
    segmentationNode.SetAttribute(
        KEY_SLICES_ATTRIBUTE, json.dumps({segmentId: list(slices) for segmentId, slices in keys.items()})
    )


def forgetPropagation(segmentationNode: slicer.vtkMRMLSegmentationNode) -> None:
    """The segmentation was made anew: what was propagated before says nothing of it."""
    segmentationNode.RemoveAttribute(PROPAGATED_ATTRIBUTE)
    segmentationNode.RemoveAttribute(KEY_SLICES_ATTRIBUTE)
