import numpy as np
import pytest

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.regions import mirrored_log_odds, of_either_side, regions_of_slices

THIGH, LEG, OTHER = np.array([0.9, 0.09, 0.01]), np.array([0.05, 0.9, 0.05]), np.array([0.05, 0.05, 0.9])


def answers(*classes):
    return {10 + n: [answer] for n, answer in enumerate(classes)}


def test_the_leg_is_below_the_thigh():
    found = regions_of_slices(answers(*[LEG] * 3, *[THIGH] * 4))
    assert list(found.values()) == ["leg"] * 3 + ["thigh"] * 4


def test_single_wrong_answers_do_not_move_the_border():
    found = regions_of_slices(answers(LEG, LEG, THIGH, LEG, LEG, LEG, THIGH, THIGH, LEG, *[THIGH] * 4))
    assert list(found.values()) == ["leg"] * 6 + ["thigh"] * 7


@pytest.mark.parametrize(("only", "name"), [(THIGH, "thigh"), (LEG, "leg")])
def test_a_volume_of_one_region_has_no_border(only, name):
    assert set(regions_of_slices(answers(*[only] * 6, OTHER)).values()) == {name}


def test_one_overconfident_answer_does_not_outweigh_the_others():
    sure = np.array([1.0, 0.0, 0.0])
    assert set(regions_of_slices(answers(sure, THIGH, *[LEG] * 9)).values()) == {"leg"}


def test_both_limbs_of_a_slice_count():
    unsure = np.array([0.6, 0.4, 0])
    below, above = {k: [LEG, LEG] for k in range(4)}, {k: [THIGH, THIGH] for k in range(5, 9)}
    assert regions_of_slices({**below, 4: [LEG, unsure], **above})[4] == "leg"
    assert regions_of_slices({**below, 4: [unsure, unsure], **above})[4] == "thigh"


@pytest.mark.parametrize(("slices", "end", "name"), [(THIGH, LEG, "thigh"), (LEG, THIGH, "leg")])
def test_one_slice_at_the_end_makes_no_second_region(slices, end, name):
    found = regions_of_slices(
        answers(*([end] if name == "thigh" else []), *[slices] * 5, *([end] if name == "leg" else []))
    )
    assert set(found.values()) == {name}


def of_other(*probabilities):
    return {10 + n: [np.array([0.8 * (1 - p), 0.2 * (1 - p), p])] for n, p in enumerate(probabilities)}


def test_what_lies_beyond_the_limbs_is_neither():
    found = regions_of_slices(of_other(0.99, 0.95, 0.02, 0.3, 0.02, 0.1, 0.1, 0.1, 0.93, 0.97, 0.99))
    assert list(found.values()) == ["other"] * 2 + ["thigh"] * 6 + ["other"] * 3


@pytest.mark.parametrize(
    "probabilities",
    [
        (0.99, 0.1, 0.1, 0.1, 0.1, 0.1, 0.99),
        (0.99, 0.8, 0.1, 0.1, 0.1, 0.1, 0.1, 0.8, 0.99),
        (0.1, 0.1, 0.99, 0.99, 0.1, 0.1, 0.1),
    ],
    ids=["a single slice", "in doubt", "in between"],
)
def test_a_thigh_keeps_slices_that_are_not_surely_something_else_up_to_an_end(probabilities):
    assert set(regions_of_slices(of_other(*probabilities)).values()) == {"thigh"}


def test_a_slice_is_beyond_the_limbs_only_when_all_that_it_shows_is():
    sure, thigh = np.array([0.01, 0.0, 0.99]), np.array([0.9, 0.05, 0.05])
    beside = {k: [sure, thigh] if k < 3 else [thigh, thigh] for k in range(8)}
    assert set(regions_of_slices(beside).values()) == {"thigh"}


def test_mostly_something_else_is_refused_with_the_count():
    with pytest.raises(InputError, match="3 of 5"):
        regions_of_slices(answers(OTHER, OTHER, OTHER, LEG, LEG))


def test_a_mirrored_thigh_is_a_thigh():
    np.testing.assert_allclose(of_either_side(np.array([0.2, 0.1, 0.1, 0.5, 0.1])), [0.7, 0.2, 0.1])


def test_one_slice_that_is_sure_does_not_outweigh_many_that_say_otherwise():
    as_is, mirrored = np.array([0.6, 0.1, 0.1, 0.1, 0.1]), np.array([0.0, 0.0, 0.0, 1.0, 0.0])
    assert mirrored_log_odds([*[as_is] * 9, mirrored]) < 0 < mirrored_log_odds([as_is, *[mirrored] * 9])
