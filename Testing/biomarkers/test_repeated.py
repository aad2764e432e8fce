"""Measuring again gives what measuring anew gives, and goes through what changed alone."""

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleSegLib.biomarkers import map_labels_to_each, measure
from MuscleSegLib.biomarkers.repeated import RepeatedMeasures
from MuscleSegLib.errors import InputError
from Testing.biomarkers.conftest import OWN, RF, SA, VL, VL_LEFT, image_of, labelled, map_like


@pytest.fixture
def maps(ff):
    coarse = image_of(np.zeros((5, 8, 12)), spacing=(1.7, 1.6, 6.0))
    t2 = np.random.default_rng(2).normal(38, 3, (5, 8, 12))
    return [ff, map_like(coarse, t2, "T2")]


def assert_same(one, other):
    pd.testing.assert_frame_equal(one.muscles, other.muscles)
    pd.testing.assert_frame_equal(one.profile, other.profile)
    assert one.about == other.about and set(one.warnings) == set(other.warnings)


def edited(volume, place, value):
    values = sitk.GetArrayFromImage(volume.image)
    values[place] = value
    return labelled(values)


def test_the_first_time_all_is_measured(boxes, maps):
    repeated = RepeatedMeasures(maps, erosion_mm=0.5, pseudonym="P01")

    measured = repeated.measure(boxes)

    assert_same(measured, measure(boxes, map_labels_to_each(boxes, maps), erosion_mm=0.5, pseudonym="P01"))
    assert len(repeated.measured_again) == 5


def test_nothing_is_measured_again_when_nothing_changed(boxes, maps):
    repeated = RepeatedMeasures(maps)
    first = repeated.measure(boxes)

    assert_same(repeated.measure(boxes), first)
    assert repeated.measured_again == ()


def test_a_changed_muscle_and_its_group_are_measured_again(boxes):
    repeated = RepeatedMeasures()
    repeated.measure(boxes)

    repeated.measure(edited(boxes, (2, 8, 5), 0))

    assert set(repeated.measured_again) == {RF.title, VL.title}


def test_a_renamed_segment_is_measured_again(boxes, ff):
    repeated = RepeatedMeasures([ff])
    repeated.measure(boxes)
    renamed = type(boxes)(
        boxes.image,
        (*(label for label in boxes.labels if label != OWN), type(OWN)(OWN.value, "scar", "", "", OWN.color)),
    )

    measured = repeated.measure(renamed)

    assert repeated.measured_again == ("scar",)
    assert "oedema" not in set(measured.muscles["name"])


def test_a_new_number_alone_is_no_change(boxes):
    repeated = RepeatedMeasures()
    repeated.measure(boxes)
    values = sitk.GetArrayFromImage(boxes.image)
    values[values == SA.value] = 77
    labels = tuple(
        type(SA)(77, *[getattr(SA, f) for f in ("name", "abbreviation", "side", "color", "group")])
        if label == SA
        else label
        for label in boxes.labels
    )

    repeated.measure(labelled(values, labels))

    assert repeated.measured_again == ()


def test_after_an_error_all_is_measured(boxes):
    repeated = RepeatedMeasures()
    repeated.measure(boxes)
    with pytest.raises(InputError):
        repeated.measure(labelled(np.zeros((6, 12, 20))))

    assert_same(repeated.measure(boxes), measure(boxes))


@settings(max_examples=15, deadline=None)
@given(
    edits=st.lists(
        st.tuples(
            st.integers(0, 5),
            st.integers(0, 11),
            st.integers(0, 19),
            st.sampled_from([0, VL.value, RF.value, SA.value, VL_LEFT.value, OWN.value]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_however_it_is_edited_the_numbers_are_those_of_measuring_anew(edits):
    values = np.zeros((6, 12, 20))
    values[1:5, 2:6, 2:6], values[1:4, 6:9, 2:6], values[2:4, 2:8, 7:9] = VL.value, RF.value, SA.value
    random = np.random.default_rng(2)
    fat = map_like(image_of(values), random.normal(10, 3, (6, 12, 20)))
    t2 = map_like(image_of(np.zeros((5, 8, 12)), spacing=(1.7, 1.6, 6.0)), random.normal(38, 3, (5, 8, 12)), "T2")
    repeated = RepeatedMeasures([fat, t2], erosion_mm=0.5)
    repeated.measure(labelled(values))
    for k, j, i, value in edits:
        values[k, j, i] = value
        volume = labelled(values)
        anew = measure(volume, map_labels_to_each(volume, [fat, t2]), erosion_mm=0.5)
        assert_same(repeated.measure(volume), anew)
