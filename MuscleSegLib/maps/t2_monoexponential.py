"""T2 from a multi-echo spin-echo series by one exponential: the T2 of water and fat together.

    magnitude = |S₀ · exp(−TE / T2)| in Rician noise

Imperfect refocusing makes the first echo too dark against the others, which hold stimulated echoes as well; it is left
out, which takes away much of the error (Milford 2015, PLoS One 10:e0145255). T2 stays too long where B1 is off, and
where there is fat: :mod:`MuscleSegLib.maps.t2_epg` takes account of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np
import torch

from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.echoes import fittable_voxels, noise_of
from MuscleSegLib.maps.magnitude_fit import fit_magnitudes
from MuscleSegLib.maps.misfit import warnings_of_misfit
from MuscleSegLib.maps.noise import rician_mean, without_noise_floor
from MuscleSegLib.maps.parameter_map import ParameterMap, map_of
from MuscleSegLib.progress import Progress, silent

if TYPE_CHECKING:
    from typing import Self

    from torch import Tensor

    from MuscleSegLib.maps.echoes import MultiEchoSeries

#: Of the maps that a fit makes, in their order.
QUANTITIES = ("T2", "T2_FIT_ERROR")
METHOD = "mono-exponential T2 with Rician noise"
#: T2 is sought between these, ms. A voxel that ends at one of them has no T2 that could be told.
T2_RANGE_MS = (5.0, 500.0)
#: Two unknowns a voxel, and something left to judge the fit by.
_FEWEST_ECHOES = 3
#: By extended phase graphs, B1 of 0.8 to 1.2 and up to 80 % fat leave 3.5 % at most behind slice-selective pulses, and
#: the first two echoes exchanged 4 % and more where pulses are as good as nominal ones.
_MOST_ERROR_PERCENT = 3.5
_MISFIT_ADVICE = (
    "Check the order of the echoes and their times. Where imperfect refocusing or fat is the cause, T2 is too long: "
    "the fit by extended phase graphs takes account of both."
)
_BLOCK = 32768


def fit_t2(
    series: MultiEchoSeries,
    *,
    leave_out_first: bool = True,
    noise_sd: float | None = None,
    progress: Progress = silent,
) -> tuple[ParameterMap, ...]:
    """Maps from a series of three echoes or more, besides the first where that is left out.

    Args:
        series: The echoes.
        leave_out_first: Whether the first echo is not fitted.
        noise_sd: Standard deviation of the noise in each of the two channels, in the unit of the image; None to measure
            it in the air around the body.
        progress: Told how far it is, and may stop it.

    Returns:
        Maps of T2 (ms) and of the fit's error (%, root mean square of what the model leaves, relative to the strongest
        fitted echo). NaN where there is too little signal to fit; T2 also at the limits of :data:`T2_RANGE_MS`.

    Raises:
        InputError: The echoes are too few.
    """
    used = slice(1 if leave_out_first else 0, None)
    times = torch.tensor(series.echo_times_ms[used])
    if len(times) < _FEWEST_ECHOES:
        raise InputError(
            f"T2 needs {_FEWEST_ECHOES} echoes or more{' besides the first' if leave_out_first else ''}, and there are "
            f"{len(series.echo_times_ms)}. Give all echoes of the series."
        )
    magnitudes = series.magnitudes()
    noise_sd, warnings = noise_of(magnitudes, noise_sd)
    magnitudes = magnitudes[used]
    voxels = fittable_voxels(magnitudes, noise_sd)
    echoes = torch.from_numpy(np.ascontiguousarray(magnitudes[:, voxels].T))
    t2 = np.full(voxels.shape, np.nan, np.float32)
    fit_error = t2.copy()
    fitted = [torch.empty(2, 0)]
    for first in range(0, len(echoes), _BLOCK):
        progress(first / len(echoes), "Fitting T2")
        fitted.append(_fit(echoes[first : first + _BLOCK], times, noise_sd))
    t2[voxels], fit_error[voxels] = torch.cat(fitted, 1)
    if len(echoes):
        warnings += warnings_of_misfit(
            echoes, fit_error[voxels], noise_sd, most_percent=_MOST_ERROR_PERCENT, advice=_MISFIT_ADVICE
        )
    progress(1.0, "Fitting T2")
    parameters = {
        "echo_times_ms": times.tolist(),
        "first_echo_left_out": leave_out_first,
        "noise_sd": noise_sd,
        "t2_range_ms": list(T2_RANGE_MS),
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
        for quantity, values in zip(QUANTITIES, (t2, fit_error), strict=True)
    )


def _fit(echoes: Tensor, times_ms: Tensor, noise_sd: float) -> Tensor:
    """(2, N) T2 in ms and error in % of magnitudes, (N, echoes)."""
    scale = echoes.amax(1, keepdim=True)
    echoes, noise = echoes / scale, noise_sd / scale
    model = _Exponential(times_ms)
    low, high = torch.tensor([log(T2_RANGE_MS[0]), 0.0]), torch.tensor([log(T2_RANGE_MS[1]), 20.0])
    found = fit_magnitudes(model, echoes, _straight_line(echoes, times_ms, noise).clamp(low, high), (low, high), noise)
    fitted = rician_mean(model(found)[0], noise)
    error = (echoes - fitted).square().mean(1).sqrt() / fitted.amax(1)
    log_t2 = found[:, 0]
    told = (log_t2 > low[0]) & (log_t2 < high[0])
    return torch.stack([log_t2.exp().where(told, torch.nan), 100 * error])


def _straight_line(echoes: Tensor, times_ms: Tensor, noise_sd: Tensor) -> Tensor:
    """(N, 2) parameters to start with: a line through the logarithms, each weighted by the square of its signal."""
    signal = without_noise_floor(echoes, noise_sd).clamp(min=1e-3)
    weight = signal.square() / signal.square().sum(1, keepdim=True)
    centred = times_ms - (weight * times_ms).sum(1, keepdim=True)
    logs = signal.log()
    slope = (weight * centred * logs).sum(1) / (weight * centred.square()).sum(1)
    rate = (-slope).clamp(1 / T2_RANGE_MS[1], 1 / T2_RANGE_MS[0])
    at_zero = (weight * (logs + rate[:, None] * times_ms)).sum(1)
    return torch.stack([-rate.log(), at_zero.exp()], 1)


@dataclass(frozen=True)
class _Exponential:
    """Exponential decays at the same echo times, ms; the parameters are log T2 (ms) and S₀."""

    times_ms: Tensor

    def __call__(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        exponent = self.times_ms * torch.exp(-parameters[:, :1])
        decay = torch.exp(-exponent)
        signal = parameters[:, 1:] * decay
        return signal, torch.stack([signal * exponent, decay], 2)

    def at(self, voxels: Tensor) -> Self:  # noqa: ARG002 - all voxels have the same echo times
        return self
