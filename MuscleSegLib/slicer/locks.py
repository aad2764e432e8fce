"""Segments that propagation leaves as they are: a tag of the segment, which is saved with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import slicer

_TAG = "MuscleSeg.Locked"


def isLocked(segment: slicer.vtkSegment) -> bool:
    """Whether a person locked a segment."""
    return bool(segment.HasTag(_TAG))


def setLocked(segment: slicer.vtkSegment, locked: bool) -> None:
    """Lock a segment, or unlock it."""
    if locked:
        segment.SetTag(_TAG, "1")
    else:
        segment.RemoveTag(_TAG)
