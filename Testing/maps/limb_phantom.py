"""Two made-up limbs with known water, fat, field, T2* and MTR, and what a scanner would see of them."""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from MuscleSegLib.maps.complex_echoes import ComplexEchoes
from MuscleSegLib.maps.fat_spectrum import fat_signal

SHAPE, SPACING = (5, 72, 120), (2.5, 2.5, 6.0)
RADIUS_MM, SKIN_FAT_MM = 62.0, 12.0
#: Fat fractions (%) of the wedges that the muscle of a limb is cut into.
WEDGES = (0.0, 3.0, 10.0, 25.0, 45.0, 70.0)
#: Echo times at 3 T: fat opposed to, along with, opposed to water; and six as in quantitative Dixon sequences.
THREE_MS = (3.45, 4.60, 5.75)
SIX_MS = (1.3, 2.4, 3.5, 4.6, 5.7, 6.8)


@dataclass(frozen=True)
class Limbs:
    """Amplitudes with 1 for pure muscle.

    Attributes:
        water, fat, field_hz, decay_per_s: (slices, rows, columns).
        muscle: True in muscle, two voxels away from other tissue.
        body: True in the limbs.
    """

    water: NDArray[np.float64]
    fat: NDArray[np.float64]
    field_hz: NDArray[np.float64]
    decay_per_s: NDArray[np.float64]
    muscle: NDArray[np.bool_]
    body: NDArray[np.bool_]

    @property
    def percent(self) -> NDArray[np.float64]:
        """The true fat fraction; NaN in air."""
        with np.errstate(invalid="ignore"):
            return 100 * self.fat / (self.water + self.fat)


def limbs(*, skin_fat_mm: float = SKIN_FAT_MM, field_hz: float = 80.0) -> Limbs:
    """A right and a left limb, lean in one wedge and more fat than water in another."""
    slices, rows, columns = SHAPE
    y = (np.arange(rows) - (rows - 1) / 2)[:, None] * SPACING[1]
    x = (np.arange(columns) - (columns - 1) / 2)[None] * SPACING[0]
    percent, body, muscle = (np.zeros((rows, columns)) for _ in range(3))
    for middle in (-78.0, 78.0):
        radius = np.hypot(x - middle, y)
        wedge = (np.arctan2(y, x - middle) + np.pi) / (2 * np.pi) * len(WEDGES)
        inside = radius < RADIUS_MM - skin_fat_mm
        body += radius < RADIUS_MM
        percent = np.where(radius < RADIUS_MM, 95.0, percent)
        percent = np.where(inside, np.take(WEDGES, wedge.astype(int) % len(WEDGES)), percent)
        muscle += (
            (radius < RADIUS_MM - skin_fat_mm - 6)
            & (radius > 8)
            & (np.abs(wedge - np.round(wedge)) * radius * 2 * np.pi / len(WEDGES) > 6)
        )
    every = np.ones((slices, 1, 1))
    body = (body > 0) * every > 0
    field = field_hz * (x / 150 + (y / 90) ** 2 + 0.2 * np.arange(slices)[:, None, None])
    return Limbs(
        body * (1 - percent / 100),
        body * percent / 100,
        field * every,
        np.where(percent > 50, 30.0, 45.0) * every,
        (muscle > 0) * every > 0,
        body,
    )


def grid() -> sitk.Image:
    """An oblique grid of the limbs' shape."""
    image = sitk.Image(SHAPE[::-1], sitk.sitkFloat32)
    image.SetSpacing(SPACING)
    image.SetOrigin((-150.0, -90.0, 30.0))
    angle = 0.15
    image.SetDirection((1, 0, 0, 0, np.cos(angle), -np.sin(angle), 0, np.sin(angle), np.cos(angle)))
    return image


def image_of(values: NDArray[np.floating]) -> sitk.Image:
    """``values`` on :func:`grid`."""
    image = sitk.GetImageFromArray(values.astype(np.float32))
    image.CopyInformation(grid())
    return image


def with_noise(signal: NDArray[np.number], snr: float, seed: int = 0) -> NDArray[np.complexfloating]:
    """Complex noise of deviation 1 / snr in both channels."""
    random = np.random.default_rng(seed)
    return signal + (random.normal(size=signal.shape) + 1j * random.normal(size=signal.shape)) / snr


def echoes(of: Limbs, times_ms: tuple[float, ...], *, snr: float = 100.0, reverse: bool = False) -> ComplexEchoes:
    """Gradient echoes at 3 T, with a phase of the receiver; ``reverse`` turns all phases round."""
    times = np.array(times_ms) / 1000
    fat = fat_signal(times, 3.0)
    turning = np.exp(1j * (2 * np.pi * of.field_hz * times[:, None, None, None] + 0.7))
    signal = (of.water + of.fat * fat[:, None, None, None]) * turning
    signal = with_noise(signal * np.exp(-of.decay_per_s * times[:, None, None, None]), snr)
    signal = signal.conj() if reverse else signal
    names = tuple(f"echo{k}.nii.gz" for k in range(len(times)))
    return ComplexEchoes(signal.astype(np.complex64), np.array(times_ms), 3.0, grid(), names)
