"""Fat fraction from three complex echoes, by Glover and Schneider 1991."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from skimage.restoration import unwrap_phase

from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.air_noise import body_of, noise_deviation
from MuscleSegLib.maps.fat_fraction import NOISE_FLOOR
from MuscleSegLib.maps.fat_range import warnings_of_range
from MuscleSegLib.maps.fat_spectrum import main_shift_hz
from MuscleSegLib.maps.parameter_map import ParameterMap, map_of
from MuscleSegLib.maps.water_fat_order import order_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.maps.complex_echoes import ComplexEchoes

#: Radians that the angles of fat to water may be off those of the method: 3.5 ppm or 3.4 ppm, rounded echo times.
_TOLERANCE = 0.35
ONE_LINE = (
    "Fat was taken for one line of the spectrum, so its fraction is underestimated: with the six lines of Hamilton "
    "2011, 10 % of fat reads as 6 %, 45 % as 33 %. The multi-peak method does better."
)


def glover_schneider(echoes: ComplexEchoes) -> ParameterMap:
    """Three-point Dixon with correction for the field (Glover and Schneider 1991, Magn Reson Med 18:371).

    Echoes of which fat stands opposed to, along with and again opposed to water (at 3 T e.g. 3.45, 4.60 and 5.75 ms),
    as Musclesense takes them. Fat is taken for one line, and so underestimated (:data:`ONE_LINE`);
    :func:`MuscleSegLib.maps.multi_peak.multi_peak` knows its other lines. The phase that the field adds between the
    outer echoes is unwrapped in space (Herráez 2002, Appl Opt 41:7437, by scikit-image), each limb on its own.

    Returns:
        FF in %. Noise has nearly no bias on it; it may lie a little outside 0 to 100 %.

    Raises:
        InputError: There are not three echoes at such times, or they show no signal.
    """
    _check_angles(echoes)
    before, middle, after = (values.astype(np.complex128) for values in echoes.values)
    in_phase = np.abs(middle)
    signal = (np.abs(before) + in_phase + np.abs(after)) / 3
    body = body_of(signal)
    if not body.any():
        raise InputError("The echoes show no signal. Give the magnitude and phase of three echoes.")
    noise = noise_deviation(in_phase, body)
    floor = NOISE_FLOOR * (noise or 0.0)
    seen = body & (signal > floor)
    without_offset = np.exp(-1j * np.angle(middle))
    field_turn = _unwrapped(np.angle(after * before.conj()), seen)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Equations 12 and 14 of the paper.
        switch = np.cos(np.angle(before * without_offset * np.exp(0.5j * field_turn)))
        difference = switch * np.sqrt(np.abs(before) * np.abs(after))
        percent = np.where(seen & (in_phase > floor), 50 * (1 - difference / in_phase), np.nan)
    order = order_of(percent, signal, echoes.grid)
    warnings = [ONE_LINE, *order.sentences, *warnings_of_range(percent, signal, body, noise or 0.0)]
    return map_of(
        percent,
        echoes.grid,
        "FF",
        method="three-point Dixon (Glover and Schneider 1991, Magn Reson Med 18:371)",
        inputs={f"echo_{k + 1}": name for k, name in enumerate(echoes.names)},
        parameters={
            "echo_times_ms": echoes.times_ms.tolist(),
            "field_strength_t": echoes.field_strength_t,
            "noise": noise,
            "noise_floor": floor,
            "order_of_fat_and_water": order.value,
        },
        warnings=warnings,
    )


def _check_angles(echoes: ComplexEchoes) -> None:
    if len(echoes.times_ms) != 3:
        raise InputError(
            f"Glover and Schneider's method takes three echoes, not {len(echoes.times_ms)}. Use the multi-peak method."
        )
    angles = 2e-3 * np.pi * main_shift_hz(echoes.field_strength_t) * echoes.times_ms
    half = 1e3 / (2 * main_shift_hz(echoes.field_strength_t))
    off = np.abs([np.sin(angles[1] / 2) * 2, angles[1] - angles[0] - np.pi, angles[2] - angles[1] - np.pi])
    if off.max() > _TOLERANCE:
        raise InputError(
            "Glover and Schneider's method needs fat opposed to, along with and opposed to water: at "
            f"{echoes.field_strength_t:g} T, e.g. {3 * half:.2f}, {4 * half:.2f} and {5 * half:.2f} ms. These are "
            f"{', '.join(f'{t:.2f}' for t in echoes.times_ms)} ms: use the multi-peak method."
        )


def _unwrapped(phase: NDArray[np.float64], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """``phase`` unwrapped within each connected part of ``where``, each as near to 0 as whole turns bring it."""
    result = phase.copy()
    parts, count = ndimage.label(where)
    for part, box in enumerate(ndimage.find_objects(parts, count), start=1):
        inside = parts[box] == part
        unwrapped = np.ma.getdata(unwrap_phase(np.ma.array(phase[box], mask=~inside), rng=0))
        turns = np.round(np.median(unwrapped[inside]) / (2 * np.pi))
        result[box][inside] = unwrapped[inside] - 2 * np.pi * turns
    return result
