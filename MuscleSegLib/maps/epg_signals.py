"""The signal of a tissue in a multi-echo spin-echo train, for many voxels at once.

Extended phase graphs, summed over the slice, take too long to run for every voxel and step of a fit. The echoes are
smooth functions of T2 and B1, so they are run once at Chebyshev nodes, and interpolated by polynomials.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, log, pi

import torch
from numpy.polynomial.chebyshev import chebpts1
from torch import Tensor

from MuscleSegLib.maps.epg import cpmg_echoes
from MuscleSegLib.maps.slice_profile import SelectivePulses, slice_profile

#: Degree of the polynomials in log T2, and how much higher than the echoes' own theirs is in B1. How little they are
#: off is tested.
_T2_DEGREE, _B1_DEGREE_BEYOND = 12, 8


@dataclass(frozen=True)
class EchoTrain:
    """Echoes of a train of equally spaced refocusing pulses.

    Attributes:
        spacing_ms: From echo to echo, and twice from the excitation to the first refocusing pulse.
        numbers: Which echoes of the train there are, from 1, ascending; some may be missing.
    """

    spacing_ms: float
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Tissue:
    """Relaxation of a tissue.

    Attributes:
        t1_ms: T1, ms, which hardly matters.
        t2_range_ms: From the lowest to the highest T2, ms; twice the same for a tissue of known T2.
    """

    t1_ms: float
    t2_range_ms: tuple[float, float]


def exact_signals(t1_ms: float, t2_ms: Tensor, b1: Tensor, train: EchoTrain, pulses: SelectivePulses | None) -> Tensor:
    """Echoes by extended phase graphs, without interpolation.

    Args:
        t1_ms: T1, ms.
        t2_ms, b1: T2 in ms and relative transmit field, float64, of shapes that broadcast.
        train: Which echoes.
        pulses: The pulses; None for ones that act alike on the whole slice.

    Returns:
        (..., echoes) relative to the magnetisation that perfect pulses would excite at a B1 of 1: 1 at no echo time.
    """
    profile, nominal = slice_profile(b1, pulses), slice_profile(torch.ones((), dtype=b1.dtype), pulses)
    echoes = cpmg_echoes(
        profile.transverse,
        profile.refocusing_rad,
        torch.tensor(t1_ms, dtype=b1.dtype),
        t2_ms[..., None],
        spacing_ms=train.spacing_ms,
        echoes=max(train.numbers),
    )
    wanted = echoes[..., torch.tensor(train.numbers) - 1]
    return (wanted * profile.weights[:, None]).sum(-2) / (nominal.transverse * profile.weights).sum()


class EchoSignals:
    """Echoes of one tissue as polynomials in log T2 and B1."""

    def __init__(
        self, tissue: Tissue, b1_range: tuple[float, float], train: EchoTrain, pulses: SelectivePulses | None
    ) -> None:
        low, high = (log(t2) for t2 in tissue.t2_range_ms)
        self._log_t2 = _Interval((low + high) / 2, (high - low) / 2 or 1.0, _T2_DEGREE if high > low else 0)
        # Echo n is a trigonometric polynomial of degree n in the refocusing angle.
        half_b1 = (b1_range[1] - b1_range[0]) / 2
        b1_degree = ceil(pi * half_b1 * max(train.numbers)) + _B1_DEGREE_BEYOND
        self._b1 = _Interval(sum(b1_range) / 2, half_b1, b1_degree)
        t2, b1 = torch.exp(self._log_t2.nodes()), self._b1.nodes()
        values = exact_signals(tissue.t1_ms, t2[:, None], b1, train, pulses)
        by_t2 = torch.linalg.solve(self._log_t2.terms(self._log_t2.nodes()), values.flatten(1))
        by_b1 = by_t2.reshape(values.shape).transpose(0, 1).flatten(1)
        #: (B1 terms, T2 terms x echoes)
        self._coefficients = torch.linalg.solve(self._b1.terms(b1), by_b1).float()

    def at(self, b1: Tensor) -> DecayCurves:
        """The echoes of voxels at their B1, (N,), still to be told their T2."""
        coefficients = self._b1.terms(b1) @ self._coefficients
        return DecayCurves(coefficients.unflatten(1, (self._log_t2.degree + 1, -1)), self._log_t2)


@dataclass(frozen=True)
class DecayCurves:
    """Echoes of voxels as functions of T2: coefficients (N, terms, echoes) of polynomials in log T2."""

    coefficients: Tensor
    log_t2: _Interval

    def __call__(self, log_t2: Tensor) -> Tensor:
        """(N, echoes) signals at the logarithm of T2 in ms, (N,)."""
        return torch.bmm(self.log_t2.terms(log_t2)[:, None], self.coefficients)[:, 0]

    def of(self, voxels: Tensor) -> DecayCurves:
        """The curves of some of the voxels."""
        return replace(self, coefficients=self.coefficients[voxels])

    def with_slope(self, log_t2: Tensor) -> tuple[Tensor, Tensor]:
        """(N, echoes) signals, and their derivatives by the logarithm of T2."""
        terms = torch.stack([self.log_t2.terms(log_t2), self.log_t2.slopes(log_t2)], 1)
        signals, slopes = torch.bmm(terms, self.coefficients).unbind(1)
        return signals, slopes


@dataclass(frozen=True)
class _Interval:
    """Where polynomials of a degree stand for a function: an interval by its middle and half its length."""

    middle: float
    half: float
    degree: int

    def nodes(self) -> Tensor:
        """(degree + 1,) where to evaluate the function, float64."""
        return self.middle + self.half * torch.from_numpy(chebpts1(self.degree + 1))

    def terms(self, at: Tensor) -> Tensor:
        """(N, degree + 1) Chebyshev polynomials of the first kind."""
        x = (at - self.middle) / self.half
        return _recurrence(torch.ones_like(x), x, x, self.degree)

    def slopes(self, at: Tensor) -> Tensor:
        """(N, degree + 1) derivatives of :meth:`terms`: n times the polynomials of the second kind of degree n − 1."""
        x = (at - self.middle) / self.half
        second = _recurrence(torch.ones_like(x), 2 * x, x, self.degree)[:, :-1]
        order = torch.arange(1, self.degree + 1, dtype=x.dtype)
        return torch.cat([torch.zeros_like(x)[:, None], second * order], 1) / self.half


def _recurrence(zeroth: Tensor, first: Tensor, x: Tensor, degree: int) -> Tensor:
    """(N, degree + 1) Chebyshev polynomials from the two of the lowest degrees."""
    terms = [zeroth, first]
    for _ in range(degree - 1):
        terms.append(2 * x * terms[-1] - terms[-2])
    return torch.stack(terms[: degree + 1], 1)
