"""Volume, areas, length and position of muscles, wherever and however the label map is stored."""

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleSegLib.biomarkers import measure
from MuscleSegLib.errors import InputError
from Testing.biomarkers.conftest import OWN, RF, SA, VL, labelled, row_of

ORIENTATIONS = st.sampled_from(["LPS", "RAS", "SRP", "AIL", "PSR", "IRA", "LAI"])
ANGLES = st.tuples(*[st.floats(-0.4, 0.4)] * 3)


def test_a_box_has_the_size_of_a_box(boxes):
    row = row_of(measure(boxes), "vastus lateralis")

    assert row["volume_cm3"] == pytest.approx(4 * 4 * 4 * 5 / 1000)
    assert row["largest_area_mm2"] == row["mean_area_mm2"] == pytest.approx(16)
    assert row["length_mm"] == pytest.approx(4 * 5)
    assert not row["cut_by_field_of_view"]


def test_mean_area_is_of_the_slices_in_which_the_muscle_is():
    values = np.zeros((5, 6, 6))
    values[0, :2, :2], values[3, :4, :4] = VL.value, VL.value

    row = row_of(measure(labelled(values)), "vastus lateralis")

    assert row["largest_area_mm2"] == 16 and row["mean_area_mm2"] == pytest.approx((4 + 16) / 2)
    assert row["length_mm"] == pytest.approx(4 * 5)


def test_a_group_is_the_sum_of_its_muscles(boxes):
    measured = measure(boxes)

    row = row_of(measured, "quadriceps", kind="group")
    assert row["members"] == "VL, RF"
    assert row["volume_cm3"] == pytest.approx((4 * 16 + 3 * 12) * 5 / 1000)
    assert row["largest_area_mm2"] == pytest.approx(16 + 12)
    assert row["length_mm"] == pytest.approx(20)


def test_a_group_of_one_muscle_is_not_listed(boxes):
    groups = measure(boxes).muscles.query("kind == 'group'")

    assert list(zip(groups["name"], groups["side"], strict=True)) == [("quadriceps", "right")]


def test_rows_are_in_the_order_of_the_label_map_groups_last(boxes):
    measured = measure(boxes)

    assert list(measured.muscles["name"]) == [
        "vastus lateralis",
        "rectus femoris",
        "sartorius",
        "vastus lateralis",
        "oedema",
        "quadriceps",
    ]
    assert list(measured.muscles["side"]) == ["right", "right", "right", "left", "", "right"]


def test_a_label_without_voxels_is_not_listed(boxes):
    without = labelled(np.where(sitk.GetArrayFromImage(boxes.image) == SA.value, 0, 1))

    assert "sartorius" not in set(measure(without).muscles["name"])


@settings(max_examples=25, deadline=None)
@given(orientation=ORIENTATIONS, rotation=ANGLES)
def test_measures_do_not_depend_on_how_the_label_map_is_stored(orientation, rotation):
    random = np.random.default_rng(1)
    values = np.zeros((6, 9, 10))
    values[1:5, 1:8, 1:9] = random.choice([0, VL.value, RF.value, SA.value], (4, 7, 8))
    volume = labelled(values, spacing=(0.8, 1.1, 6.5), origin=(12.0, -40.0, 300.0), rotation=rotation)
    stored = labelled(values, spacing=(0.8, 1.1, 6.5), origin=(12.0, -40.0, 300.0), rotation=rotation)
    stored = type(stored)(sitk.DICOMOrient(volume.image, orientation), volume.labels)

    one, other = measure(volume), measure(stored)

    for column in one.muscles.columns:
        if one.muscles[column].dtype == float:
            np.testing.assert_allclose(one.muscles[column], other.muscles[column], rtol=1e-9)
        else:
            assert list(one.muscles[column]) == list(other.muscles[column])
    np.testing.assert_allclose(one.profile["position_mm"], other.profile["position_mm"], atol=1e-6)
    np.testing.assert_allclose(one.profile["area_mm2"], other.profile["area_mm2"], rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(
    shape=st.tuples(*[st.integers(3, 7)] * 3),
    spacing=st.tuples(*[st.floats(0.5, 8)] * 3),
    seed=st.integers(0, 1000),
)
def test_volumes_are_those_of_simpleitk(shape, spacing, seed):
    values = np.random.default_rng(seed).choice([VL.value, RF.value, SA.value], shape)
    values.flat[:3] = VL.value, RF.value, SA.value
    volume = labelled(values, spacing=spacing)
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.Execute(volume.image)

    measured = measure(volume)

    for label in (VL, RF, SA):
        expected = shapes.GetPhysicalSize(label.value) / 1000
        assert row_of(measured, label.name)["volume_cm3"] == pytest.approx(expected)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("end", [0, -1])
def test_a_muscle_at_a_border_of_the_image_is_cut(axis, end):
    values = np.zeros((5, 5, 5))
    values[2, 2, 2] = VL.value
    place = [2, 2, 2]
    place[axis] = end
    values[tuple(place)] = VL.value
    values[3, 3, 3] = SA.value

    measured = measure(labelled(values))

    assert row_of(measured, "vastus lateralis")["cut_by_field_of_view"]
    assert not row_of(measured, "sartorius")["cut_by_field_of_view"]
    assert any("vastus lateralis right" in warning and "field of view" in warning for warning in measured.warnings)


def test_that_all_muscles_are_cut_is_said_at_once():
    values = np.zeros((4, 4, 4))
    values[0, 1, 1], values[0, 2, 2] = VL.value, SA.value

    assert measure(labelled(values)).warnings == (
        "All muscles are cut by the field of view, so that there is more of each than was measured.",
    )


def test_a_group_with_a_cut_muscle_is_cut():
    values = np.zeros((4, 4, 4))
    values[0, 1, 1], values[1, 2, 2] = VL.value, RF.value

    assert row_of(measure(labelled(values)), "quadriceps", kind="group")["cut_by_field_of_view"]


def test_positions_are_superior_coordinates_of_axial_slices(boxes):
    moved = type(boxes)(sitk.Image(boxes.image), boxes.labels)
    moved.image.SetOrigin((5.0, 6.0, -100.0))

    profile = measure(moved).profile.query("name == 'sartorius'")

    assert list(profile["slice"]) == [2, 3]
    np.testing.assert_allclose(profile["position_mm"], [-90, -85])
    np.testing.assert_allclose(profile["area_mm2"], 12)


def test_two_segments_of_one_name_are_refused():
    labels = (VL, type(VL)(9, "vastus lateralis", "VL", "right", (0, 0, 0), "quadriceps"))

    with pytest.raises(InputError, match="2 segments are called vastus lateralis right"):
        measure(labelled(np.array([[[1, 9]]]), labels))


def test_an_empty_label_map_is_refused():
    with pytest.raises(InputError, match="label map is empty"):
        measure(labelled(np.zeros((2, 2, 2))))


def test_a_label_of_the_users_own_is_measured_by_its_name(boxes):
    row = row_of(measure(boxes), OWN.name, side="")

    assert row["abbreviation"] == "" and row["volume_cm3"] == pytest.approx(4 * 5 / 1000)
