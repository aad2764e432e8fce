from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

import MuscleSegLib.evaluation.propagation as propagation
import MuscleSegLib.evaluation.subjects as subjects
from MuscleSegLib.errors import ConfigError
from MuscleSegLib.evaluation.propagation import (
    Case,
    annotate,
    cases,
    curve,
    every_fifth,
    score_key_slices,
    three_in_twenty,
    where_it_ends,
    with_all_held_out,
)
from Testing.evaluation.conftest import CONFIG
from Testing.propagation.limbs import changed, limb
from Testing.segmentation.stand_in_models import StandInModels
from Testing.simulation.label_maps import THIGH, write_body


@pytest.fixture(scope="module")
def case() -> Case:
    """A limb whose network shifts everything by two pixels, along the rows, in the upper half."""
    image, truth = limb(11)
    found = changed(truth, lambda array: array[5:].__setitem__(slice(None), np.roll(array[5:], 2, axis=1)))
    return Case("limb", image, truth, found, np.ones(truth.GetSize()[::-1], bool))


@pytest.mark.parametrize(("count", "fifth", "three"), [(20, [2, 7, 12, 17], 3), (22, [2, 7, 12, 17], 3), (2, [1], 1)])
def test_schemes_of_key_slices(count, fifth, three):
    assert every_fifth(count) == fifth or every_fifth(count)[:4] == fifth
    keys = three_in_twenty(count)
    assert len(keys) == three and min(keys) >= 0 and max(keys) < count


def test_key_slices_are_scored_on_the_other_slices(case):
    scores = score_key_slices(case).set_index(["scheme", "source"])
    assert len(scores) == 6
    drawn, network, both = (scores.loc[("every fifth", source), "dsc"] for source in ("drawn", "network", "both"))
    assert 0.5 < network < 0.95 and drawn > 0.9
    assert both > network
    assert scores["confidence"].notna().sum() == 4


def test_without_a_network_what_is_drawn_is_scored_alone(case):
    scores = score_key_slices(replace(case, found=None))
    assert set(scores["source"]) == {"drawn"}
    assert (scores["dsc"] > 0.85).all()


def test_a_reader_leaves_what_the_network_found_where_the_truth_is_not_known(case):
    known = case.known.copy()
    known[5:, :, 40:] = False
    drawn, truth, found = replace(case, known=known).drawn(), *map(sitk.GetArrayFromImage, (case.truth, case.found))
    assert (truth != found)[~known].any()
    np.testing.assert_array_equal(drawn[known], truth[known])
    np.testing.assert_array_equal(drawn[~known], found[~known])


def test_an_annotator_gets_content_with_fewer_slices_when_corrections_spread(case):
    spread, alone = annotate(case, "suggested"), annotate(case, "worst", spread=False)
    for course in (spread, alone):
        assert (course["corrected"] == np.arange(len(course))).all()
        assert (course["clicks"].diff().dropna() >= 0).all()
        assert course["dsc"].iloc[-1] >= propagation.CONTENT
        assert (course["dsc"].iloc[:-1] < propagation.CONTENT).all()
    assert len(spread) < len(alone)
    ends = where_it_ends([spread, alone])
    assert ends.loc[(True, True, "suggested"), "corrected"] == len(spread) - 1
    assert ends["content"].tolist() == [1.0, 1.0]


def test_the_curve_goes_on_for_those_who_are_content(case):
    course = annotate(case, "suggested", network=False)
    values = curve([course]).loc[(False, True, "suggested")]
    assert list(values.index) == list(range(propagation.MOST_CORRECTED + 1))
    assert values.iloc[0] == 0.0
    assert values.iloc[-1] == course["dsc"].iloc[-1]


def test_bodies_left_out_are_simulated_and_segmented(tmp_path, monkeypatch):
    monkeypatch.setattr(subjects, "SPACING_MM", 3.0)
    monkeypatch.setattr(subjects, "WIDTH", 64)
    for name in "AB":
        write_body(tmp_path / "limbs", name, [THIGH], slices=6)
    (made,) = cases(StandInModels(), CONFIG, tmp_path)
    assert made.body == "B"
    assert made.image.GetSize() == made.truth.GetSize() == made.found.GetSize() == (128, 64, 6)
    assert len(np.unique(sitk.GetArrayViewFromImage(made.truth))) > 8
    assert {own.body for own in cases(None, with_all_held_out(CONFIG), tmp_path)} == {"A", "B"}
    (thinned,) = cases(None, CONFIG, tmp_path, slice_mm=7.0)
    assert (thinned.image.GetSpacing()[2], thinned.image.GetDepth()) == (8.0, 3)
    with pytest.raises(ConfigError, match="above 0"):
        next(cases(None, CONFIG, tmp_path, slice_mm=0.0))
    one_limb = replace(CONFIG, sources=(replace(CONFIG.sources[0], held_out=("B_Left",)),))
    with pytest.raises(ConfigError, match="no body out with both its limbs"):
        next(cases(StandInModels(), one_limb, tmp_path))
