"""What a network gets wrong in the same way everywhere in a scan, as key slices tell it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from MuscleSegLib.propagation.corrections import correction_of
from MuscleSegLib.propagation.diffeomorphisms import smooth
from MuscleSegLib.propagation.shapes import Shape

if TYPE_CHECKING:
    from torch import Tensor

#: Borders are compared where at least so many pixels lie along them.
_LEAST_PIXELS = 12
#: That nothing is wrong counts as much as so many drawn shapes: what one or two tell may be of their place alone.
_NOTHING_WRONG = 10
#: Directions of borders are those of distances smoothed by this much (pixels).
_PIXELS = 1.0


@dataclass(frozen=True)
class SystematicError:
    """How what is drawn differs from what a network found, whatever the label and the slice.

    A reader draws inside or along the fascia, and a T1-weighted image shows fat beside water: neither is an error of
    one place, so it is made good where nobody drew, however far away.

    Attributes:
        outside_mm: How far the drawn border lies outside of the found one.
        beside_mm: How far (along rows, along columns) it lies beside it.
    """

    outside_mm: float
    beside_mm: tuple[float, float]

    @classmethod
    def told_by(cls, pairs: Iterable[tuple[Shape | None, Shape | None]], pixel_mm: tuple[float, float]) -> Self:
        """The median over shapes, so that a part which was added to some of them does not count.

        Args:
            pairs: What was found and what was drawn, on one working grid.
            pixel_mm: Its (row, column) spacing.
        """
        each = [told for found, drawn in pairs if (told := _told(found, drawn, pixel_mm)) is not None]
        outside, *beside = np.median([*each, *[np.zeros(3)] * _NOTHING_WRONG], axis=0).tolist()
        return cls(outside, (beside[0], beside[1]))

    def made_good(self, found: Shape | None, pixel_mm: tuple[float, float]) -> Shape | None:
        """What a network found without this error; None when nothing is left."""
        if found is None or not (self.outside_mm or any(self.beside_mm)):
            return found
        along_rows, along_columns = (
            move * outwards for move, outwards in zip(self.beside_mm, _outwards(found, pixel_mm), strict=True)
        )
        distance = found.distance_mm + self.outside_mm + along_rows + along_columns
        return Shape(found.box, distance) if bool((distance > 0).any()) else None


def _told(found: Shape | None, drawn: Shape | None, pixel_mm: tuple[float, float]) -> np.ndarray | None:
    """(outside, beside along rows, along columns) in mm: least squares along the border that was found."""
    if found is None or drawn is None:
        return None
    border = found.distance_mm.abs() < max(pixel_mm)
    if int(border.sum()) < _LEAST_PIXELS:
        return None
    correction = correction_of(found, drawn)
    if correction is None:
        return np.zeros(3)
    ways = torch.stack([torch.ones_like(found.distance_mm), *_outwards(found, pixel_mm)], -1)
    return torch.linalg.lstsq(ways[border], correction.on(found.box)[border, None]).solution[:, 0].numpy()


def _outwards(shape: Shape, pixel_mm: tuple[float, float]) -> tuple[Tensor, ...]:
    """Each (rows, columns): how much a step along rows, and along columns, leads out of a shape."""
    smoothed = smooth(shape.distance_mm[None, None], _PIXELS)[0, 0]
    return tuple(-slope for slope in torch.gradient(smoothed, spacing=pixel_mm))
