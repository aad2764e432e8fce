"""What several sources, key slices and a network, say about a label in a slice, made into one shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from MuscleSegLib.propagation.shapes import Shape
from MuscleSegLib.propagation.working_grid import united

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Estimate:
    """What one source says about a label in a slice.

    Attributes:
        shape: Where the label is; None when the source says that it is not there.
        error_mm: How far the border may be from where the source says.
    """

    shape: Shape | None
    error_mm: float


@dataclass(frozen=True)
class Blend:
    """What all sources say together.

    Attributes:
        shape: Where the label is; it may be nowhere inside its box.
        error_mm: How far its border may be off.
        doubt: 0 when the sources agree on whether the label is there, up to 1 when they are equally for and against.
    """

    shape: Shape
    error_mm: float
    doubt: float


def blend(estimates: Sequence[Estimate]) -> Blend | None:
    """The average of signed distances, weighted by the inverse of the squared errors.

    A source that says that the label is not there moves the border inwards by twice the label's half width: between a
    slice with a muscle and one without, the muscle tapers and ends half way.

    Returns:
        None when no source has the label.
    """
    weights = [1 / estimate.error_mm**2 for estimate in estimates]
    total = sum(weights)
    present = [
        (estimate.shape, weight / total)
        for estimate, weight in zip(estimates, weights, strict=True)
        if estimate.shape is not None
    ]
    if not present:
        return None
    there = sum(weight for _, weight in present)
    box = reduce(united, (shape.box for shape, _ in present))
    parts: list[Tensor] = [shape.on(box) * (weight / there) for shape, weight in present]
    half_width = max(shape.radius_mm for shape, _ in present)
    shape = Shape(box, reduce(lambda one, other: one + other, parts) - 2 * half_width * (1 - there))
    if len(present) == len(estimates) and shape.radius_mm == 0:
        # All see it, each a little beside the other: a thin muscle must not be lost in the average.
        shape = max(present, key=lambda pair: pair[1])[0]
    return Blend(shape, total**-0.5, 2 * min(there, 1 - there))
