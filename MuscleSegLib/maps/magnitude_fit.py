"""Fits of a signal model to the magnitudes of many voxels at once."""

from __future__ import annotations

from typing import Protocol, Self

import torch
from torch import Tensor

from MuscleSegLib.maps.noise import rician_loss_and_expectation

_MOST_STEPS = 30
#: A voxel has arrived when no parameter wants to move by more than this part of its range.
_ARRIVED = 1e-4


class SignalModel(Protocol):
    """The echoes of N voxels, and how they change with P parameters."""

    def __call__(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """(N, echoes) signals and (N, echoes, P) derivatives at the parameters, (N, P)."""
        ...

    def at(self, voxels: Tensor) -> Self:
        """The model of some of the voxels."""
        ...


def fit_magnitudes(
    model: SignalModel, magnitudes: Tensor, start: Tensor, bounds: tuple[Tensor, Tensor], noise_sd: Tensor
) -> Tensor:
    """Parameters that make magnitudes most likely in Rician noise: Levenberg-Marquardt within bounds, voxel by voxel.

    Each step is one of least squares on the part of the magnitude that is expected to be in phase with the signal,
    given the signal before: the expectation-maximisation of Rice's likelihood.

    Args:
        model: Of the N voxels.
        magnitudes: (N, echoes).
        start: (N, P) within the bounds.
        bounds: Lowest and highest values, (P,) each.
        noise_sd: (N, 1) of each of the two channels; 0 for least squares.

    Returns:
        (N, P).
    """
    low, high = bounds
    found = start.clone()
    moving = torch.arange(len(start))
    parameters, damping = start, torch.full_like(start[:, :1], 1e-3)
    signals, slopes = model(parameters)
    loss, in_phase = rician_loss_and_expectation(magnitudes, signals, noise_sd)
    for _ in range(_MOST_STEPS):
        residual = in_phase - signals
        downhill = (residual[:, None] @ slopes)[:, 0]
        stuck = ((parameters <= low) & (downhill < 0)) | ((parameters >= high) & (downhill > 0))
        step = _damped_step(slopes.masked_fill(stuck[:, None], 0), downhill.masked_fill(stuck, 0), damping)
        trial = (parameters + step).clamp(low, high)
        trial_signals, trial_slopes = model(trial)
        trial_loss, trial_in_phase = rician_loss_and_expectation(magnitudes, trial_signals, noise_sd)
        better = trial_loss < loss
        going_on = ((trial - parameters).abs() > _ARRIVED * (high - low)).any(1)
        parameters = torch.where(better, trial, parameters)
        found[moving] = parameters
        if not going_on.any():
            break
        signals, in_phase = (
            torch.where(better, new, old) for new, old in ((trial_signals, signals), (trial_in_phase, in_phase))
        )
        slopes = torch.where(better[:, None], trial_slopes, slopes)
        loss = torch.where(better, trial_loss, loss)
        damping = torch.where(better, damping / 10, damping * 10)
        if going_on.sum() < len(moving) / 2:
            keep = going_on.nonzero()[:, 0]
            model, moving = model.at(keep), moving[keep]
            magnitudes, noise_sd, parameters, damping, signals, slopes, loss, in_phase = (
                values[keep] for values in (magnitudes, noise_sd, parameters, damping, signals, slopes, loss, in_phase)
            )
    return found


def _damped_step(slopes: Tensor, downhill: Tensor, damping: Tensor) -> Tensor:
    """(N, P) solutions of the damped normal equations; 0 for parameters without slopes."""
    normal = slopes.mT @ slopes
    diagonal = normal.diagonal(dim1=1, dim2=2)
    diagonal.mul_(1 + damping).add_((diagonal == 0).to(diagonal.dtype))
    return torch.linalg.solve(normal, downhill)
