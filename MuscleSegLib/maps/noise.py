"""Noise in magnitude images: how much there is, and what it does to small signals.

The magnitude of a signal in complex noise follows Rice's distribution (Gudbjartsson and Patz 1995, Magn Reson Med
34:910). Where there is no signal its mean is not 0 but the noise floor, 1.25 standard deviations of the noise: late
echoes never fall below it, and a fit that does not know takes it for a long T2, or for fat.
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

#: Standard deviation over mean of pure noise (Rayleigh's distribution) is 0.523; what lies apart from it is no noise.
_NOISE_VARIATION = (0.45, 0.6)
#: Where signals are so many times the noise, their magnitudes have no floor.
_NO_FLOOR = 20.0
#: Without fewer background values than this the noise is not measured.
_LEAST_VALUES = 2000


def background_noise_sd(magnitudes: NDArray[np.float32]) -> float | None:
    """Standard deviation of the noise in each of the two channels, from the air around the body.

    Args:
        magnitudes: (echoes, ...) of one scale.

    Returns:
        In the unit of the image; None when no background is found that looks like noise: the body fills the image, or
        the background was cut away or smoothed.
    """
    flat = magnitudes.reshape(len(magnitudes), -1)
    flat = flat[:, np.isfinite(flat).all(0) & (flat > 0).all(0)]
    if flat.size < _LEAST_VALUES:
        return None
    # The mean square of noise alone is twice its variance.
    power = np.mean(np.square(flat, dtype=np.float64), 0) / 2
    variance = float(np.percentile(power, 2))
    for _ in range(50):
        # Means of a few squares scatter: the upper half is what body would be mixed with, so the lower half decides.
        background = power < 2 * variance
        previous, variance = variance, float(np.median(power[background]))
        if abs(variance - previous) < 1e-3 * variance:
            break
    values = flat[:, background]
    if values.size < _LEAST_VALUES:
        return None
    noise_like = _NOISE_VARIATION[0] < values.std() / values.mean() < _NOISE_VARIATION[1]
    decays = values[0].mean() > 1.2 * values[-1].mean()
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64)) / 2)) if noise_like and not decays else None


def rician_mean(amplitude: Tensor, noise_sd: Tensor) -> Tensor:
    """Mean magnitude of a signal of this amplitude in noise; shapes broadcast. Where the noise is 0, the amplitude."""
    x = (amplitude / noise_sd.clamp(min=1e-12)).square() / 4
    mean = sqrt(pi / 2) * noise_sd * ((1 + 2 * x) * torch.special.i0e(x) + 2 * x * torch.special.i1e(x))
    return torch.where(x < 1e4, mean, amplitude.abs())


def amplitude_of_mean(mean: Tensor, noise_sd: float) -> Tensor:
    """Amplitudes (...) of signals whose magnitudes have these means in noise; below the noise floor it is negative.

    So the scatter of a mean about the floor of no signal cancels in further sums.
    """
    if noise_sd == 0:
        return mean
    amplitudes = torch.linspace(0, _NO_FLOOR, 2000, dtype=torch.float64)
    means = rician_mean(amplitudes, torch.ones(1, dtype=torch.float64)).numpy()
    relative = (mean / noise_sd).double().numpy()
    mirrored = means[0] + np.abs(relative - means[0])
    found = np.sign(relative - means[0]) * np.interp(mirrored, means, amplitudes.numpy())
    found = np.where(relative < means[-1], found, np.sqrt(np.maximum(np.square(relative) - 1, 0)))
    return torch.from_numpy(found * noise_sd).to(mean.dtype)


def rician_loss_and_expectation(magnitude: Tensor, amplitude: Tensor, noise_sd: Tensor) -> tuple[Tensor, Tensor]:
    """How unlikely magnitudes are, and which part of them is in phase with the signal.

    Args:
        magnitude: (N, echoes) measured.
        amplitude: (N, echoes) of the signal without noise, of either sign.
        noise_sd: (N, 1); 0 for no noise, where the loss becomes half the sum of squared differences.

    Returns:
        (N, 1) negative logarithms of Rice's likelihood times the variance of the noise, up to a constant; (N, echoes)
        the part of each magnitude that is expected in phase with a signal of this amplitude, of its sign.
    """
    variance = noise_sd.square()
    x = magnitude * amplitude.abs() / variance.clamp(min=1e-24)
    bessel0 = torch.special.i0e(x)
    likelier = torch.where(variance > 0, variance * bessel0.log(), 0)
    loss = (magnitude - amplitude.abs()).square() / 2 - likelier
    return loss.sum(1, keepdim=True), magnitude * torch.special.i1e(x) / bessel0 * amplitude.sign()


def without_noise_floor(magnitude: Tensor, noise_sd: Tensor) -> Tensor:
    """Amplitudes behind magnitudes (Gudbjartsson and Patz 1995): what falls below the noise becomes negative."""
    power = magnitude.square() - noise_sd.square()
    return power.sign() * power.abs().sqrt()
