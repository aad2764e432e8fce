"""Limbs cut out of a volume for a network, and what the network says brought back to the volume's pixels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from MuscleSegLib.segmentation.limbs import LimbSlice
from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.resampling import interpolation_matrices


@dataclass(frozen=True)
class CropGrid:
    """The pixels that a network takes: ``size`` × ``size``, ``spacing_mm`` apart, around the centre of a limb.

    Rows run to posterior. Columns run to the patient's left in a right limb and to the right in a left one, so that
    every limb looks like a right one.
    """

    size: int
    spacing_mm: float

    def offsets_mm(self) -> torch.Tensor:
        """Distance of each row or column from the centre of the limb in mm, float64, (size,)."""
        return (torch.arange(self.size, dtype=torch.float64) - (self.size - 1) / 2) * self.spacing_mm


def extract_crops(volume: AxialVolume, limbs: Sequence[LimbSlice], grid: CropGrid, floor: float = 0.0) -> torch.Tensor:
    """Cut limbs out of ``volume``; what lies outside of it has no signal.

    Args:
        floor: The value of the volume that stands for no signal; it becomes 0.

    Returns:
        float32, (N, 1, size, size), on the CPU, in the unit of the volume.
    """
    axis_windows = [_window(limbs, axis, volume, grid) for axis in (0, 1)]
    (row_starts, rows), (column_starts, columns) = axis_windows
    windows = np.zeros((len(limbs), rows, columns), np.float32)
    height, width = volume.array.shape[1:]
    for n, limb in enumerate(limbs):
        top, left = row_starts[n], column_starts[n]
        first_row, end_row = max(top, 0), min(top + rows, height)
        first_column, end_column = max(left, 0), min(left + columns, width)
        if end_row > first_row and end_column > first_column:
            pixels = volume.array[limb.slice, first_row:end_row, first_column:end_column].astype(np.float32) - floor
            windows[n, first_row - top : end_row - top, first_column - left : end_column - left] = pixels
    np.nan_to_num(windows, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    matrices = []
    for axis, (starts, length) in enumerate(axis_windows):
        step = grid.spacing_mm / volume.spacing[axis + 1]
        positions = _signs(limbs, axis)[:, None] * grid.offsets_mm() / volume.spacing[axis + 1]
        middle = torch.tensor([limb.centre[axis] - start for limb, start in zip(limbs, starts, strict=True)])
        matrices.append(interpolation_matrices(positions + middle.double()[:, None], length, step))
    return (matrices[0] @ torch.from_numpy(windows) @ matrices[1].transpose(1, 2))[:, None]


def to_pixels(maps: torch.Tensor, limb: LimbSlice, grid: CropGrid, volume: AxialVolume) -> torch.Tensor:
    """Interpolate maps on the crop of ``limb`` at the pixels of its box.

    Args:
        maps: float32, (C, size, size), one value a pixel of ``grid``.

    Returns:
        float32, (C, rows, columns) of ``limb.box``; 0 where the box is larger than the crop.
    """
    matrices = []
    for axis in (0, 1):
        first, end = limb.box[2 * axis], limb.box[2 * axis + 1]
        step = volume.spacing[axis + 1] / grid.spacing_mm
        distance = torch.arange(first, end, dtype=torch.float64) - limb.centre[axis]
        positions = _signs([limb], axis) * distance * step + (grid.size - 1) / 2
        matrices.append(interpolation_matrices(positions[None], grid.size, step)[0].to(maps.device))
    return matrices[0] @ (maps @ matrices[1].T)


def shrink_box(
    limb: LimbSlice, rows: tuple[int, int], columns: tuple[int, int], grid: CropGrid, volume: AxialVolume
) -> LimbSlice:
    """The same limb with its box cut to what some rows and columns (first, end) of its crop can reach."""
    box = []
    for axis, (first, end) in enumerate((rows, columns)):
        step = grid.spacing_mm / volume.spacing[axis + 1]
        sign = -1 if axis == 1 and limb.side == "left" else 1
        ends = [limb.centre[axis] + sign * (at - (grid.size - 1) / 2) * step for at in (first - 1, end)]
        reach = max(0.0, 1.0 - step)
        lowest, highest = limb.box[2 * axis], limb.box[2 * axis + 1]
        start = min(max(math.floor(min(ends) - reach), lowest), highest)
        box += [start, max(start, min(math.ceil(max(ends) + reach) + 1, highest))]
    return replace(limb, box=(box[0], box[1], box[2], box[3]))


def _window(limbs: Sequence[LimbSlice], axis: int, volume: AxialVolume, grid: CropGrid) -> tuple[list[int], int]:
    """First pixel of each limb's window along ``axis``, and the length of all windows: all that a crop looks at."""
    pixel = volume.spacing[axis + 1]
    reach = (grid.size - 1) / 2 * grid.spacing_mm / pixel + max(1.0, grid.spacing_mm / pixel)
    return [math.floor(limb.centre[axis] - reach) for limb in limbs], math.ceil(2 * reach) + 2


def _signs(limbs: Sequence[LimbSlice], axis: int) -> torch.Tensor:
    """-1 for the columns of a left limb, which is mirrored; else 1. float64, (N,)."""
    return torch.tensor([-1.0 if axis == 1 and limb.side == "left" else 1.0 for limb in limbs], dtype=torch.float64)
