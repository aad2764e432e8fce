"""Water T2, B1 and fat fraction from a multi-echo spin-echo series, by extended phase graphs.

The signal of a voxel is that of water, whose T2 is sought, and of fat, whose T2 is known, both at one B1:

    magnitude = |water · echoes(T2, B1) + fat · echoes(fat T2, B1)| in Rician noise

as in Marty 2016 (NMR Biomed 29:431) and in MyoQMRI (Santini 2021, Front Neurol 12:630387). Unlike theirs it is no
search of a dictionary of all three: neighbours find B1 together (:mod:`MuscleSegLib.maps.b1_votes`), and then T2, water
and fat are fitted without a grid. Fat may come out a little below 0, as noise does: cutting it off there would make the
mean T2 of lean muscle too short.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np
import torch

from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.b1_votes import EchoDictionary, lowest
from MuscleSegLib.maps.echoes import fittable_voxels, noise_of
from MuscleSegLib.maps.epg_signals import EchoSignals, EchoTrain, Tissue
from MuscleSegLib.maps.magnitude_fit import fit_magnitudes
from MuscleSegLib.maps.neighbourhood import Neighbourhood
from MuscleSegLib.maps.noise import rician_loss_and_expectation, rician_mean, without_noise_floor
from MuscleSegLib.maps.parameter_map import ParameterMap, map_of
from MuscleSegLib.maps.slice_profile import SINC_PULSES, SelectivePulses
from MuscleSegLib.progress import Progress, silent

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray
    from torch import Tensor

    from MuscleSegLib.maps.echoes import MultiEchoSeries
    from MuscleSegLib.maps.epg_signals import DecayCurves

METHOD = (
    "water T2 by extended phase graphs with B1 and a fat component (Marty 2016, NMR Biomed 29:431; Santini 2021, "
    "Front Neurol 12:630387)"
)
#: At 3 T, ms: T1 as in MyoQMRI; it hardly changes the echoes. T2 of fat as there, too, after Marty 2016.
WATER_T1_MS, FAT_T1_MS, FAT_T2_MS = 1400.0, 365.0, 151.0
#: Water T2 is sought between these, ms. A voxel that ends at one of them has no T2 that could be told.
T2_RANGE_MS = (10.0, 120.0)
#: B1 is sought between these. Pulses that act alike on the whole slice refocus at 1 + x as at 1 − x.
B1_RANGE, B1_RANGE_WITHOUT_PROFILE = (0.5, 1.4), (0.5, 1.0)
#: Neighbours count in the vote on B1 by their distance: a Gaussian of this standard deviation, mm.
B1_SMOOTHING_MM = 8.0
#: T2 of water is not told where water is less than this part of the signal.
_LEAST_WATER = 0.05
_LONGEST_FAT_T2_MS = 1000.0
#: Model and sequence differ where the fit leaves more than this in a typical voxel, and more than so many times the
#: noise.
_MOST_ERROR_PERCENT, _MOST_ERROR_OF_NOISE = 1.2, 1.5
#: Four unknowns a voxel, and something left to judge the fit by.
_FEWEST_ECHOES = 6
#: Where noise biases T2 by more than this part, it is corrected by no more.
_MOST_BIAS = 0.25
_B1_STEP, _T2_COUNT = 0.03, 40
#: Steps that refine B1, how far one goes at most, and by about how many voxels.
_B1_STEPS, _MOST_B1_STEP, _B1_VOXELS = 2, 0.05, 50_000
#: Of log T2 and of B1, for differences.
_STEP = 0.01
#: Voxels fitted at once: their polynomials fit the processor's cache.
_BLOCK = 8192


def fit_water_t2(
    series: MultiEchoSeries,
    *,
    fat_t2_ms: float = FAT_T2_MS,
    pulses: SelectivePulses | None = SINC_PULSES,
    noise_sd: float | None = None,
    progress: Progress = silent,
) -> tuple[ParameterMap, ...]:
    """Maps from a series with equally spaced echoes.

    Args:
        series: Six echoes or more; single ones may be missing.
        fat_t2_ms: T2 that fat shows in this sequence, ms. 30 ms too long makes water T2 5 ms too long at half fat.
        pulses: The sequence's slice-selective pulses; None for a 3D sequence, whose pulses act alike on the whole slab.
            It matters: the wrong choice shifts T2 by 6 ms and more, with more fat yet more.
        noise_sd: Standard deviation of the noise in each of the two channels, in the unit of the image; None to measure
            it in the air around the body.
        progress: Told how far it is, and may stop it.

    Returns:
        Maps of water T2 (ms), B1 (relative to the nominal), the fat fraction of this fit (%, of the signal without
        relaxation by T2, with the sequence's T1 weighting), and the fit's error (%, root mean square of what the model
        leaves, relative to the strongest echo). NaN where there is too little signal to fit; T2 also where it ends at a
        limit of :data:`T2_RANGE_MS`, and in what is all but pure fat.

    Raises:
        InputError: The echoes are too few, or not equally spaced; the T2 of fat is none.
    """
    if not T2_RANGE_MS[0] < fat_t2_ms < _LONGEST_FAT_T2_MS:
        raise InputError(
            f"The T2 of fat must lie between {T2_RANGE_MS[0]:g} and {_LONGEST_FAT_T2_MS:g} ms, and {fat_t2_ms:g} was "
            "given."
        )
    train = series.echo_train(_FEWEST_ECHOES)
    magnitudes = series.magnitudes()
    noise_sd, warnings = noise_of(magnitudes, noise_sd)
    voxels = fittable_voxels(magnitudes, noise_sd)
    b1_range = B1_RANGE if pulses else B1_RANGE_WITHOUT_PROFILE
    signals = _Signals.of(train, fat_t2_ms, b1_range, pulses)
    echoes = torch.from_numpy(np.ascontiguousarray(magnitudes[:, voxels].T))
    noise = torch.full((len(echoes), 1), noise_sd)

    b1 = np.full(voxels.shape, np.nan, np.float32)
    t2, fat_fraction, fit_error = b1.copy(), b1.copy(), b1.copy()
    if len(echoes):
        grid = torch.linspace(*b1_range, 1 + round((b1_range[1] - b1_range[0]) / _B1_STEP))
        dictionary = EchoDictionary.of(signals.water, signals.fat, grid, torch.linspace(*_LOG_T2_RANGE, _T2_COUNT))
        progress(0.0, "Finding B1")
        near = Neighbourhood(voxels, series.images[0].GetSpacing(), B1_SMOOTHING_MM)
        votes, likely_t2 = dictionary.votes(without_noise_floor(echoes, noise))
        votes = near.sums(votes)
        found_b1 = lowest(votes, grid)
        start = dictionary.log_t2[likely_t2.gather(1, votes.argmin(1)[:, None])[:, 0]]
        for step in range(_B1_STEPS):
            progress(0.1 + 0.2 * step / _B1_STEPS, "Finding B1")
            found_b1 = _nearer_b1(signals, echoes, found_b1, start, noise, near, b1_range)
        b1[voxels] = found_b1
        fitted = []
        for first in range(0, len(echoes), _BLOCK):
            progress(0.3 + 0.7 * first / len(echoes), "Fitting T2")
            block = slice(first, first + _BLOCK)
            fitted.append(signals.fit(echoes[block], found_b1[block], start[block], noise[block]))
        t2[voxels], fat_fraction[voxels], fit_error[voxels] = torch.cat(fitted, 1)
        warnings += _warnings_of_misfit(echoes, fit_error[voxels], noise_sd)
    progress(1.0, "Fitting T2")

    parameters = {
        "echo_times_ms": list(series.echo_times_ms),
        "water_t1_ms": WATER_T1_MS,
        "fat_t1_ms": FAT_T1_MS,
        "fat_t2_ms": fat_t2_ms,
        "noise_sd": noise_sd,
        "b1_smoothing_mm": B1_SMOOTHING_MM,
        "t2_range_ms": list(T2_RANGE_MS),
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
        for quantity, values in (("T2", t2), ("B1", b1), ("T2_FF", fat_fraction), ("T2_FIT_ERROR", fit_error))
    )


def _warnings_of_misfit(echoes: Tensor, fit_error: NDArray[np.float32], noise_sd: float) -> list[str]:
    """What to say when the model leaves much more than noise in half of the voxels."""
    typical, of_noise = float(np.median(fit_error)), 100 * noise_sd / float(echoes.amax(1).median())
    if typical < max(_MOST_ERROR_PERCENT, _MOST_ERROR_OF_NOISE * of_noise):
        return []
    return [
        f"The echoes do not decay as the model says: it leaves {typical:.1f} % of the strongest echo in a typical "
        f"voxel, and noise {of_noise:.1f} %. Check the order of the echoes, their times, and whether the sequence is "
        "slice-selective."
    ]


_LOG_T2_RANGE = (log(T2_RANGE_MS[0]), log(T2_RANGE_MS[1]))
#: Of log T2 and the amounts of water and fat, relative to the strongest echo, before which T2 may have all but decayed.
_LOWEST, _HIGHEST = torch.tensor([_LOG_T2_RANGE[0], -0.5, -0.5]), torch.tensor([_LOG_T2_RANGE[1], 10.0, 10.0])


@dataclass(frozen=True)
class _Signals:
    """The echoes of water and of fat."""

    water: EchoSignals
    fat: EchoSignals

    @classmethod
    def of(
        cls, train: EchoTrain, fat_t2_ms: float, b1_range: tuple[float, float], pulses: SelectivePulses | None
    ) -> _Signals:
        return cls(
            EchoSignals(Tissue(WATER_T1_MS, T2_RANGE_MS), b1_range, train, pulses),
            EchoSignals(Tissue(FAT_T1_MS, (fat_t2_ms, fat_t2_ms)), b1_range, train, pulses),
        )

    def at(self, b1: Tensor) -> _WaterAndFat:
        """The model of voxels at their B1."""
        return _WaterAndFat(self.water.at(b1), self.fat.at(b1)(torch.zeros_like(b1)))

    def fit(self, echoes: Tensor, b1: Tensor, log_t2: Tensor, noise_sd: Tensor) -> Tensor:
        """(3, N) T2 in ms, fat fraction in % and error in % of magnitudes, (N, echoes), from T2 to start with."""
        scale = echoes.amax(1, keepdim=True)
        echoes, noise_sd = echoes / scale, noise_sd / scale
        model = self.at(b1)
        found = model.fit(echoes, log_t2, noise_sd)
        fitted = rician_mean(model(found)[0], noise_sd)
        error = (echoes - fitted).square().mean(1).sqrt() / fitted.amax(1)
        log_t2, water, fat = found.unbind(1)
        t2 = log_t2.exp() * (1 - model.t2_bias(found, noise_sd))
        told = (log_t2 > _LOWEST[0]) & (log_t2 < _HIGHEST[0]) & (water > _LEAST_WATER * (water + fat))
        return torch.stack([t2.where(told, torch.nan), 100 * fat / (water + fat), 100 * error])


@dataclass(frozen=True)
class _WaterAndFat:
    """Voxels of water of any T2 and fat, at known B1; the parameters are log T2 (ms), water and fat."""

    water: DecayCurves
    fat: Tensor

    def __call__(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        log_t2, water, fat = parameters.unbind(1)
        echoes, slopes = self.water.with_slope(log_t2)
        signals = water[:, None] * echoes + fat[:, None] * self.fat
        return signals, torch.stack([water[:, None] * slopes, echoes, self.fat], 2)

    def fit(self, echoes: Tensor, log_t2: Tensor, noise_sd: Tensor) -> Tensor:
        """(N, 3) parameters of magnitudes relative to their strongest echo, (N, echoes), from T2 to start with."""
        pair = torch.stack([self.water(log_t2), self.fat], 2)
        amounts = torch.linalg.solve(pair.mT @ pair, (pair.mT @ echoes[:, :, None])[:, :, 0])
        start = torch.cat([log_t2[:, None], amounts], 1).clamp(_LOWEST, _HIGHEST)
        return fit_magnitudes(self, echoes, start, (_LOWEST, _HIGHEST), noise_sd)

    def t2_bias(self, parameters: Tensor, noise_sd: Tensor) -> Tensor:
        """(N,) how much too long T2 comes out on average because echoes are curved in it, as a part of T2.

        To second order in the noise, (N, 1): Box 1971 (J R Stat Soc B 33:171), with T2 the exponential of what is
        fitted. Noise scatters T2 further up than down, which would stay in the mean over a muscle.
        """
        _, slopes = self(parameters)
        inverse = torch.linalg.inv(slopes.mT @ slopes)
        curved = self.curved(parameters, slopes, inverse, noise_sd)
        of_logarithm = -_solution(inverse, slopes, curved)[:, 0] / 2
        variance = noise_sd[:, 0].square() * inverse[:, 0, 0]
        return (of_logarithm + variance / 2).clamp(-_MOST_BIAS, _MOST_BIAS)

    def curved(self, parameters: Tensor, slopes: Tensor, inverse: Tensor, noise_sd: Tensor) -> Tensor:
        """(N, echoes) twice how far the scatter of the parameters shifts the mean of the model, by its curvature."""
        log_t2, water, _ = parameters.unbind(1)
        further, nearer = (self.water.with_slope(log_t2 + step)[1] for step in (_STEP, -_STEP))
        covariance = noise_sd[:, :, None].square() * inverse
        by_t2 = covariance[:, :1, 0] * water[:, None] * (further - nearer) / (2 * _STEP)
        return by_t2 + 2 * covariance[:, :1, 1] * slopes[:, :, 0] / water[:, None]

    def at(self, voxels: Tensor) -> Self:
        return type(self)(self.water.of(voxels), self.fat[voxels])


def _nearer_b1(
    signals: _Signals,
    echoes: Tensor,
    b1: Tensor,
    log_t2: Tensor,
    noise_sd: Tensor,
    near: Neighbourhood,
    b1_range: tuple[float, float],
) -> Tensor:
    """(N,) B1 after a step of least squares that neighbours take together.

    What a step of B1 would change and T2, water and fat could not make up for is compared with what their fit leaves.
    What the curvature of the model leaves on average is taken out, or else the noise of every voxel would draw B1 the
    same way, however many there are. A part of the voxels is enough.
    """
    some = torch.arange(0, len(echoes), max(1, len(echoes) // _B1_VOXELS))
    told, wanted = [], []
    for block in some.split(_BLOCK):
        scale = echoes[block].amax(1, keepdim=True)
        magnitudes, noise = echoes[block] / scale, noise_sd[block] / scale
        model = signals.at(b1[block])
        found = model.fit(magnitudes, log_t2[block], noise)
        fitted, slopes = model(found)
        left = rician_loss_and_expectation(magnitudes, fitted, noise)[1] - fitted
        inverse = torch.linalg.inv(slopes.mT @ slopes)
        further, nearer = (signals.at(b1[block] + step)(found)[0] for step in (_STEP, -_STEP))
        change = (further - nearer) / (2 * _STEP)
        change = change - (slopes @ _solution(inverse, slopes, change)[:, :, None])[:, :, 0]
        unexplained = left + model.curved(found, slopes, inverse, noise) / 2
        certainty = 1 / torch.maximum(left.square().mean(1), noise[:, 0].square()).clamp(min=1e-8)
        sums = torch.stack([(change * unexplained).sum(1), change.square().sum(1)], 1) * certainty[:, None]
        usable = ((found > _LOWEST) & (found < _HIGHEST)).all(1) & sums.isfinite().all(1)
        told.append(block[usable])
        wanted.append(sums[usable])
    gain, certainty = near.sums(torch.cat(wanted), torch.cat(told)).unbind(1)
    step = gain / (certainty + 1 / _MOST_B1_STEP**2)
    return (b1 + step.clamp(-_MOST_B1_STEP, _MOST_B1_STEP)).clamp(b1_range[0] + _STEP, b1_range[1] - _STEP)


def _solution(inverse: Tensor, slopes: Tensor, change: Tensor) -> Tensor:
    """(N, 3) changes of the parameters that come nearest to a change of the echoes, (N, echoes)."""
    return (inverse @ (slopes.mT @ change[:, :, None]))[:, :, 0]
