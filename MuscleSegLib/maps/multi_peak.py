"""Fat fraction, field and R2* from complex echoes, with a fat of several spectral lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.air_noise import body_of, noise_deviation
from MuscleSegLib.maps.fat_range import warnings_of_range
from MuscleSegLib.maps.fat_spectrum import PEAKS_PPM, SHARES, fat_signal, main_shift_hz
from MuscleSegLib.maps.field_map import ASSUMED_DECAY, guess_field
from MuscleSegLib.maps.parameter_map import ParameterMap, map_of
from MuscleSegLib.maps.water_fat_order import order_of
from MuscleSegLib.progress import Progress, silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.maps.complex_echoes import ComplexEchoes

#: The mean magnitude of the echoes must exceed this many deviations of their noise; air has 1.25.
NOISE_FLOOR = 4.0
_ITERATIONS = 12
#: Rate of decay (1/s) that iterations start from, and the largest that tissue is thought to have.
_FIRST_DECAY, _LARGEST_DECAY = 40.0, 800.0
#: A step of an iteration is at most this: Hz, 1/s.
_LARGEST_STEP = (40.0, 150.0)
#: A voxel whose field leaves the guess by more than this part of the shift of fat has found the other solution.
_LOST = 0.35
#: More than this part of the field at the end of what is searched is said.
_EDGE = 0.01
#: Echoes and model differ where the fit leaves more than this part of the signal in a typical voxel, and more than so
#: many times the noise.
_MOST_LEFT, _MOST_LEFT_OF_NOISE = 0.05, 2.0


#: Of the maps that a separation makes; three echoes make none of R2*.
QUANTITIES = ("FF", "B0", "R2star", "WATER", "FAT")


@dataclass(frozen=True)
class WaterFatMaps:
    """What a separation gives, on the echoes' grid.

    Attributes:
        fat_fraction: FF, %.
        field: B0, Hz; R2*, 1/s. None where three echoes do not tell it.
        decay: R2*, 1/s; None where it was assumed.
        water, fat: Magnitudes at echo time 0, in the echoes' unit.
    """

    fat_fraction: ParameterMap
    field: ParameterMap
    decay: ParameterMap | None
    water: ParameterMap
    fat: ParameterMap

    @property
    def all(self) -> list[ParameterMap]:
        """Those there are."""
        return [self.fat_fraction, self.field, *([self.decay] if self.decay else []), self.water, self.fat]


def multi_peak(echoes: ComplexEchoes, *, progress: Progress = silent) -> WaterFatMaps:
    """Separate water and fat by the conventions of the ISMRM fat-water toolbox (Hu 2012, Magn Reson Med 68:378).

    Each voxel is (W + F · Σ αₚ exp(i 2π fₚ t)) · exp(i 2π f t − R2* t): W and F complex, the field f and one R2* real,
    fat of six lines. f is first guessed for blocks of voxels (:mod:`MuscleSegLib.maps.field_map`), then fitted with R2*
    in each voxel by Gauss–Newton steps with W and F projected out (variable projection: Golub and Pereyra 1973). With
    three echoes R2* is assumed. The fat fraction is the part of F along W + F, so that noise has no bias on it (compare
    Liu 2007, Magn Reson Med 58:354); it may lie a little outside 0 to 100 %.

    Why own code: on PyPI, mri-fatwater is under the GPL, and pycsemri (MPL) has neither sources nor files for Windows.

    Args:
        echoes: Three or more. Whichever sign the scanner gives the phase is found out.
        progress: Told how far the work is; what it raises stops it.

    Raises:
        InputError: The echoes show no signal.
        Cancelled: ``progress`` raised it.
    """
    magnitude = np.abs(echoes.values).mean(0)
    body = body_of(magnitude)
    if not body.any():
        raise InputError("The echoes show no signal. Give the magnitude and phase of three or more echoes.")
    noise = noise_deviation(np.abs(echoes.values[0]), body)
    floor = NOISE_FLOOR * (noise or 0.0)
    progress(0.0, "Guessing the field")
    guess = guess_field(echoes)
    values = echoes.values.conj() if guess.reversed_phase else echoes.values
    fitted = magnitude > floor
    shape = fitted.shape
    water, fat = (np.full(shape, np.nan, np.complex64) for _ in range(2))
    field, decay, left = (np.full(shape, np.nan, np.float32) for _ in range(3))
    for k in range(shape[0]):
        progress(0.2 + 0.8 * k / shape[0], "Separating water and fat")
        here = fitted[k]
        if here.any():
            water[k][here], fat[k][here], field[k][here], decay[k][here], left[k][here] = _fit(
                values[:, k][:, here], guess.field_hz[k][here], echoes
            )
    total = water + fat
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = 100 * (fat * total.conj()).real / np.abs(total) ** 2
        percent[np.abs(total) < floor] = np.nan
    order = order_of(percent, magnitude, echoes.grid)
    warnings = list(order.sentences)
    if guess.at_edge > _EDGE:
        warnings.append(
            f"In {100 * guess.at_edge:.0f} % of what is bright the field is off by {guess.reach_hz:.0f} Hz or more, "
            "as far as it is searched: water and fat may be swapped there. Look at the map."
        )
    typical = float(np.nanmedian(left[body])) if np.isfinite(left[body]).any() else 0.0
    of_noise = (noise or 0.0) / float(np.median(magnitude[body]))
    if typical > max(_MOST_LEFT, _MOST_LEFT_OF_NOISE * of_noise):
        warnings.append(
            f"The echoes are not those of water and fat: {100 * typical:.0f} % of the signal is left over in a typical "
            "voxel. Check the order of the echoes, that magnitudes and phases belong together, echo times and field "
            "strength."
        )
    decay_known = len(values) > 3
    if not decay_known:
        warnings.append(f"Three echoes do not tell R2*: {ASSUMED_DECAY:g}/s was assumed.")
        warnings += warnings_of_range(percent, magnitude, body, noise or 0.0)
    progress(1.0, "Done")

    def as_map(quantity: str, of: NDArray[np.floating]) -> ParameterMap:
        return map_of(
            of,
            echoes.grid,
            quantity,
            method="multi-peak water-fat separation with field and R2*, by variable projection",
            inputs={f"echo_{k + 1}": name for k, name in enumerate(echoes.names)},
            parameters={
                "echo_times_ms": echoes.times_ms.tolist(),
                "field_strength_t": echoes.field_strength_t,
                "fat_peaks_ppm": list(PEAKS_PPM),
                "fat_shares": list(SHARES),
                "assumed_r2star_per_s": None if decay_known else ASSUMED_DECAY,
                "phase_reversed": guess.reversed_phase,
                "noise": noise,
                "noise_floor": floor,
                "order_of_fat_and_water": order.value,
            },
            warnings=warnings,
        )

    return WaterFatMaps(
        as_map("FF", percent),
        as_map("B0", -field if guess.reversed_phase else field),
        as_map("R2star", decay) if decay_known else None,
        as_map("WATER", np.abs(water)),
        as_map("FAT", np.abs(fat)),
    )


def _fit(
    signal: NDArray[np.complex64], guess_hz: NDArray[np.float32], echoes: ComplexEchoes
) -> tuple[
    NDArray[np.complex128], NDArray[np.complex128], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]
]:
    """Water, fat, field (Hz), R2* (1/s) of voxels, and what part of the signal they leave over (root mean square).

    NaN where the field ran away from its guess.

    Args:
        signal: (echoes, voxels).
        guess_hz: (voxels,)
    """
    times = (echoes.times_ms / 1000)[:, None]
    chemical = fat_signal(times[:, 0], echoes.field_strength_t)[:, None]
    free_decay = len(times) > 3
    field = guess_hz.astype(np.float64)
    decay = np.full(field.shape, _FIRST_DECAY if free_decay else ASSUMED_DECAY)
    water = fat = np.zeros(field.shape, complex)
    for step in range(_ITERATIONS + 1):
        demodulated = signal * np.exp(-2j * np.pi * field * times)
        of_water = np.exp(-decay * times).astype(complex)
        of_fat = of_water * chemical
        project = _Projection(of_water, of_fat)
        water, fat = project.coefficients(demodulated)
        model = water * of_water + fat * of_fat
        residual = demodulated - model
        if step == _ITERATIONS:
            break
        by_field, by_decay = project.rest(2j * np.pi * times * model), project.rest(-times * model)
        ff, rr = (np.abs(by_field) ** 2).sum(0), (np.abs(by_decay) ** 2).sum(0)
        fr = (by_field.conj() * by_decay).real.sum(0)
        f0, r0 = (by_field.conj() * residual).real.sum(0), (by_decay.conj() * residual).real.sum(0)
        tiny = np.finfo(float).tiny
        if free_decay:
            determinant = ff * rr - fr**2 + tiny
            decay = decay + np.clip((ff * r0 - fr * f0) / determinant, -_LARGEST_STEP[1], _LARGEST_STEP[1])
            change = (rr * f0 - fr * r0) / determinant
        else:
            change = f0 / (ff + tiny)
        field = field + np.clip(change, -_LARGEST_STEP[0], _LARGEST_STEP[0])
        decay = np.clip(decay, 0, _LARGEST_DECAY)
    lost = np.abs(field - guess_hz) > _LOST * main_shift_hz(echoes.field_strength_t)
    left = np.sqrt((np.abs(residual) ** 2).sum(0) / (np.abs(signal) ** 2).sum(0))
    for values in (water, fat, field, decay, left):
        values[lost] = np.nan
    return water, fat, field, decay, left


class _Projection:
    """Onto two vectors that differ from voxel to voxel, each (echoes, voxels)."""

    def __init__(self, one: NDArray[np.complex128], other: NDArray[np.complex128]) -> None:
        self._one, self._other = one, other
        self._one_one = (np.abs(one) ** 2).sum(0)
        self._other_other = (np.abs(other) ** 2).sum(0)
        self._one_other = (one.conj() * other).sum(0)
        self._determinant = self._one_one * self._other_other - np.abs(self._one_other) ** 2

    def coefficients(self, of: NDArray[np.complex128]) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        """How much of each vector is in ``of`` (echoes, voxels), in the sense of least squares."""
        one, other = (self._one.conj() * of).sum(0), (self._other.conj() * of).sum(0)
        return (
            (self._other_other * one - self._one_other * other) / self._determinant,
            (self._one_one * other - self._one_other.conj() * one) / self._determinant,
        )

    def rest(self, of: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """What of ``of`` neither vector explains."""
        one, other = self.coefficients(of)
        return of - one * self._one - other * self._other
