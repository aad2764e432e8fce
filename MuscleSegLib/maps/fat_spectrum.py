"""The lines of fat in the proton spectrum.

The six-peak model of the ISMRM fat-water toolbox (Hu 2012, Magn Reson Med 68:378; Hamilton 2011, NMR Biomed 24:784).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Of protons, in Hz per tesla.
GYROMAGNETIC_RATIO = 42.577478518e6
#: Lines of fat relative to water, in ppm (negative: lower frequency), and their shares.
PEAKS_PPM = (-3.80, -3.40, -2.60, -1.94, -0.39, 0.60)
SHARES = (0.087, 0.693, 0.128, 0.004, 0.039, 0.048)
#: Of the largest line, in ppm: all of fat to methods that know one line.
MAIN_PEAK_PPM = -3.40


def fat_signal(times_s: NDArray[np.floating], field_strength_t: float) -> NDArray[np.complexfloating]:
    """(echoes,) signal of fat relative to its amplitude at time 0, without decay."""
    frequencies = np.array(PEAKS_PPM) * 1e-6 * GYROMAGNETIC_RATIO * field_strength_t
    shares = np.array(SHARES) / np.sum(SHARES)
    return np.exp(2j * np.pi * np.outer(times_s, frequencies)) @ shares


def main_shift_hz(field_strength_t: float) -> float:
    """How much lower than water the largest line of fat is, in Hz; positive."""
    return -MAIN_PEAK_PPM * 1e-6 * GYROMAGNETIC_RATIO * field_strength_t
