"""Echoes averaged around each voxel, for quantities that neighbours share.

What a fit finds in one noisy voxel is biased by the noise, however many voxels it is then averaged over; found in a
mean of many voxels it is not. The model is linear in the amounts of tissue, so a mean of voxels is a voxel to it.
"""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import TYPE_CHECKING

import torch

from MuscleSegLib.maps.noise import amplitude_of_mean

if TYPE_CHECKING:
    from torch import Tensor

    from MuscleSegLib.maps.neighbourhood import Neighbourhood

#: What B1 and the T2 of fat are told by is averaged with a Gaussian of this standard deviation, mm.
AVERAGED_MM = 3.0


def averaged_echoes(magnitudes: Tensor, noise_sd: float, near: Neighbourhood) -> tuple[Tensor, Tensor]:
    """Means around each voxel.

    Args:
        magnitudes: (N, echoes) of the N voxels of ``near``.
        noise_sd: Of each of the two channels; 0 for unknown.
        near: How much voxels count for one another.

    Returns:
        (N, echoes) amplitudes without the noise floor, and (N, 1) the standard deviation of their noise.
    """
    ones = torch.ones(len(magnitudes), 1)
    sums = near.sums(torch.cat([magnitudes, ones], 1))
    weight = sums[:, -1:]
    # The square of a Gaussian is one that is narrower by the root of 2.
    squared_weight = replace(near, reach_mm=near.reach_mm / sqrt(2)).sums(ones)
    return amplitude_of_mean(sums[:, :-1] / weight, noise_sd), noise_sd * squared_weight.sqrt() / weight
