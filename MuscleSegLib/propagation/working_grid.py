"""The coarse pixels at which slices are registered and shapes are carried."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

#: Pixel size at which slices are registered; the motion is smooth, so a finer one costs time and gains little.
WORKING_MM = 2.0
#: Registration reduces images this much, so a grid has at least as many pixels.
_LEAST = 8

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

    @property
    def coarse_mm(self) -> float:
        """The larger spacing of the coarse pixels, mm."""
        return max(WORKING_MM, *self.pixel_mm)

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

    def enlarge(self, values: Tensor, box: Box) -> tuple[Box, Tensor]:
        """Values (rows, columns) of a ``box`` of this grid at the slice's pixels, and the box of those pixels."""
        pixels, weights = zip(*(self._pixels(axis, *box[2 * axis : 2 * axis + 2]) for axis in (0, 1)), strict=True)
        return (*pixels[0], *pixels[1]), weights[0] @ values @ weights[1].T

    def _pixels(self, axis: int, first: int, end: int) -> tuple[tuple[int, int], Tensor]:
        """The pixels of the slice between coarse pixels along an axis; (pixels, end - first) weights of the latter."""
        low, high = self.box[2 * axis : 2 * axis + 2]
        step = (high - low) / self.shape[axis]
        where = (torch.arange(low, high) - low + 0.5) / step - 0.5
        inside = torch.nonzero((where > first - 0.5) & (where < end - 0.5))[:, 0]
        weights = (1 - (where[inside, None] - torch.arange(first, end)).abs()).clamp_min(0)
        weights = weights / weights.sum(1, keepdim=True)
        begin = low + int(inside[0]) if len(inside) else low
        return (begin, begin + len(inside)), weights


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
