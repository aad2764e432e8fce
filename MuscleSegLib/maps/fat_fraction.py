"""Fat fraction from the fat and the water image of a Dixon sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.air_noise import body_of, check_signal, noise_deviation, without_noise_bias
from MuscleSegLib.maps.geometry import check_different, check_same_grid
from MuscleSegLib.maps.parameter_map import ParameterMap, map_of
from MuscleSegLib.maps.water_fat_order import Order, order_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Fat and water together must exceed this many deviations of their noise; air gives 2.5 ± 0.9 of them.
NOISE_FLOOR = 6.0


def fat_fraction(
    fat: sitk.Image,
    water: sitk.Image,
    *,
    names: tuple[str, str] = ("fat", "water"),
    trust_order: bool = False,
) -> ParameterMap:
    """The share of fat in the signal of fat and water, 100 · fat / (fat + water), in %.

    Noise makes magnitudes too large, and so the fat fraction of lean muscle (Liu 2007, Magn Reson Med 58:354): both
    images are corrected by the noise seen in the air, after which values a little below 0 % and above 100 % appear, and
    average out. Where fat and water together stand out too little from noise (:data:`NOISE_FLOOR`) there is no value.
    Images that hold negative numbers, as of a separation with real values, are used as they are.

    Args:
        fat, water: Three-dimensional, of one geometry, in one unit.
        names: Their files' names, for sentences and the sidecar.
        trust_order: Whether to go on where fat and water look swapped.

    Raises:
        InputError: The images do not fit together, show nothing, are the same, or look swapped.
    """
    check_same_grid({names[0]: fat, names[1]: water})
    fat_values: NDArray[np.floating]
    water_values: NDArray[np.floating]
    fat_values, water_values = (sitk.GetArrayFromImage(image).astype(np.float64) for image in (fat, water))
    check_signal({names[0]: fat_values, names[1]: water_values})
    check_different(fat, water, names)
    body = body_of(np.abs(fat_values) + np.abs(water_values))
    if not body.any():
        raise InputError(f"{names[0]} and {names[1]} show no signal. Give the fat image and the water image.")
    warnings: list[str] = []
    fat_values, fat_noise = _corrected(fat_values, body, names[0], warnings)
    water_values, water_noise = _corrected(water_values, body, names[1], warnings)
    signal = fat_values + water_values
    floor = NOISE_FLOOR * max(fat_noise or 0.0, water_noise or 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = np.where(signal > floor, 100 * fat_values / signal, np.nan)
    order = order_of(percent, signal, fat)
    if order is Order.SWAPPED and not trust_order:
        (sentence,) = order.sentences
        raise InputError(f"{sentence} Give {names[1]} as fat and {names[0]} as water, or say that the order is right.")
    warnings += order.sentences
    parameters: dict[str, Any] = {
        "noise_fat": fat_noise,
        "noise_water": water_noise,
        "noise_floor": floor,
        "order_of_fat_and_water": order.value,
    }
    return map_of(
        percent,
        fat,
        "FF",
        method="100 · fat / (fat + water), magnitudes corrected for noise (Gudbjartsson 1995)",
        inputs={"fat": names[0], "water": names[1]},
        parameters=parameters,
        warnings=warnings,
    )


def _corrected(
    values: NDArray[np.floating], body: NDArray[np.bool_], name: str, warnings: list[str]
) -> tuple[NDArray[np.floating], float | None]:
    """The values without the bias of noise, and its deviation where it is known."""
    if np.nanmedian(values[body]) < 0:
        raise InputError(f"Most of {name} is negative where there is body. Give an image of magnitudes.")
    if np.nanmin(values) < 0:
        warnings.append(f"{name} holds negative values: it was taken as it is, without a correction for noise.")
        return values, None
    noise = noise_deviation(values, body)
    if noise is None:
        warnings.append(
            f"No noise is seen in the air of {name}, so it was not corrected for: in lean muscle the fat fraction may "
            "be too high."
        )
        return values, None
    return without_noise_bias(values, noise), noise
