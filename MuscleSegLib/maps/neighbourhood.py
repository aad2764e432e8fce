"""Sums over the voxels around each voxel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Neighbourhood:
    """Voxels of a grid, and how much they count for one another: by a Gaussian of their distance.

    Attributes:
        voxels: (slices, rows, columns) bool, where there are N voxels.
        spacing_mm: Between columns, rows and slices, as SimpleITK tells it.
        reach_mm: Standard deviation of the Gaussian.
    """

    voxels: NDArray[np.bool_]
    spacing_mm: tuple[float, float, float]
    reach_mm: float

    def sums(self, values: Tensor, told: Tensor | slice = slice(None)) -> Tensor:
        """Weighted sums around each voxel.

        Args:
            values: (M, K) of those voxels that are told.
            told: Which M of the N voxels; all by default.

        Returns:
            (N, K). The kernels are not normalised: a lone voxel's own value counts once.
        """
        inside = torch.from_numpy(np.flatnonzero(self.voxels))
        flat = torch.zeros(values.shape[1], self.voxels.size)
        flat[:, inside[told]] = values.T
        volumes = flat.unflatten(1, self.voxels.shape)
        for axis, spacing in zip((3, 2, 1), self.spacing_mm, strict=True):
            places = torch.arange(volumes.shape[axis]) * spacing / self.reach_mm
            kernel = torch.exp(-(places[:, None] - places).square() / 2)
            volumes = torch.tensordot(volumes, kernel, ([axis], [0])).movedim(-1, axis)
        return volumes.flatten(1)[:, inside].T
