"""Water T2, B1 and fat fraction from a multi-echo spin-echo series, by extended phase graphs.

The signal of a voxel is that of water, whose T2 is sought, and of fat, whose T2 the images tell where there is nothing
but fat, both at one B1 (:mod:`MuscleSegLib.maps.two_tissues`), as in Marty 2016 (NMR Biomed 29:431) and in MyoQMRI
(Santini 2021, Front Neurol 12:630387). Unlike theirs it is no search of a dictionary of all three.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

import numpy as np
import torch

from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.averaged_echoes import AVERAGED_MM, averaged_echoes
from MuscleSegLib.maps.echoes import fittable_voxels, noise_of
from MuscleSegLib.maps.epg_signals import Tissue
from MuscleSegLib.maps.fat_t2 import FAT_T1_MS, FAT_T2_MS, WATER_T1_MS, find_fat_t2
from MuscleSegLib.maps.misfit import warnings_of_misfit
from MuscleSegLib.maps.neighbourhood import Neighbourhood
from MuscleSegLib.maps.parameter_map import ParameterMap, map_of
from MuscleSegLib.maps.slice_profile import SINC_PULSES, SelectivePulses
from MuscleSegLib.maps.two_tissues import B1_SMOOTHING_MM, B1_VOTING_MM, FittedTissues, TissuePair
from MuscleSegLib.progress import Progress, silent

if TYPE_CHECKING:
    from torch import Tensor

    from MuscleSegLib.maps.echoes import MultiEchoSeries

#: Of the maps that a fit makes, in their order.
QUANTITIES = ("T2", "B1", "T2_FF", "T2_FIT_ERROR")
METHOD = (
    "water T2 by extended phase graphs with B1 and a fat component (Marty 2016, NMR Biomed 29:431; Santini 2021, "
    "Front Neurol 12:630387)"
)
#: Water T2 is sought between these, ms. A voxel that ends at one of them has no T2 that could be told.
T2_RANGE_MS = (10.0, 120.0)
#: B1 is sought between these. Pulses that act alike on the whole slice refocus at 1 + x as at 1 − x.
B1_RANGE, B1_RANGE_WITHOUT_PROFILE = (0.5, 1.4), (0.5, 1.0)
#: T2 of water is not told where water is less than this part of the signal.
_LEAST_WATER = 0.05
_LONGEST_FAT_T2_MS = 1000.0
_FAT_NOT_FOUND = (
    f"There is too little pure fat in the images to tell its T2 from, so it was taken to be {FAT_T2_MS:g} ms. Where "
    "that is 30 ms too long, the T2 of water comes out 5 ms too long at half fat. Give the T2 of fat if you know it."
)
#: Model and sequence differ where the fit leaves more than this in a typical voxel.
_MOST_ERROR_PERCENT = 1.2
_MISFIT_ADVICE = "Check the order of the echoes, their times, and whether the sequence is slice-selective."
#: Four unknowns a voxel, and something left to judge the fit by.
_FEWEST_ECHOES = 6
#: T2 of water is told where noise lets its standard error be at most this part of it, as a mean around a voxel: of one
#: voxel alone, error and T2 are not independent, and leaving out by the one would bias the other.
MOST_UNCERTAIN, UNCERTAIN_AROUND_MM = 0.5, 3.0


def fit_water_t2(
    series: MultiEchoSeries,
    *,
    fat_t2_ms: float | None = None,
    pulses: SelectivePulses | None = SINC_PULSES,
    noise_sd: float | None = None,
    progress: Progress = silent,
) -> tuple[ParameterMap, ...]:
    """Maps from a series with equally spaced echoes.

    Args:
        series: Six echoes or more; single ones may be missing.
        fat_t2_ms: T2 that fat shows in this sequence, ms. 30 ms too long makes water T2 5 ms too long at half fat. None
            to find it where there is nothing but fat (:mod:`MuscleSegLib.maps.fat_t2`); where there is too little of
            it, :data:`MuscleSegLib.maps.fat_t2.FAT_T2_MS` is taken, and the maps say so.
        pulses: The sequence's slice-selective pulses; None for a 3D sequence, whose pulses act alike on the whole slab.
            It matters: the wrong choice shifts T2 by 6 ms and more, with more fat yet more.
        noise_sd: Standard deviation of the noise in each of the two channels, in the unit of the image; None to measure
            it in the air around the body.
        progress: Told how far it is, and may stop it.

    Returns:
        Maps of water T2 (ms), B1 (relative to the nominal), the fat fraction of this fit (%, of the signal without
        relaxation by T2, with the sequence's T1 weighting), and the fit's error (%, root mean square of what the model
        leaves, relative to the strongest echo). NaN where there is too little signal to fit; T2 also where it ends at a
        limit of :data:`T2_RANGE_MS`, and where so little of the signal is water that noise hides its T2
        (:data:`MOST_UNCERTAIN`).

    Raises:
        InputError: The echoes are too few, or not equally spaced; the T2 of fat is none.
    """
    if fat_t2_ms is not None and not T2_RANGE_MS[0] < fat_t2_ms < _LONGEST_FAT_T2_MS:
        raise InputError(
            f"The T2 of fat must lie between {T2_RANGE_MS[0]:g} and {_LONGEST_FAT_T2_MS:g} ms, and {fat_t2_ms:g} was "
            "given."
        )
    train = series.echo_train(_FEWEST_ECHOES)
    magnitudes = series.magnitudes()
    noise_sd, warnings = noise_of(magnitudes, noise_sd)
    voxels = fittable_voxels(magnitudes, noise_sd)
    b1_range = B1_RANGE if pulses else B1_RANGE_WITHOUT_PROFILE
    spacing = series.images[0].GetSpacing()
    told_by = "given"
    if fat_t2_ms is None:
        progress(0.0, "Finding the T2 of fat")
        found_fat = find_fat_t2(magnitudes, voxels, spacing, train, noise_sd=noise_sd, b1_range=b1_range, pulses=pulses)
        fat_t2_ms, told_by = (FAT_T2_MS, "assumed") if found_fat is None else (found_fat, "found in the images")
    if told_by == "assumed":
        warnings += [_FAT_NOT_FOUND]
    pair = TissuePair.of(
        Tissue(WATER_T1_MS, T2_RANGE_MS), Tissue(FAT_T1_MS, (fat_t2_ms, fat_t2_ms)), train, b1_range, pulses
    )
    echoes = torch.from_numpy(np.ascontiguousarray(magnitudes[:, voxels].T))
    noise = torch.full((len(echoes), 1), noise_sd)

    b1 = np.full(voxels.shape, np.nan, np.float32)
    t2, fat_fraction, fit_error = b1.copy(), b1.copy(), b1.copy()
    if len(echoes):
        averaged = averaged_echoes(echoes, noise_sd, Neighbourhood(voxels, spacing, AVERAGED_MM))
        found_b1, start = pair.find_b1(*averaged, voxels, spacing, lambda part, text: progress(0.1 + 0.3 * part, text))
        found = pair.fit(echoes, found_b1, start, noise, lambda part, text: progress(0.4 + 0.6 * part, text))
        b1[voxels] = found_b1
        t2[voxels] = found.t2_ms.where(_told(found, Neighbourhood(voxels, spacing, UNCERTAIN_AROUND_MM)), torch.nan)
        fat_fraction[voxels] = 100 * found.known / (found.sought + found.known)
        fit_error[voxels] = 100 * found.error
        warnings += warnings_of_misfit(
            echoes, fit_error[voxels], noise_sd, most_percent=_MOST_ERROR_PERCENT, advice=_MISFIT_ADVICE
        )
    progress(1.0, "Fitting T2")

    parameters = {
        "echo_times_ms": list(series.echo_times_ms),
        "water_t1_ms": WATER_T1_MS,
        "fat_t1_ms": FAT_T1_MS,
        "fat_t2_ms": fat_t2_ms,
        "fat_t2": told_by,
        "noise_sd": noise_sd,
        "echoes_averaged_mm": AVERAGED_MM,
        "b1_voting_mm": B1_VOTING_MM,
        "b1_smoothing_mm": B1_SMOOTHING_MM,
        "t2_range_ms": list(T2_RANGE_MS),
        "t2_standard_error_below_percent": 100 * MOST_UNCERTAIN,
        "b1_range": list(b1_range),
        "pulses": "no slice profile"
        if pulses is None
        else f"Hann-windowed sinc, time-bandwidth product {pulses.time_bandwidth:g}, refocusing slice "
        f"{pulses.refocusing_width:g} times the excitation's",
    }
    return tuple(
        map_of(
            values,
            series.images[0],
            quantity,
            method=METHOD,
            inputs=series.inputs,
            parameters=parameters,
            warnings=warnings,
        )
        for quantity, values in zip(QUANTITIES, (t2, b1, fat_fraction, fit_error), strict=True)
    )


def _told(found: FittedTissues, near: Neighbourhood) -> Tensor:
    """(N,) where there is water, and noise lets its T2 be told."""
    logarithm = found.uncertainty.clamp(min=1e-6).log()
    sums, counts = near.sums(torch.stack([logarithm, torch.ones_like(logarithm)], 1)).unbind(1)
    return (sums < log(MOST_UNCERTAIN) * counts) & (found.sought > _LEAST_WATER * (found.sought + found.known))
