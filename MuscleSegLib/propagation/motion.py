"""How the anatomy moves from slice to slice of an image."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.propagation.demons import register_slices
from MuscleSegLib.propagation.diffeomorphisms import compose, exponential, warp
from MuscleSegLib.propagation.working_grid import Box, WorkingGrid

#: A step over which registration is doubtful counts as at most this many, and the surest as this part of one.
_MOST_DOUBT, _LEAST_DOUBT = 3.0, 0.5
#: What is brighter than this part of the bright tissue is the body; slices are registered in the box around it.
_BODY = 0.15
#: ... where it is in at least this part of the slices.
_OFTEN = 0.1
_RIM_MM = 10.0


@dataclass(frozen=True)
class SliceMotion:
    """The motion from each slice of a volume to the next.

    Attributes:
        grid: The pixels that the motion is given at, and in.
        up: (N - 1, 2, rows, columns) displacements from slice n to slice n + 1.
        down: From slice n + 1 to slice n.
        doubt: (N - 1,) how badly the two slices of a step look alike after registration, 1 being usual in this image.
        shown: (N,) whether a slice shows anything; nothing moves into one of a single value, or of no numbers.
    """

    grid: WorkingGrid
    up: Tensor
    down: Tensor
    doubt: NDArray[np.float64]
    shown: NDArray[np.bool_]

    def positions_mm(self, slice_mm: float) -> NDArray[np.float64]:
        """(N,) positions along the limb in which doubtful steps are longer than they are, and sure ones shorter."""
        return np.concatenate([[0.0], np.cumsum(slice_mm * self.doubt)])

    def towards(self, key: int, end: int) -> Iterator[tuple[int, Tensor]]:
        """Displacements (1, 2, rows, columns) from the slices beside ``key`` to it, from the nearest to before ``end``.

        Yields:
            The slice and the displacement that takes its pixels to the points of ``key`` where the same anatomy is.
        """
        total = torch.zeros(1, 2, *self.grid.shape)
        step = 1 if end > key else -1
        for n in range(key + step, end, step):
            total = compose(self.down[n - 1 : n] if step > 0 else self.up[n : n + 1], total)
            yield n, total


def slice_motion(
    slices: NDArray[np.floating], pixel_mm: tuple[float, float], progress: Progress = silent
) -> SliceMotion:
    """Register each slice with the next.

    Args:
        slices: (N, rows, columns) grey values.
        pixel_mm: (row, column) spacing.
        progress: Told how far the work is; what it raises stops it.
    """
    values = np.nan_to_num(slices.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    lowest = values.min((1, 2), keepdims=True)
    values = values - lowest
    shown = values.max((1, 2)) > 0
    bright = float(np.quantile(values[shown, ::2, ::2], 0.98)) if shown.any() else 1.0
    values = np.clip(values / (bright or 1.0), 0, 1.5)
    grid = WorkingGrid(_body_box(values, pixel_mm), pixel_mm)
    coarse = grid.reduce(values)
    pairs = np.flatnonzero(shown[:-1] & shown[1:])
    velocity = torch.zeros(len(slices) - 1, 2, *grid.shape)
    if len(pairs):
        velocity[pairs] = register_slices(
            coarse[pairs], coarse[pairs + 1], lambda part: progress(part, "Registering neighbouring slices")
        )
    up, down = exponential(velocity), exponential(-velocity)
    left = _difference(coarse[:-1], warp(coarse[1:], up)) + _difference(coarse[1:], warp(coarse[:-1], down))
    doubt = np.full(len(velocity), _MOST_DOUBT)
    if len(pairs):
        doubt[pairs] = left[pairs] / max(float(np.median(left[pairs])), 1e-9)
    return SliceMotion(grid, up, down, doubt.clip(_LEAST_DOUBT, _MOST_DOUBT), shown)


def _difference(slices: Tensor, others: Tensor) -> NDArray[np.floating]:
    """(N,) mean difference of slices (N, 1, rows, columns)."""
    return np.asarray((slices - others).abs().mean((1, 2, 3)))


def _body_box(values: NDArray[np.floating], pixel_mm: tuple[float, float]) -> Box:
    """The box around what is bright in at least a tenth of the slices."""
    body = (values > _BODY).mean(0) >= _OFTEN
    rows, columns = (np.flatnonzero(body.any(1 - axis)) for axis in (0, 1))
    if not rows.size:
        return 0, body.shape[0], 0, body.shape[1]
    row_rim, column_rim = (round(_RIM_MM / mm) for mm in pixel_mm)
    return (
        max(0, int(rows[0]) - row_rim),
        min(body.shape[0], int(rows[-1]) + 1 + row_rim),
        max(0, int(columns[0]) - column_rim),
        min(body.shape[1], int(columns[-1]) + 1 + column_rim),
    )
