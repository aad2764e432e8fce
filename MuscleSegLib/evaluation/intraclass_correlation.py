"""How much of the variance of measures is between subjects: the intraclass correlation coefficient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NAN = float("nan")
#: Relative to the largest rating: what sums of floating-point numbers differ by.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Correlation:
    """A coefficient with its confidence interval; NaN where the data do not tell."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class _MeanSquares:
    """Of a two-way analysis of variance without replication: subjects, measurements, and what is left."""

    subjects: float
    measurements: float
    error: float


def icc_2_1(ratings: NDArray[np.float64], confidence: float = 0.95) -> Correlation:
    """Absolute agreement of single measurements, two-way random effects: ICC(2,1).

    Shrout & Fleiss, Psychol Bull 86:420 (1979), there called ICC(2,1); McGraw & Wong, Psychol Methods 1:30 (1996),
    there ICC(A,1), for the confidence interval.

    Args:
        ratings: (subjects, measurements), at least two of each, without NaN.
        confidence: Of the interval.
    """
    squares = _mean_squares(ratings)
    n, k = ratings.shape
    spread = squares.subjects + (k - 1) * squares.error + k * (squares.measurements - squares.error) / n
    if spread <= 0 or n < 2:
        return Correlation(_NAN, _NAN, _NAN)
    value = (squares.subjects - squares.error) / spread
    if value >= 1:
        return Correlation(1.0, 1.0, 1.0)
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    of_measurements, of_error = a * squares.measurements, b * squares.error
    if of_measurements + of_error == 0:
        return Correlation(value, _NAN, _NAN)
    freedom = (of_measurements + of_error) ** 2 / (of_measurements**2 / (k - 1) + of_error**2 / ((n - 1) * (k - 1)))
    tail = (1 + confidence) / 2
    rest = k * squares.measurements + (k * n - k - n) * squares.error
    lower, upper = stats.f.ppf(tail, n - 1, freedom), stats.f.ppf(tail, freedom, n - 1)
    low = n * (squares.subjects - lower * squares.error) / (lower * rest + n * squares.subjects)
    high = n * (upper * squares.subjects - squares.error) / (rest + n * upper * squares.subjects)
    return Correlation(value, float(low), float(high))


def icc_3_1(ratings: NDArray[np.float64], confidence: float = 0.95) -> Correlation:
    """Consistency of single measurements, two-way mixed effects: ICC(3,1) of Shrout & Fleiss (1979).

    A constant difference between the measurements does not lower it.

    Args:
        ratings: (subjects, measurements), at least two of each, without NaN.
        confidence: Of the interval.
    """
    squares = _mean_squares(ratings)
    n, k = ratings.shape
    spread = squares.subjects + (k - 1) * squares.error
    if spread <= 0 or n < 2:
        return Correlation(_NAN, _NAN, _NAN)
    value = (squares.subjects - squares.error) / spread
    if value >= 1:
        return Correlation(1.0, 1.0, 1.0)
    tail, freedom = (1 + confidence) / 2, (n - 1) * (k - 1)
    ratio = squares.subjects / squares.error
    lower = ratio / stats.f.ppf(tail, n - 1, freedom)
    upper = ratio * stats.f.ppf(tail, freedom, n - 1)
    return Correlation(value, float((lower - 1) / (lower + k - 1)), float((upper - 1) / (upper + k - 1)))


def _mean_squares(ratings: NDArray[np.float64]) -> _MeanSquares:
    """Mean squares; 0 for what is no more than the rounding of the ratings."""
    n, k = ratings.shape
    mean = ratings.mean()
    subjects, measurements = ratings.mean(1), ratings.mean(0)
    left = ratings - subjects[:, None] - measurements + mean
    rounding = (_ROUNDING * np.abs(ratings).max()) ** 2

    def mean_square(deviations: NDArray[np.float64], times: int, freedom: int) -> float:
        found = float(times * np.square(deviations).sum() / max(freedom, 1))
        return found if found > rounding else 0.0

    return _MeanSquares(
        subjects=mean_square(subjects - mean, k, n - 1),
        measurements=mean_square(measurements - mean, n, k - 1),
        error=mean_square(left, 1, (n - 1) * (k - 1)),
    )
