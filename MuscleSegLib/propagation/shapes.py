"""What a label covers in a slice, as signed distances to its border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import SimpleITK as sitk
import torch
from torch.nn import functional as F

from MuscleSegLib.propagation.diffeomorphisms import smooth, warp
from MuscleSegLib.propagation.signed_distance import signed_distance_mm
from MuscleSegLib.propagation.working_grid import grown

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from MuscleSegLib.propagation.working_grid import Box, WorkingGrid

#: Around a shape, distances are known this far: so much of a shape that moved can be told from another.
RIM_MM = 12.0
#: Labels run along the edges of pixels, the borders that they stand for do not: distances are smoothed by this much
#: (pixels), or a border that is moved by less than half a pixel would stay where it is ...
_BETWEEN_PIXELS = 0.6
#: ... though every pixel stays at least this part of its distance away, so that thin shapes keep their width.
_KEPT = 0.5


@dataclass(frozen=True)
class Distances:
    """Distances on a part of a working grid.

    Attributes:
        box: The part.
        distance_mm: (rows, columns) of the box.
    """

    box: Box
    distance_mm: Tensor

    def on(self, box: Box) -> Tensor:
        """The distances in any box: beyond the own one those at its rim."""
        values, beyond = self.distance_mm, []
        for axis in (1, 0):
            (own_first, own_end), (first, end) = self.box[2 * axis : 2 * axis + 2], box[2 * axis : 2 * axis + 2]
            low = min(max(first, own_first), own_end - 1)
            high = max(min(end, own_end), low + 1)
            values = values.narrow(axis, low - own_first, high - low)
            before = min(max(own_first - first, 0), end - first - 1)
            beyond += [before, end - first - (high - low) - before]
        return F.pad(values[None, None], beyond, mode="replicate")[0, 0] if any(beyond) else values

    def moved(self, displacement: Tensor, reach: int) -> Self:
        """The distances that belong to the same anatomy in another slice.

        Args:
            displacement: (1, 2, rows, columns) of the working grid, from the other slice to this one.
            reach: Pixels, at least the largest displacement.
        """
        first_row, end_row, first_column, end_column = box = grown(
            self.box, reach, (displacement.shape[2], displacement.shape[3])
        )
        part = displacement[:, :, first_row:end_row, first_column:end_column]
        first = (first_row - self.box[0], first_column - self.box[2])
        return type(self)(box, warp(self.distance_mm[None, None], part, first)[0, 0])


class Shape(Distances):
    """Distances to the border of a shape, positive inside, on a part of a working grid in which the shape lies."""

    @property
    def radius_mm(self) -> float:
        """The largest distance from the border; 0 when no pixel is inside."""
        return max(float(self.distance_mm.max()), 0.0)

    @property
    def area(self) -> float:
        """Pixels inside."""
        return float((self.distance_mm > 0).sum())

    def outside_mm(self, box: Box, pixel_mm: float) -> NDArray[np.float32]:
        """How far the pixels of any box lie outside of the shape, at least; 0 inside.

        Args:
            box: Of the working grid.
            pixel_mm: Spacing of that grid.
        """
        rows, columns = np.arange(box[0], box[1]), np.arange(box[2], box[3])
        near_rows, near_columns = rows.clip(self.box[0], self.box[1] - 1), columns.clip(self.box[2], self.box[3] - 1)
        own = self.distance_mm.numpy()[(near_rows - self.box[0])[:, None], near_columns - self.box[2]]
        # The shape lies in its box: the way to the box and the one from there on are at right angles, or wider.
        to_box = ((rows - near_rows) ** 2)[:, None] + (columns - near_columns) ** 2
        return np.sqrt(to_box * np.float32(pixel_mm**2) + np.minimum(own, 0) ** 2)

    def only(self, pieces: NDArray[np.bool_], pixel_mm: float) -> Shape:
        """The shape without its other pieces.

        Args:
            pieces: (rows, columns) of the box, the pixels of those to keep.
            pixel_mm: Spacing of the working grid.
        """
        image = sitk.GetImageFromArray(pieces.astype(np.uint8))
        image.SetSpacing((pixel_mm, pixel_mm))
        # Only a bound: measured in whole pixels, beyond whose middles a border may run by half a pixel.
        bound = torch.from_numpy(signed_distance_mm(image) + np.float32(pixel_mm))
        return Shape(self.box, torch.minimum(self.distance_mm, bound))


def shapes_of(masks: NDArray[np.bool_], grid: WorkingGrid) -> list[Shape | None]:
    """The shape of each of (N, rows, columns) ``masks`` in a slice; None of one that is empty or beyond the grid.

    The border runs half a pixel from the middles of the pixels beside it; where a shape is cut by the edge of the
    slice, there is none. The distances of all are found at once, side by side, which is several times as fast as one
    after the other, and right as far as :data:`RIM_MM`.
    """
    nears = [_surroundings(mask, grid) for mask in masks]
    row_rim, column_rim = (int(np.ceil(RIM_MM / mm)) for mm in grid.pixel_mm)
    parts = [
        mask[
            np.arange(near[0], near[1] + row_rim).clip(max=near[1] - 1)[:, None],
            np.arange(near[2] - column_rim, near[3] + column_rim).clip(near[2], near[3] - 1),
        ]
        for mask, near in zip(masks, nears, strict=True)
        if near is not None
    ]
    if not parts:
        return [None] * len(nears)
    widths = [part.shape[1] for part in parts]
    side_by_side = np.zeros((max(len(part) for part in parts), sum(widths)), np.uint8)
    for place, part in zip(np.split(side_by_side, np.cumsum(widths)[:-1], axis=1), parts, strict=True):
        place[: len(part)] = part
    image = sitk.GetImageFromArray(side_by_side)
    image.SetSpacing(grid.pixel_mm[::-1])
    distance = torch.from_numpy(signed_distance_mm(image))
    of_each = iter(distance.split(widths, dim=1))
    shapes: list[Shape | None] = []
    for near in nears:
        if near is None:
            shapes.append(None)
        else:
            own = next(of_each)[: near[1] - near[0], column_rim:-column_rim]
            box, sampled = grid.sample(own, near)
            shapes.append(Shape(box, _between_pixels(sampled)))
    return shapes


def _between_pixels(distance_mm: Tensor) -> Tensor:
    """(rows, columns) distances to borders that may run anywhere between the pixels inside and those outside."""
    smoothed, least = smooth(distance_mm[None, None], _BETWEEN_PIXELS)[0, 0], _KEPT * distance_mm
    return torch.where(distance_mm > 0, torch.maximum(smoothed, least), torch.minimum(smoothed, least))


def _surroundings(mask: NDArray[np.bool_], grid: WorkingGrid) -> Box | None:
    """The box, within the grid's, of what is set in (rows, columns) with :data:`RIM_MM` around it."""
    bounds: list[int] = []
    for axis, mm in enumerate(grid.pixel_mm):
        there = np.flatnonzero(mask.any(1 - axis))
        if not there.size:
            return None
        rim = int(np.ceil(RIM_MM / mm))
        low, high = grid.box[2 * axis : 2 * axis + 2]
        bounds += [max(low, int(there[0]) - rim), min(high, int(there[-1]) + rim + 1)]
        if bounds[-1] - bounds[-2] <= rim:
            return None
    return bounds[0], bounds[1], bounds[2], bounds[3]
