"""How far water T2 by extended phase graphs is from the truth, on echoes whose T2, fat fraction and B1 are known."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np
import pandas as pd
import SimpleITK as sitk
import torch
from torch import Tensor

from MuscleSegLib.maps.echoes import MultiEchoSeries
from MuscleSegLib.maps.epg_signals import EchoTrain, exact_signals
from MuscleSegLib.maps.fat_t2 import FAT_T1_MS, FAT_T2_MS, WATER_T1_MS
from MuscleSegLib.maps.slice_profile import SINC_PULSES, SelectivePulses
from MuscleSegLib.maps.t2_epg import fit_water_t2
from MuscleSegLib.progress import Progress, silent

T2_MS = (30.0, 35.0, 45.0)
#: T2 that fat may show, ms; the fit finds it in the images.
FATS_T2_MS = (120.0, FAT_T2_MS, 180.0)
FAT_FRACTIONS_PERCENT = (0.0, 10.0, 20.0, 30.0, 40.0, 50.0)
#: B1 changes evenly along the image, as it does across a thigh at 3 T; errors are told for the parts around these.
B1 = (0.8, 0.9, 1.0, 1.1, 1.2)
#: As the sequence is run in muscle: 17 echoes, 10 ms apart.
TRAIN = EchoTrain(10.0, tuple(range(1, 18)))
_SPACING_MM = (1.5, 1.5, 8.0)
#: Rows of a part, columns of a fat fraction, and columns of air on either side.
_ROWS, _COLUMNS, _AIR = 32, 40, 20
#: Columns of fat as under the skin, and how much of it is fat; what else there is in it is like muscle.
_SKIN, _SKIN_FAT = 8, 0.95
#: Amplitude of the echoes; nothing depends on it.
_SCALE = 1000.0


def water_t2_errors(
    *,
    snr: float = 50.0,
    t2_ms: Sequence[float] = T2_MS,
    fat_fractions_percent: Sequence[float] = FAT_FRACTIONS_PERCENT,
    fat_t2_ms: float = FAT_T2_MS,
    columns: int = _COLUMNS,
    pulses: SelectivePulses | None = SINC_PULSES,
    seed: int = 0,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Simulate a series by extended phase graphs, without the fit's interpolation, and fit it.

    Slices differ in T2, columns in fat fraction, and B1 runs along the rows from 0.8 to 1.2. There is air at the sides,
    from which the fit measures the noise, and fat before it, from which it measures the T2 of fat.

    Args:
        snr: First echo of lean muscle of 35 ms at a B1 of 1, over the standard deviation of the noise in each of the
            two channels.
        t2_ms: T2 of water, ms.
        fat_fractions_percent: Of the signal without relaxation, %.
        fat_t2_ms: T2 of fat, ms, which the fit is not told.
        columns: Voxels that each fat fraction is wide.
        pulses: Of the simulation and of the fit.
        seed: Of the noise.
        progress: See :func:`MuscleSegLib.maps.t2_epg.fit_water_t2`.

    Returns:
        A row for each ``t2_ms``, ``fat_fraction_percent`` and ``b1``: ``bias_ms`` and ``sd_ms`` of T2 over the voxels,
        ``least_sd_ms`` that any unbiased fit of a single voxel has at a known B1 (the Cramér-Rao bound),
        ``fat_fraction_bias_percent``, and ``unfitted_percent`` of the voxels.
    """
    b1 = torch.linspace(B1[0], B1[-1], _ROWS * (len(B1) - 1), dtype=torch.float64)
    waters = [exact_signals(WATER_T1_MS, torch.tensor(t2, dtype=torch.float64), b1, TRAIN, pulses) for t2 in t2_ms]
    fat = exact_signals(FAT_T1_MS, torch.tensor(fat_t2_ms, dtype=torch.float64), b1, TRAIN, pulses)
    parts = [percent / 100 for percent in fat_fractions_percent for _ in range(columns)] + [_SKIN_FAT] * _SKIN
    echoes = torch.zeros(len(t2_ms), len(b1), len(parts) + 2 * _AIR, len(TRAIN.numbers), dtype=torch.float64)
    for index, water in enumerate(waters):
        for column, part in enumerate(parts, _AIR):
            echoes[index, :, column] = (1 - part) * water + part * fat
    lean = exact_signals(WATER_T1_MS, torch.tensor(35.0).double(), torch.ones(1).double(), TRAIN, pulses)
    noise_sd = float(lean[0, 0]) / snr
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(2, *echoes.shape, generator=generator, dtype=torch.float64) * noise_sd
    series = _series(torch.hypot(echoes + noise[0], noise[1]) * _SCALE)
    t2_map, _, fat_map, _ = fit_water_t2(series, pulses=pulses, progress=progress)

    rows = []
    for index, t2 in enumerate(t2_ms):
        for number, percent in enumerate(fat_fractions_percent):
            across = slice(_AIR + number * columns, _AIR + (number + 1) * columns)
            for field in B1:
                along = (b1 - field).abs().numpy() <= (B1[1] - B1[0]) / 2
                values, fats = (image.values[index, along, across] for image in (t2_map, fat_map))
                rows.append(
                    {
                        "t2_ms": t2,
                        "fat_fraction_percent": percent,
                        "b1": field,
                        "bias_ms": float(np.nanmean(values)) - t2,
                        "sd_ms": float(np.nanstd(values)),
                        "least_sd_ms": _least_sd_ms(t2, percent / 100, fat_t2_ms, field, noise_sd, pulses),
                        "fat_fraction_bias_percent": float(np.nanmean(fats)) - percent,
                        "unfitted_percent": 100 * float(np.isnan(values).mean()),
                    }
                )
    return pd.DataFrame(rows)


def _series(magnitudes: Tensor) -> MultiEchoSeries:
    """A series from (slices, rows, columns, echoes)."""
    images = []
    for echo in magnitudes.unbind(-1):
        image = sitk.GetImageFromArray(echo.float().numpy())
        image.SetSpacing(_SPACING_MM)
        images.append(image)
    return MultiEchoSeries.of(images, [TRAIN.spacing_ms * number for number in TRAIN.numbers], {})


def _least_sd_ms(
    t2_ms: float, fat: float, fat_t2_ms: float, b1: float, noise_sd: float, pulses: SelectivePulses | None
) -> float:
    """The Cramér-Rao bound of T2, when T2 and the amounts of water and fat are sought; noise taken as Gaussian."""
    field = torch.tensor(b1, dtype=torch.float64)

    def signal(parameters: Tensor) -> Tensor:
        water = exact_signals(WATER_T1_MS, parameters[0].exp(), field, TRAIN, pulses)
        fats = exact_signals(FAT_T1_MS, torch.tensor(fat_t2_ms, dtype=torch.float64), field, TRAIN, pulses)
        return parameters[1] * water + parameters[2] * fats

    at = torch.tensor([log(t2_ms), 1 - fat, fat], dtype=torch.float64)
    slopes = torch.autograd.functional.jacobian(signal, at)
    return t2_ms * noise_sd * float(torch.linalg.inv(slopes.T @ slopes)[0, 0].sqrt())
