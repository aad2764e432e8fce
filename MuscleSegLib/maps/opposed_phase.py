"""Fat fraction from magnitudes of which water and fat are in phase and in opposed phase."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.air_noise import body_of, check_signal, noise_deviation, without_noise_bias
from MuscleSegLib.maps.fat_fraction import NOISE_FLOOR
from MuscleSegLib.maps.geometry import check_different, check_same_grid
from MuscleSegLib.maps.parameter_map import ParameterMap, map_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

AMBIGUOUS = (
    "A fat fraction above 50 % shows as 100 % less it, e.g. 70 % as 30 %: magnitudes in phase and in opposed phase "
    "tell how much water and fat differ, not which is more. Do not use this map where a muscle may be more fat than "
    "water."
)


def fat_fraction_of_phases(
    in_phase: sitk.Image, opposed_phase: sitk.Image, *, names: tuple[str, str] = ("in phase", "opposed phase")
) -> ParameterMap:
    """The fat fraction by two-point Dixon of magnitudes, 100 · (in − opposed) / (2 · in), in %: 0 to 50 (Dixon 1984).

    It is ambiguous: |water − fat| is the same when the two change places, so a fat fraction above 50 % comes out as
    100 % less it. The decay between the two echoes (T2*) and the further lines of the fat spectrum are neglected.
    Magnitudes are corrected for noise as in :func:`MuscleSegLib.maps.fat_fraction.fat_fraction`.

    Args:
        in_phase, opposed_phase: Three-dimensional, of one geometry, in one unit.
        names: Their files' names, for sentences and the sidecar.

    Raises:
        InputError: The images do not fit together, are the same, hold negative numbers, show nothing, or look swapped.
    """
    check_same_grid({names[0]: in_phase, names[1]: opposed_phase})
    together: NDArray[np.floating]
    opposed: NDArray[np.floating]
    together, opposed = (sitk.GetArrayFromImage(image).astype(np.float64) for image in (in_phase, opposed_phase))
    by_name = dict(zip(names, (together, opposed), strict=True))
    check_signal(by_name)
    check_different(in_phase, opposed_phase, names)
    for name, values in by_name.items():
        if np.nanmin(values) < 0:
            raise InputError(f"{name} holds negative values, so it is no magnitude image. Give magnitudes.")
    body = body_of(together)
    if np.nanmean(opposed[body]) > np.nanmean(together[body]):
        raise InputError(
            f"{names[1]} is brighter than {names[0]}, which cannot be: water and fat add up in phase. Give them the "
            "other way round."
        )
    noise = [noise_deviation(values, body) for values in (together, opposed)]
    together, opposed = (
        values if deviation is None else without_noise_bias(values, deviation)
        for values, deviation in zip((together, opposed), noise, strict=True)
    )
    floor = NOISE_FLOOR * (noise[0] or 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = np.where(together > floor, 50 * (together - opposed) / together, np.nan)
    return map_of(
        percent,
        in_phase,
        "FF",
        method="two-point Dixon of magnitudes (Dixon 1984), ambiguous above 50 %",
        inputs={"in_phase": names[0], "opposed_phase": names[1]},
        parameters={"noise_in_phase": noise[0], "noise_opposed_phase": noise[1], "noise_floor": floor},
        warnings=[AMBIGUOUS],
    )
