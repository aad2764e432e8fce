"""Voxels of two tissues at one B1: one whose T2 is sought, and one whose T2 is known.

    magnitude = |sought · echoes(T2, B1) + known · echoes(known T2, B1)| in Rician noise

Neighbours find B1 together (:mod:`MuscleSegLib.maps.b1_votes`), and then T2 and both amounts are fitted without a grid.
An amount may come out a little below 0, as noise does: cutting it off there would bias the mean of T2.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Self

import torch

from MuscleSegLib.maps.b1_votes import EchoDictionary, lowest
from MuscleSegLib.maps.epg_signals import EchoSignals
from MuscleSegLib.maps.magnitude_fit import fit_magnitudes
from MuscleSegLib.maps.neighbourhood import Neighbourhood
from MuscleSegLib.maps.noise import rician_mean
from MuscleSegLib.progress import Progress, silent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from MuscleSegLib.maps.epg_signals import DecayCurves, EchoTrain, Tissue
    from MuscleSegLib.maps.slice_profile import SelectivePulses

#: Amounts relative to the strongest echo, before which T2 may have all but decayed.
_AMOUNTS = (-0.5, 10.0)
#: Where noise biases T2 by more than this part, it is corrected by no more.
_MOST_BIAS = 0.25
_B1_STEP, _T2_COUNT = 0.03, 40
#: Neighbours vote on B1, and then refine it together, counting by their distance: Gaussians of these standard
#: deviations, mm.
B1_VOTING_MM, B1_SMOOTHING_MM = 24.0, 12.0
#: Steps that refine B1, how far one goes at most, and by about how many voxels.
_B1_STEPS, _MOST_B1_STEP, _B1_VOXELS = 2, 0.05, 50_000
#: Of log T2 and of B1, for differences.
_STEP = 0.01
#: Voxels fitted at once: their polynomials fit the processor's cache.
_BLOCK = 8192
#: A standard error beyond this is no better than none.
_NOTHING_TOLD = 10.0


@dataclass(frozen=True)
class FittedTissues:
    """What N voxels were found to hold, (N,) each.

    Attributes:
        t2_ms: Of the sought tissue; NaN where it ends at a limit of what is sought.
        uncertainty: Its standard error by noise (Cramér-Rao bound), as a part of T2.
        sought, known: Amounts, relative to the strongest echo.
        error: Root mean square of what the model leaves, as a part of the strongest fitted echo.
    """

    t2_ms: Tensor
    uncertainty: Tensor
    sought: Tensor
    known: Tensor
    error: Tensor


@dataclass(frozen=True)
class TissuePair:
    """The echoes of both tissues.

    Attributes:
        sought, known: The tissues.
        t2_range_ms: Where the sought T2 is looked for.
        b1_range: Where B1 is looked for.
    """

    sought: EchoSignals
    known: EchoSignals
    t2_range_ms: tuple[float, float]
    b1_range: tuple[float, float]

    @classmethod
    def of(
        cls,
        sought: Tissue,
        known: Tissue,
        train: EchoTrain,
        b1_range: tuple[float, float],
        pulses: SelectivePulses | None,
    ) -> TissuePair:
        """The pair in a sequence."""
        signals = [EchoSignals(tissue, b1_range, train, pulses) for tissue in (sought, known)]
        return cls(signals[0], signals[1], sought.t2_range_ms, b1_range)

    def find_b1(
        self,
        echoes: Tensor,
        noise_sd: Tensor,
        voxels: NDArray[np.bool_],
        spacing_mm: tuple[float, float, float],
        progress: Progress = silent,
    ) -> tuple[Tensor, Tensor]:
        """(N,) B1, and (N,) log T2 to start a fit with, of amplitudes (N, echoes) as averaged around each voxel.

        A B1 too high is told from one too low by little: many voxels vote on that, and fewer around each refine it.

        Args:
            echoes: (N, echoes).
            noise_sd: (N, 1).
            voxels: (slices, rows, columns), where the N voxels are.
            spacing_mm: Between columns, rows and slices.
            progress: Told how far it is, and may stop it.
        """
        progress(0.0, "Finding B1")
        low, high = self.b1_range
        grid = torch.linspace(low, high, 1 + round((high - low) / _B1_STEP))
        log_t2 = torch.linspace(log(self.t2_range_ms[0]), log(self.t2_range_ms[1]), _T2_COUNT)
        dictionary = EchoDictionary.of(self.sought, self.known, grid, log_t2)
        votes, likely_t2 = dictionary.votes(echoes)
        votes = Neighbourhood(voxels, spacing_mm, B1_VOTING_MM).sums(votes)
        b1 = lowest(votes, grid)
        start = dictionary.log_t2[likely_t2.gather(1, votes.argmin(1)[:, None])[:, 0]]
        near = Neighbourhood(voxels, spacing_mm, B1_SMOOTHING_MM)
        for step in range(_B1_STEPS):
            progress((1 + step) / (1 + _B1_STEPS), "Finding B1")
            b1 = self._nearer_b1(echoes, b1, start, noise_sd, near)
        return b1, start

    def fit(
        self, echoes: Tensor, b1: Tensor, log_t2: Tensor, noise_sd: Tensor, progress: Progress = silent
    ) -> FittedTissues:
        """Magnitudes (N, echoes) at their B1, from log T2 to start with; noise (N, 1)."""
        blocks = []
        for first in range(0, len(echoes), _BLOCK):
            progress(first / len(echoes), "Fitting T2")
            block = slice(first, first + _BLOCK)
            blocks.append(self._fit(echoes[block], b1[block], log_t2[block], noise_sd[block]))
        return FittedTissues(*torch.cat(blocks, 1)) if blocks else FittedTissues(*torch.zeros(5, 0))

    def _fit(self, echoes: Tensor, b1: Tensor, log_t2: Tensor, noise_sd: Tensor) -> Tensor:
        """(5, N) in the order of :class:`FittedTissues`."""
        scale = echoes.amax(1, keepdim=True)
        echoes, noise_sd = echoes / scale, noise_sd / scale
        model = self._at(b1)
        found = model.fit(echoes, log_t2, noise_sd)
        fitted = rician_mean(model(found)[0], noise_sd)
        error = (echoes - fitted).square().mean(1).sqrt() / fitted.amax(1)
        log_t2, sought, known = found.unbind(1)
        bias, uncertainty = model.t2_bias_and_uncertainty(found, noise_sd)
        lowest_log, highest_log = (bound[0] for bound in model.bounds)
        t2 = (log_t2.exp() * (1 - bias)).where((log_t2 > lowest_log) & (log_t2 < highest_log), torch.nan)
        return torch.stack([t2, uncertainty, sought, known, error])

    def _at(self, b1: Tensor) -> _Mixture:
        """The model of voxels at their B1."""
        low, high = (
            torch.tensor([log(t2), *2 * [amount]]) for t2, amount in zip(self.t2_range_ms, _AMOUNTS, strict=True)
        )
        return _Mixture(self.sought.at(b1), self.known.at(b1)(torch.zeros_like(b1)), (low, high))

    def _nearer_b1(self, echoes: Tensor, b1: Tensor, log_t2: Tensor, noise_sd: Tensor, near: Neighbourhood) -> Tensor:
        """(N,) B1 after a step of least squares that neighbours take together.

        What a step of B1 would change and T2 and the amounts could not make up for is compared with what their fit
        leaves. What the curvature of the model leaves on average is taken out, or else the noise of every voxel would
        draw B1 the same way, however many there are. A part of the voxels is enough.
        """
        some = torch.arange(0, len(echoes), max(1, len(echoes) // _B1_VOXELS))
        told, wanted = [], []
        for block in some.split(_BLOCK):
            scale = echoes[block].amax(1, keepdim=True)
            amplitudes, noise = echoes[block] / scale, noise_sd[block] / scale
            model = self._at(b1[block])
            found = model.fit(amplitudes, log_t2[block], torch.zeros_like(noise))
            fitted, slopes = model(found)
            left = amplitudes - fitted
            inverse = torch.linalg.inv(slopes.mT @ slopes)
            further, nearer = (self._at(b1[block] + step)(found)[0] for step in (_STEP, -_STEP))
            change = (further - nearer) / (2 * _STEP)
            change = change - (slopes @ _solution(inverse, slopes, change)[:, :, None])[:, :, 0]
            unexplained = left + model.curved(found, slopes, inverse, noise) / 2
            certainty = 1 / torch.maximum(left.square().mean(1), noise[:, 0].square()).clamp(min=1e-8)
            sums = torch.stack([(change * unexplained).sum(1), change.square().sum(1)], 1) * certainty[:, None]
            low, high = model.bounds
            usable = ((found > low) & (found < high)).all(1) & sums.isfinite().all(1)
            told.append(block[usable])
            wanted.append(sums[usable])
        gain, certainty = near.sums(torch.cat(wanted), torch.cat(told)).unbind(1)
        step = gain / (certainty + 1 / _MOST_B1_STEP**2)
        moved = b1 + step.clamp(-_MOST_B1_STEP, _MOST_B1_STEP)
        return moved.clamp(self.b1_range[0] + _STEP, self.b1_range[1] - _STEP)


@dataclass(frozen=True)
class _Mixture:
    """Voxels of both tissues at known B1; the parameters are log T2 (ms) of the sought one, and both amounts."""

    sought: DecayCurves
    known: Tensor
    bounds: tuple[Tensor, Tensor]

    def __call__(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        log_t2, sought, known = parameters.unbind(1)
        echoes, slopes = self.sought.with_slope(log_t2)
        signals = sought[:, None] * echoes + known[:, None] * self.known
        return signals, torch.stack([sought[:, None] * slopes, echoes, self.known], 2)

    def fit(self, echoes: Tensor, log_t2: Tensor, noise_sd: Tensor) -> Tensor:
        """(N, 3) parameters of magnitudes relative to their strongest echo, (N, echoes), from T2 to start with."""
        pair = torch.stack([self.sought(log_t2), self.known], 2)
        amounts = torch.linalg.solve(pair.mT @ pair, (pair.mT @ echoes[:, :, None])[:, :, 0])
        start = torch.cat([log_t2[:, None], amounts], 1).clamp(*self.bounds)
        return fit_magnitudes(self, echoes, start, self.bounds, noise_sd)

    def t2_bias_and_uncertainty(self, parameters: Tensor, noise_sd: Tensor) -> tuple[Tensor, Tensor]:
        """(N,) how much too long T2 comes out on average, and (N,) its standard error, both as parts of T2.

        The bias is there because echoes are curved in T2. To second order in the noise, (N, 1): Box 1971 (J R Stat Soc
        B 33:171), with T2 the exponential of what is fitted. Noise scatters T2 further up than down, which would stay
        in the mean over a muscle.
        """
        _, slopes = self(parameters)
        inverse = torch.linalg.inv(slopes.mT @ slopes)
        curved = self.curved(parameters, slopes, inverse, noise_sd)
        of_logarithm = -_solution(inverse, slopes, curved)[:, 0] / 2
        variance = noise_sd[:, 0].square() * inverse[:, 0, 0]
        bias = (of_logarithm + variance / 2).clamp(-_MOST_BIAS, _MOST_BIAS)
        return bias, variance.clamp(min=0).sqrt().nan_to_num(_NOTHING_TOLD).clamp(max=_NOTHING_TOLD)

    def curved(self, parameters: Tensor, slopes: Tensor, inverse: Tensor, noise_sd: Tensor) -> Tensor:
        """(N, echoes) twice how far the scatter of the parameters shifts the mean of the model, by its curvature."""
        log_t2, sought, _ = parameters.unbind(1)
        further, nearer = (self.sought.with_slope(log_t2 + step)[1] for step in (_STEP, -_STEP))
        covariance = noise_sd[:, :, None].square() * inverse
        by_t2 = covariance[:, :1, 0] * sought[:, None] * (further - nearer) / (2 * _STEP)
        return by_t2 + 2 * covariance[:, :1, 1] * slopes[:, :, 0] / sought[:, None]

    def at(self, voxels: Tensor) -> Self:
        return type(self)(self.sought.of(voxels), self.known[voxels], self.bounds)


def _solution(inverse: Tensor, slopes: Tensor, change: Tensor) -> Tensor:
    """(N, 3) changes of the parameters that come nearest to a change of the echoes, (N, echoes)."""
    return (inverse @ (slopes.mT @ change[:, :, None]))[:, :, 0]
