"""The coarse pixels at which slices are registered and shapes are carried."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

#: Pixels at which slices are registered and labels carried are no smaller than this, to save time: at 2 mm, muscles of
#: the leg that are few millimetres thin lose a fifth of their area.
WORKING_MM = 1.0
#: Registration reduces images eightfold, and needs two pixels then.
_LEAST = 16

#: First and end row, first and end column.
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class WorkingGrid:
    """A box of a slice's pixels, sampled more coarsely.

    Attributes:
        box: In pixels of the slice.
        pixel_mm: (row, column) spacing of the slice.
    """

    box: Box
    pixel_mm: tuple[float, float]

    @cached_property
    def coarse_mm(self) -> tuple[float, float]:
        """(row, column) spacing of the coarse pixels."""
        rows, columns = (
            (end - first) * mm / count
            for first, end, mm, count in zip(self.box[::2], self.box[1::2], self.pixel_mm, self.shape, strict=True)
        )
        return rows, columns

    @cached_property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of the coarse pixels, which fill the box."""
        rows, columns = (
            max(_LEAST, round((end - first) * mm / max(WORKING_MM, mm)))
            for first, end, mm in zip(self.box[::2], self.box[1::2], self.pixel_mm, strict=True)
        )
        return rows, columns

    def reduce(self, slices: NDArray[np.float32]) -> Tensor:
        """(N, rows, columns) values of slices as (N, 1, rows, columns) of this grid."""
        cropped = np.ascontiguousarray(slices[:, self.box[0] : self.box[1], self.box[2] : self.box[3]])
        return F.interpolate(torch.from_numpy(cropped)[:, None], self.shape, mode="bilinear", antialias=True)

    def sample(self, values: Tensor, box: Box) -> tuple[Box, Tensor]:
        """Values (rows, columns) of a ``box`` of the slice's pixels at the coarse ones in it, linear, and their box."""
        return _between(values, box, (self._coarse_in_fine(0), self._coarse_in_fine(1)))

    def enlarge(self, values: Tensor, box: Box) -> tuple[Box, Tensor]:
        """Values (rows, columns) of a ``box`` of coarse pixels at the slice's in it, linear, and their box."""
        return _between(values, box, (self._fine_in_coarse(0), self._fine_in_coarse(1)))

    @cache  # noqa: B019  (a few numbers, for as long as the grid is used)
    def _coarse_in_fine(self, axis: int) -> _Places:
        low, high = self.box[2 * axis : 2 * axis + 2]
        step = (high - low) / self.shape[axis]
        return _Places.of(low + (np.arange(self.shape[axis]) + 0.5) * step - 0.5, 0, high)

    @cache  # noqa: B019
    def _fine_in_coarse(self, axis: int) -> _Places:
        low, high = self.box[2 * axis : 2 * axis + 2]
        step = (high - low) / self.shape[axis]
        return _Places.of((np.arange(low, high) - low + 0.5) / step - 0.5, low, self.shape[axis])


@dataclass(frozen=True)
class _Places:
    """Where the pixels of one grid lie along an axis of another.

    Attributes:
        where: Of each pixel, ascending, in pixels of the other grid.
        number: Of the first of them.
        weights: (pixels, pixels of the other grid) for linear interpolation.
    """

    where: list[float]
    number: int
    weights: Tensor

    @classmethod
    def of(cls, where: NDArray[np.floating], number: int, others: int) -> _Places:
        """Of pixels that lie (pixels,) ``where`` in another grid of ``others``."""
        weights = np.maximum(1 - np.abs(where[:, None] - np.arange(others)), 0)
        return cls(where.tolist(), number, torch.from_numpy(weights.astype(np.float32)))

    def between(self, first: int, end: int) -> tuple[int, int, Tensor]:
        """Number of the first and of the end of those between pixels of the other grid; (n, end - first) weights."""
        low, high = bisect_left(self.where, first), bisect_right(self.where, end - 1)
        return self.number + low, self.number + high, self.weights[low:high, first:end]


def _between(values: Tensor, box: Box, places: tuple[_Places, _Places]) -> tuple[Box, Tensor]:
    first_row, end_row, rows = places[0].between(box[0], box[1])
    first_column, end_column, columns = places[1].between(box[2], box[3])
    return (first_row, end_row, first_column, end_column), rows @ values @ columns.T


def grown(box: Box, pixels: int, shape: tuple[int, int]) -> Box:
    """A box with ``pixels`` more on each side, within (rows, columns) ``shape``."""
    first_row, end_row, first_column, end_column = box
    return (
        max(0, first_row - pixels),
        min(shape[0], end_row + pixels),
        max(0, first_column - pixels),
        min(shape[1], end_column + pixels),
    )


def united(one: Box, other: Box) -> Box:
    """The smallest box around two."""
    return min(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), max(one[3], other[3])
