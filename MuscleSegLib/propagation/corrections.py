"""What a person corrected of a network's result in a slice, and the same correction made elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from MuscleSegLib.propagation.diffeomorphisms import smooth
from MuscleSegLib.propagation.shapes import Distances, Shape
from MuscleSegLib.propagation.working_grid import united

#: A border that was moved further (mm) was moved because a part was added or taken away, which is not done elsewhere.
_FARTHEST_MM = 6.0
#: How far a border was moved is smoothed by this much (pixels of the working grid): it was drawn along their edges.
_PIXELS = 1.0


def correction_of(found: Shape | None, drawn: Shape | None) -> Distances | None:
    """How far the border that was drawn lies outside of the one that was found; None when nothing was moved."""
    if found is None or drawn is None:
        return None
    box = united(found.box, drawn.box)
    outside = (drawn.on(box) - found.on(box)).clamp(-_FARTHEST_MM, _FARTHEST_MM)
    return Distances(box, smooth(outside[None, None], _PIXELS)[0, 0]) if bool(outside.any()) else None


def corrected(found: Shape | None, corrections: Sequence[Distances | None], parts: Sequence[float]) -> Shape | None:
    """What was found, its border moved by a part of each correction; None when nothing is left."""
    moved = [(own, part) for own, part in zip(corrections, parts, strict=True) if own is not None]
    if found is None or not moved:
        return found
    distance = found.distance_mm
    for correction, part in moved:
        distance = distance + part * correction.on(found.box)
    return Shape(found.box, distance) if bool((distance > 0).any()) else None
