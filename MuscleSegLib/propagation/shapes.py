"""What a label covers in a slice, as signed distances to its border."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk
import torch
from torch.nn import functional as F

from MuscleSegLib.propagation.working_grid import grown

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from MuscleSegLib.propagation.working_grid import Box, WorkingGrid

_SIGNED_DISTANCE = partial(
    sitk.SignedMaurerDistanceMap, insideIsPositive=True, squaredDistance=False, useImageSpacing=True
)
#: Coarse pixels that are kept around a shape.
_RIM = 5
#: Distances are measured this far (mm) around a shape; more than the rim.
_FAR_MM = 20.0


@dataclass(frozen=True)
class Shape:
    """A shape on a part of a working grid.

    Attributes:
        box: The part; the shape lies within it.
        distance_mm: (rows, columns) of the box: distance to the border, positive inside.
    """

    box: Box
    distance_mm: Tensor

    @property
    def radius_mm(self) -> float:
        """The largest distance from the border; 0 when no pixel is inside."""
        return max(float(self.distance_mm.max()), 0.0)

    def on(self, box: Box) -> Tensor:
        """The distances in any box: beyond the own one those at its rim, which is outside the shape."""
        rows = torch.arange(box[0], box[1]).clamp(self.box[0], self.box[1] - 1) - self.box[0]
        columns = torch.arange(box[2], box[3]).clamp(self.box[2], self.box[3] - 1) - self.box[2]
        return self.distance_mm[rows[:, None], columns]

    def moved(self, displacement: Tensor, reach: int) -> Shape:
        """Where the anatomy that this shape covers lies in another slice.

        Args:
            displacement: (1, 2, rows, columns) of the working grid, from the other slice to this one.
            reach: Pixels, at least the largest displacement.
        """
        first_row, end_row, first_column, end_column = box = grown(
            self.box, reach, (displacement.shape[2], displacement.shape[3])
        )
        part = displacement[0, :, first_row:end_row, first_column:end_column]
        row = part[0] + (torch.arange(first_row, end_row)[:, None] - self.box[0])
        column = part[1] + (torch.arange(first_column, end_column) - self.box[2])
        rows, columns = self.distance_mm.shape
        where = torch.stack([column * (2 / max(columns - 1, 1)) - 1, row * (2 / max(rows - 1, 1)) - 1], -1)
        moved = F.grid_sample(self.distance_mm[None, None], where[None], padding_mode="border", align_corners=True)
        return Shape(box, moved[0, 0])


def shape_of(mask: NDArray[np.bool_], grid: WorkingGrid) -> Shape | None:
    """The shape of (rows, columns) ``mask`` in a slice; None of an empty one.

    The border runs half a pixel from the middles of the pixels beside it.
    """
    if not mask.any():
        return None
    near = _surroundings(mask, grid.pixel_mm)
    part = sitk.GetImageFromArray(mask[near].astype(np.uint8))
    part.SetSpacing(grid.pixel_mm[::-1])
    fine = np.full(mask.shape, -_FAR_MM, np.float32)
    # Measured from the middles of the shape's outermost pixels.
    fine[near] = sitk.GetArrayFromImage(_SIGNED_DISTANCE(part)) + min(grid.pixel_mm) / 2
    distance = grid.reduce(fine[None])[0, 0]
    rows, columns = (np.flatnonzero((distance > 0).any(1 - axis).numpy()) for axis in (0, 1))
    if not rows.size:  # smaller than a coarse pixel: the largest distance marks the place
        rows, columns = (np.array([at]) for at in divmod(int(distance.argmax()), grid.shape[1]))
    box = grown((int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1), _RIM, grid.shape)
    return Shape(box, distance[box[0] : box[1], box[2] : box[3]])


def _surroundings(mask: NDArray[np.bool_], pixel_mm: tuple[float, float]) -> tuple[slice, slice]:
    """The box of :data:`_FAR_MM` around what is set in (rows, columns)."""
    box = []
    for axis, mm in enumerate(pixel_mm):
        there = np.flatnonzero(mask.any(1 - axis))
        rim = int(_FAR_MM / mm)
        box.append(slice(max(0, int(there[0]) - rim), int(there[-1]) + rim + 1))
    return box[0], box[1]
