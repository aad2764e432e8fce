"""Limbs cut out of a volume for a network, and what the network says brought back to the volume's pixels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
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
            inside = volume.array[limb.slice, first_row:end_row, first_column:end_column].astype(np.float32)
            windows[n, first_row - top : end_row - top, first_column - left : end_column - left] = inside - floor
    pixels = torch.from_numpy(windows)
    torch.nan_to_num(pixels, nan=0.0, posinf=0.0, neginf=0.0, out=pixels)
    matrices = []
    for axis, (starts, length) in enumerate(axis_windows):
        step = grid.spacing_mm / volume.spacing[axis + 1]
        signs = torch.tensor([_sign(limb, axis) for limb in limbs], dtype=torch.float64)
        positions = signs[:, None] * grid.offsets_mm() / volume.spacing[axis + 1]
        middle = torch.tensor([limb.centre[axis] - start for limb, start in zip(limbs, starts, strict=True)])
        matrices.append(interpolation_matrices(positions + middle.double()[:, None], length, step))
    return (matrices[0] @ pixels @ matrices[1].transpose(1, 2))[:, None]


def most_probable_at_pixels(
    maps: torch.Tensor, limb: LimbSlice, grid: CropGrid, volume: AxialVolume
) -> npt.NDArray[np.uint8]:
    """Interpolate maps bilinearly at the pixels of a limb's box and tell which is the largest there.

    Where one map is the largest at all four pixels of the crop around a pixel, it is so in between; only the other
    pixels, along borders, are interpolated.

    Args:
        maps: float32, (C, size, size), at the pixels of ``grid``; C is at most 256.
        limb: Where the crop lies.
        grid: The pixels of the crop.
        volume: Whose pixels are asked for.

    Returns:
        uint8, (rows, columns) of ``limb.box``: the index of the largest map; 0 beyond the crop.
    """
    best = maps.max(0).indices.to(torch.uint8).cpu().numpy()
    (rows, along_rows, beyond_rows), (columns, along_columns, beyond_columns) = (
        _neighbours(limb, axis, grid, volume) for axis in (0, 1)
    )
    first = best[:-1, :-1]
    border = (first != best[1:, :-1]) | (first != best[:-1, 1:]) | (first != best[1:, 1:])
    result = best[rows][:, columns]
    row, column = np.divmod(np.flatnonzero(border[rows][:, columns]), len(columns))
    at = torch.from_numpy(rows[row] * grid.size + columns[column]).to(maps.device)
    weights = [torch.from_numpy(w).to(maps.device) for w in (along_rows[row], along_columns[column])]
    flat = maps.reshape(len(maps), -1)
    corners = [flat.index_select(1, at + step) for step in (0, 1, grid.size, grid.size + 1)]
    blends = torch.lerp(corners[0], corners[1], weights[1]), torch.lerp(corners[2], corners[3], weights[1])
    result[row, column] = torch.lerp(*blends, weights[0]).max(0).indices.cpu().numpy()
    result[beyond_rows] = 0
    result[:, beyond_columns] = 0
    return result


def _neighbours(
    limb: LimbSlice, axis: int, grid: CropGrid, volume: AxialVolume
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """For each pixel of a box along ``axis``: the crop's pixel before it, how far behind it is, and if it is beyond."""
    distance = np.arange(limb.box[2 * axis], limb.box[2 * axis + 1]) - limb.centre[axis]
    step = _sign(limb, axis) * volume.spacing[axis + 1] / grid.spacing_mm
    position = distance * step + (grid.size - 1) / 2
    beyond = (position < -0.5) | (position > grid.size - 0.5)
    inside = position.clip(0, grid.size - 1)
    first = inside.astype(np.int64).clip(max=grid.size - 2)
    return first, (inside - first).astype(np.float32), beyond


def _window(limbs: Sequence[LimbSlice], axis: int, volume: AxialVolume, grid: CropGrid) -> tuple[list[int], int]:
    """First pixel of each limb's window along ``axis``, and the length of all windows: all that a crop looks at."""
    pixel = volume.spacing[axis + 1]
    reach = (grid.size - 1) / 2 * grid.spacing_mm / pixel + max(1.0, grid.spacing_mm / pixel)
    return [math.floor(limb.centre[axis] - reach) for limb in limbs], math.ceil(2 * reach) + 2


def _sign(limb: LimbSlice, axis: int) -> float:
    """-1 for the columns of a left limb, which is mirrored; else 1."""
    return -1.0 if axis == 1 and limb.side == "left" else 1.0
