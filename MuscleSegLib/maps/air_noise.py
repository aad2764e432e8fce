"""The noise of a single magnitude image, seen in the air around the body, and what it does to the image's values.

:mod:`MuscleSegLib.maps.noise` does so for series of echoes, where several values of each voxel tell noise from body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

#: Median of a Rayleigh distribution of deviation 1: sqrt(2 ln 2).
_RAYLEIGH_MEDIAN = 1.1774100225154747
#: Body is brighter than this part of what is bright.
_BODY = 0.2
#: Fewer voxels of air than this tell nothing of the noise, nor do those of a scanner that set the rest of it to zero.
_LEAST_AIR = 200
_LEAST_NOISY = 0.5


def check_signal(images: Mapping[str, NDArray[np.floating]]) -> None:
    """Make sure that each image, by the name that a sentence is to call it, shows anything at all.

    Raises:
        InputError: Every voxel of one is 0 or no number.
    """
    for name, values in images.items():
        if not (np.isfinite(values) & (values != 0)).any():
            raise InputError(
                f"{name} shows no signal: every voxel is 0, or no number. Check that it is the right file."
            )


def body_of(signal: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Where ``signal``, a sum of all that gives signal, shows body: rough, with holes at bones and vessels."""
    finite = signal[np.isfinite(signal)]
    bright = finite[finite >= finite.mean()] if finite.size else finite
    if bright.size == 0:
        return np.zeros(signal.shape, bool)
    return np.nan_to_num(signal) > _BODY * np.median(bright)


def noise_deviation(magnitude: NDArray[np.floating], body: NDArray[np.bool_]) -> float | None:
    """Standard deviation of the noise of the real and imaginary parts, from the air around the body.

    The magnitude of noise alone has a Rayleigh distribution (Gudbjartsson and Patz 1995, Magn Reson Med 34:910).

    Args:
        magnitude: The image; nothing negative.
        body: Like ``magnitude``, true where it shows body.

    Returns:
        The deviation, in the image's unit; None where there is no air to see noise in, or it was set to zero.
    """
    air = magnitude[~body & np.isfinite(magnitude)]
    noisy = air[air > 0]
    if noisy.size < max(_LEAST_AIR, _LEAST_NOISY * air.size):
        return None
    return float(np.median(noisy)) / _RAYLEIGH_MEDIAN


def without_noise_bias(magnitude: NDArray[np.floating], deviation: float) -> NDArray[np.floating]:
    """The amplitude behind a magnitude that noise makes too large (Gudbjartsson and Patz 1995, Magn Reson Med 34:910).

    Their correction is the root of the magnitude's square less the noise's. What falls below zero here keeps that sign,
    so that in the mean over many voxels less than 0.11 of the noise's deviation remains of the bias from an amplitude
    of half a deviation on (0.49 at none, where uncorrected magnitudes have 1.25).
    """
    square = magnitude**2 - deviation**2
    return np.sign(square) * np.sqrt(np.abs(square))
