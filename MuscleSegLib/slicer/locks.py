"""Segments that propagation leaves as they are: a tag of the segment, which is saved with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import slicer

_TAG = "MuscleSeg.Locked"


def isLocked(segment: slicer.vtkSegment) -> bool:
    """Whether a person locked a segment."""
    return bool(segment.HasTag(_TAG))


def lockedSegments(segmentationNode: slicer.vtkMRMLSegmentationNode) -> list[str]:
    """IDs of the segments of a segmentation that are locked."""
    segmentation = segmentationNode.GetSegmentation()
    return [key for key in segmentation.GetSegmentIDs() if isLocked(segmentation.GetSegment(key))]


def setLocked(segment: slicer.vtkSegment, locked: bool) -> None:
    """Lock a segment, or unlock it."""
    if locked:
        segment.SetTag(_TAG, "1")
    else:
        segment.RemoveTag(_TAG)
