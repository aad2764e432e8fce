"""The T2 that fat shows in a multi-echo series, from where there is hardly anything but fat.

It depends on the sequence: the protons of fat are coupled, so that it decays faster the longer the echo spacing. Marty
2016 (NMR Biomed 29:431) and MyoQMRI (Santini 2021) take it from fat in the images, mostly that under the skin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from MuscleSegLib.maps.averaged_echoes import AVERAGED_MM, averaged_echoes
from MuscleSegLib.maps.epg_signals import EchoTrain, Tissue, exact_signals
from MuscleSegLib.maps.neighbourhood import Neighbourhood
from MuscleSegLib.maps.two_tissues import TissuePair

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.maps.slice_profile import SelectivePulses

#: T1 of water and fat at 3 T, ms, as in MyoQMRI; they hardly change the echoes. T2 of fat as there, too, after Marty
#: 2016, where the images do not tell it.
WATER_T1_MS, FAT_T1_MS, FAT_T2_MS = 1400.0, 365.0, 151.0
#: The little water in fat decays about like that of muscle.
_WATER_T2_MS = 35.0
#: The T2 of fat is sought here. Nearer to the limits than this part it is none.
_RANGE_MS, _LIMIT = (60.0, 400.0), 1.1
#: What is taken for fat, by its part of the signal at a B1 of 1: at least, or where its T2 is much shorter than usual
#: at first, and at most.
_FAT, _SHORT_FAT, _MOST_FAT = 0.85, 0.7, 1.3
#: Fewer voxels do not tell the T2; more than these tell it no better.
_FEWEST, _MOST = 300, 4000


def find_fat_t2(
    magnitudes: NDArray[np.float32],
    voxels: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
    train: EchoTrain,
    *,
    noise_sd: float,
    b1_range: tuple[float, float],
    pulses: SelectivePulses | None,
) -> float | None:
    """T2 of fat, ms.

    Args:
        magnitudes: (echoes, slices, rows, columns).
        voxels: (slices, rows, columns), which can be fitted.
        spacing_mm: Between columns, rows and slices.
        train: Which echoes.
        noise_sd: Of each of the two channels; 0 for unknown.
        b1_range: Where B1 is sought.
        pulses: As :func:`MuscleSegLib.maps.t2_epg.fit_water_t2` takes them.

    Returns:
        The median over voxels of fat; None when there are too few of them, or they do not decay as fat does.
    """
    pair = TissuePair.of(
        Tissue(FAT_T1_MS, _RANGE_MS), Tissue(WATER_T1_MS, (_WATER_T2_MS, _WATER_T2_MS)), train, b1_range, pulses
    )

    def where(t2_ms: float, least: float) -> NDArray[np.bool_]:
        fat = voxels.copy()
        part = _fat_part(magnitudes[:, voxels], t2_ms, train, pulses)
        fat[voxels] = (part > least) & (part < _MOST_FAT)
        return fat

    t2_ms: float | None = None
    for least in (_FAT, _SHORT_FAT):
        t2_ms = t2_ms or _median_t2(pair, magnitudes, where(FAT_T2_MS, least), spacing_mm, noise_sd)
    # Of fat of another T2 than the usual, voxels of chance were taken.
    return _median_t2(pair, magnitudes, where(t2_ms, _FAT), spacing_mm, noise_sd) if t2_ms else None


def _median_t2(
    pair: TissuePair,
    magnitudes: NDArray[np.float32],
    fat: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
    noise_sd: float,
) -> float | None:
    """Of voxels of fat, with a little water; None when they are too few, or do not decay as fat does."""
    if np.count_nonzero(fat) < _FEWEST:
        return None
    echoes = torch.from_numpy(np.ascontiguousarray(magnitudes[:, fat].T))
    # With B1 and a little water sought too, noise of single voxels would bias T2.
    averaged, noise = averaged_echoes(echoes, noise_sd, Neighbourhood(fat, spacing_mm, AVERAGED_MM))
    places = np.flatnonzero(fat)
    step = -(-len(places) // _MOST)
    some = np.zeros(fat.size, bool)
    some[places[::step]] = True
    averaged, noise = averaged[::step], noise[::step]
    b1, start = pair.find_b1(averaged, noise, some.reshape(fat.shape), spacing_mm)
    t2_ms = float(pair.fit(averaged, b1, start, noise).t2_ms.nanmedian())
    return t2_ms if _RANGE_MS[0] * _LIMIT < t2_ms < _RANGE_MS[1] / _LIMIT else None


def _fat_part(
    echoes: NDArray[np.float32], fat_t2_ms: float, train: EchoTrain, pulses: SelectivePulses | None
) -> NDArray[np.float32]:
    """(N,) which part of (echoes, N) looks like fat of this T2, at a B1 of 1, and not like water."""
    nominal = torch.ones((), dtype=torch.float64)
    usual = [
        exact_signals(t1_ms, torch.tensor(t2_ms, dtype=torch.float64), nominal, train, pulses)
        for t1_ms, t2_ms in ((WATER_T1_MS, _WATER_T2_MS), (FAT_T1_MS, fat_t2_ms))
    ]
    amounts = np.linalg.pinv(torch.stack(usual, 1).numpy()).astype(np.float32) @ echoes
    part: NDArray[np.float32] = amounts[1] / np.maximum(amounts.sum(0), 1e-12)
    return part
