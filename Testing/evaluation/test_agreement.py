"""Agreement statistics against published worked examples and against what their definitions ask for."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleSegLib.errors import InputError
from MuscleSegLib.evaluation.agreement import agreement
from MuscleSegLib.evaluation.intraclass_correlation import icc_2_1, icc_3_1

#: Six targets rated by four judges, Shrout & Fleiss (1979), Table 2.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
#: Peak expiratory flow (l/min) of 17 people by the large Wright meter and by the mini one, Bland & Altman (1986).
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def test_icc_of_shrout_and_fleiss():
    agreeing, consistent = icc_2_1(SHROUT_FLEISS), icc_3_1(SHROUT_FLEISS)

    assert (round(agreeing.value, 2), round(consistent.value, 2)) == (0.29, 0.71)
    assert (round(agreeing.low, 2), round(agreeing.high, 2)) == (0.02, 0.76)
    assert (round(consistent.low, 2), round(consistent.high, 2)) == (0.34, 0.95)


def test_limits_of_agreement_of_bland_and_altman():
    found = agreement(MINI, WRIGHT)

    assert found.pairs == 17
    assert found.bias == pytest.approx(-2.1, abs=0.05)
    assert found.sd == pytest.approx(38.8, abs=0.05)
    # The paper uses 2 SD: -79.7 and 75.5; 95 % lie within 1.96 SD.
    assert found.lower_limit == pytest.approx(-2.1 - 1.96 * 38.8, abs=0.1)
    assert found.upper_limit == pytest.approx(-2.1 + 1.96 * 38.8, abs=0.1)
    assert (found.bias_low, found.bias_high) == pytest.approx((-22.0, 17.8), abs=0.2)


def test_the_smallest_detectable_change_is_half_of_what_the_limits_span():
    found = agreement(MINI, WRIGHT)

    assert found.smallest_detectable_change == pytest.approx((found.upper_limit - found.lower_limit) / 2)


def test_a_constant_difference_lowers_agreement_but_not_consistency():
    first = np.array([1.0, 2, 3, 4, 5])

    found = agreement(first, first + 2)

    assert found.bias == 2 and found.sd == 0
    assert found.icc_3_1.value == 1 and found.icc_2_1.value < 0.6


def test_things_that_do_not_differ_tell_no_interval():
    found = icc_2_1(np.array([[1.0, 2.0]] * 3))

    assert found.value == 0 and math.isnan(found.low) and math.isnan(found.high)


def test_the_same_numbers_agree_entirely():
    found = agreement([3, 5, 7], [3, 5, 7])

    assert (found.bias, found.sd, found.cv_percent) == (0, 0, 0)
    assert found.icc_2_1.value == found.icc_2_1.low == found.icc_3_1.value == 1


@pytest.mark.parametrize("value", [4, 0, 0.1, 1e-3 / 3, 12345.678])
def test_no_difference_between_subjects_tells_no_correlation(value):
    found = agreement([value] * 7, [value] * 7)

    assert math.isnan(found.icc_2_1.value) and math.isnan(found.icc_3_1.value)


def test_the_coefficient_of_variation_is_the_root_mean_square():
    found = agreement([100, 200, 50], [110, 200, 50])

    assert found.cv_percent == pytest.approx(100 * np.sqrt((10**2 / 2 / 105**2) / 3))


def test_there_is_no_coefficient_of_variation_about_zero():
    assert math.isnan(agreement([-1, 2, 3], [1, 2, 3]).cv_percent)


def test_pairs_without_one_of_the_two_are_left_out():
    found = agreement([1, 2, 3, np.nan, 5], [1, 2, 3, 4, np.nan])

    assert found.pairs == 3


def test_too_few_pairs_are_refused():
    with pytest.raises(InputError, match="from 2 pairs"):
        agreement([1, 2, np.nan], [1, 2, 3])


def test_what_are_no_pairs_is_refused():
    with pytest.raises(InputError, match="3 measurements cannot be compared with 2"):
        agreement([1, 2, 3], [1, 2])


@settings(max_examples=30, deadline=None)
@given(shift=st.floats(-50, 50), scale=st.floats(0.1, 10), seed=st.integers(0, 999))
def test_correlations_do_not_depend_on_unit_or_origin(shift, scale, seed):
    random = np.random.default_rng(seed)
    truth = random.normal(0, 3, 12)
    ratings = truth[:, None] + random.normal(0, 1, (12, 2))

    for coefficient in (icc_2_1, icc_3_1):
        one, other = coefficient(ratings), coefficient(ratings * scale + shift)
        assert one.low <= one.value <= one.high
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), abs=1e-6)
