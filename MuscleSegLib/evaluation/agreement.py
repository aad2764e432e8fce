"""How well two measurements of the same things agree: test and retest, or two methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from MuscleSegLib.errors import InputError
from MuscleSegLib.evaluation.intraclass_correlation import Correlation, icc_2_1, icc_3_1

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: Differences of a normal distribution lie within this many standard deviations in 95 %.
_Z95 = float(stats.norm.ppf(0.975))
#: Of fewer pairs of measurements, agreement cannot be told.
LEAST_PAIRS = 3


@dataclass(frozen=True)
class Agreement:
    """Agreement of pairs of measurements, in the unit of the measure where nothing else is said.

    Attributes:
        pairs: How many there are.
        mean: Of all measurements.
        bias: Mean of second minus first; ``bias_low`` and ``bias_high`` are its 95 % confidence interval.
        sd: Standard deviation of the differences.
        lower_limit, upper_limit: 95 % limits of agreement, bias ± 1.96 SD (Bland & Altman, Lancet 327:307, 1986).
        limits_margin: Half the width of the 95 % confidence interval of either limit (Bland & Altman, Stat Methods Med
            Res 8:135, 1999).
        icc_2_1, icc_3_1: Intraclass correlations with their 95 % confidence intervals.
        cv_percent: Coefficient of variation within pairs, root mean square (Glüer et al., Osteoporos Int 5:262, 1995);
            NaN where a pair's mean is not positive.
        smallest_detectable_change: 1.96 · √2 · standard error of measurement, which is 1.96 SD of the differences: what
            a single change must exceed to be more than the error (de Vet et al., J Clin Epidemiol 59:1033, 2006).
    """

    pairs: int
    mean: float
    bias: float
    bias_low: float
    bias_high: float
    sd: float
    lower_limit: float
    upper_limit: float
    limits_margin: float
    icc_2_1: Correlation
    icc_3_1: Correlation
    cv_percent: float
    smallest_detectable_change: float


def agreement(first: ArrayLike, second: ArrayLike) -> Agreement:
    """Compare pairs of measurements.

    Args:
        first: Measurements, one of each thing.
        second: The other measurement of each, in the same order. Pairs of which one is NaN are left out.

    Raises:
        InputError: They are not pairs, or fewer than three of them have both.
    """
    one, other = np.asarray(first, float).ravel(), np.asarray(second, float).ravel()
    if one.shape != other.shape:
        raise InputError(
            f"{one.size} measurements cannot be compared with {other.size}: each needs its repetition, in the same "
            "order."
        )
    both = np.isfinite(one) & np.isfinite(other)
    ratings = np.stack([one[both], other[both]], axis=1)
    n = len(ratings)
    if n < LEAST_PAIRS:
        raise InputError(f"Agreement cannot be told from {n} pairs of measurements. Give {LEAST_PAIRS} or more.")
    differences = ratings[:, 1] - ratings[:, 0]
    bias, sd = float(differences.mean()), float(differences.std(ddof=1))
    t = float(stats.t.ppf(0.975, n - 1))
    margin = t * sd / np.sqrt(n)
    means = ratings.mean(1)
    cv = 100 * np.sqrt(np.mean(np.square(differences) / 2 / np.square(means))) if (means > 0).all() else np.nan
    return Agreement(
        pairs=n,
        mean=float(ratings.mean()),
        bias=bias,
        bias_low=bias - margin,
        bias_high=bias + margin,
        sd=sd,
        lower_limit=bias - _Z95 * sd,
        upper_limit=bias + _Z95 * sd,
        limits_margin=t * sd * float(np.sqrt(1 / n + _Z95**2 / (2 * (n - 1)))),
        icc_2_1=icc_2_1(ratings),
        icc_3_1=icc_3_1(ratings),
        cv_percent=float(cv),
        smallest_detectable_change=_Z95 * sd,
    )
