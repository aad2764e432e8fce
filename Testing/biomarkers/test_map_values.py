"""Values of maps in muscles: which voxels they are of, and what they are."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from MuscleSegLib.biomarkers import Exclusion, map_labels, map_labels_to_each, measure
from MuscleSegLib.biomarkers.erosion import inside
from MuscleSegLib.biomarkers.voxels import LabelledVoxels
from MuscleSegLib.errors import InputError
from MuscleSegLib.networks import find_models
from Testing.biomarkers.conftest import RF, SA, VL, image_of, labelled, map_like, row_of


def mask_of(volume, *labels):
    return np.isin(sitk.GetArrayViewFromImage(volume.image), [label.value for label in labels])


def test_statistics_are_those_of_numpy(boxes, ff):
    row = row_of(measure(boxes, [map_labels(boxes, ff)]), "vastus lateralis")

    values = ff.values[mask_of(boxes, VL)].astype(float)
    assert row["ff_mean_percent"] == pytest.approx(values.mean())
    assert row["ff_sd_percent"] == pytest.approx(values.std(ddof=1))
    np.testing.assert_allclose(
        row[["ff_p5_percent", "ff_median_percent", "ff_p95_percent"]].astype(float), np.percentile(values, (5, 50, 95))
    )
    assert row["ff_voxels_used"] == values.size and row["ff_voxels_left_out"] == 0
    assert row["ff_covered_percent"] == 100


def test_a_group_is_measured_over_all_its_voxels(boxes, ff):
    row = row_of(measure(boxes, [map_labels(boxes, ff)]), "quadriceps", kind="group")

    values = ff.values[mask_of(boxes, VL, RF)].astype(float)
    assert row["ff_mean_percent"] == pytest.approx(values.mean())
    assert row["ff_sd_percent"] == pytest.approx(values.std(ddof=1))
    assert row["ff_median_percent"] == pytest.approx(np.median(values))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), shape=st.tuples(*[st.integers(3, 8)] * 3))
def test_statistics_are_those_of_simpleitk(seed, shape):
    random = np.random.default_rng(seed)
    values = random.choice([0, VL.value, RF.value, SA.value], shape)
    values.flat[:6] = [VL.value, VL.value, RF.value, RF.value, SA.value, SA.value]
    volume = labelled(values)
    ff = map_like(volume.image, random.normal(0, 30, shape))
    statistics = sitk.LabelStatisticsImageFilter()
    statistics.Execute(ff.image, volume.image)

    measured = measure(volume, [map_labels(volume, ff)])

    for label in (VL, RF, SA):
        row = row_of(measured, label.name)
        assert row["ff_mean_percent"] == pytest.approx(statistics.GetMean(label.value), abs=1e-6)
        assert row["ff_sd_percent"] == pytest.approx(statistics.GetSigma(label.value), abs=1e-5)
        assert row["ff_voxels_used"] == statistics.GetCount(label.value)


def test_negative_and_zero_values_count(boxes):
    values = np.where(mask_of(boxes, VL), -4.0, 0.0)

    measured = measure(boxes, [map_labels(boxes, map_like(boxes.image, values))])

    row = row_of(measured, "vastus lateralis")
    assert row["ff_mean_percent"] == -4 and row["ff_voxels_used"] == 64
    assert row["fat_volume_cm3"] == 0 and row["lean_volume_cm3"] == row["volume_cm3"]
    assert row_of(measured, "sartorius")["ff_mean_percent"] == 0


def test_voxels_without_a_value_are_left_out_and_counted(boxes):
    values = np.full(boxes.image.GetSize()[::-1], 8.0)
    values[1, 2, 2:5] = np.nan
    values[2, 2, 2] = np.inf

    row = row_of(measure(boxes, [map_labels(boxes, map_like(boxes.image, values))]), "vastus lateralis")

    assert row["ff_mean_percent"] == 8
    assert (row["ff_voxels_used"], row["ff_voxels_left_out"]) == (60, 4)


def test_one_voxel_has_no_standard_deviation():
    volume = labelled(np.array([[[VL.value, 0]]]))

    row = row_of(measure(volume, [map_labels(volume, map_like(volume.image, np.array(7.0)))]), VL.name)

    assert row["ff_mean_percent"] == row["ff_p5_percent"] == row["ff_p95_percent"] == 7
    assert np.isnan(row["ff_sd_percent"])


def test_a_muscle_without_any_value_is_told_of(boxes):
    values = np.where(mask_of(boxes, SA), np.nan, 8.0)

    measured = measure(boxes, [map_labels(boxes, map_like(boxes.image, values))])

    row = row_of(measured, "sartorius")
    assert np.isnan(row["ff_mean_percent"]) and np.isnan(row["lean_volume_cm3"]) and row["g20"] == ""
    assert "No voxel was left to measure FF in: sartorius right." in measured.warnings


@pytest.mark.parametrize(("percent", "doubted"), [(11.0, False), (60.0, False), (89.0, True)])
def test_a_map_of_the_water_fraction_is_doubted(boxes, percent, doubted):
    measured = measure(boxes, [map_labels(boxes, map_like(boxes.image, np.array(percent)))])

    assert any("Does it show fat, or water?" in text for text in measured.warnings) == doubted


def test_fat_and_lean_volume_add_up(boxes):
    measured = measure(boxes, [map_labels(boxes, map_like(boxes.image, np.array(25.0)))]).muscles

    np.testing.assert_allclose(measured["fat_volume_cm3"], 0.25 * measured["volume_cm3"])
    np.testing.assert_allclose(measured["lean_volume_cm3"], 0.75 * measured["volume_cm3"])


@pytest.mark.parametrize(("percent", "expected"), [(19.0, "G20-"), (20.0, "G20-"), (20.5, "G20+")])
def test_above_20_percent_fat_a_muscle_is_g20_plus(boxes, percent, expected):
    measured = measure(boxes, [map_labels(boxes, map_like(boxes.image, np.array(percent)))])

    assert set(measured.muscles["g20"]) == {expected}


@pytest.mark.parametrize("erosion", ["labels eroded by 0 mm", "labels eroded by 2 mm"])
def test_the_error_to_expect_of_g20_plus_is_that_measured_of_the_model_that_found_the_muscles(boxes, erosion):
    card = next(card for card in find_models().cards if card.name == "thigh-hrnet")
    found_by_it = replace(boxes, models=(card.identity,))

    expected = measure(found_by_it).about["g20_expected_error"]

    assert erosion in expected and "simulated patients" in expected and "thigh-hrnet" in expected


def test_of_muscles_that_no_model_of_known_error_found_none_is_expected(boxes):
    assert measure(boxes).about["g20_expected_error"] == "not measured for what made this segmentation"


def test_other_maps_tell_of_no_fat(boxes):
    measured = measure(boxes, [map_labels(boxes, map_like(boxes.image, np.array(38.0), "T2"))])

    assert {"t2_mean_ms", "t2_sd_ms", "t2_voxels_used"} <= set(measured.muscles.columns)
    assert not {"g20", "lean_volume_cm3", "fat_volume_cm3"} & set(measured.muscles.columns)


def test_fit_error_and_vessels_are_left_out(boxes):
    t2 = np.full(boxes.image.GetSize()[::-1], 38.0)
    t2[2, 2, 2] = 180.0
    error = np.ones_like(t2)
    error[2, 3, 2:4] = 15
    error[2, 4, 2] = np.nan
    t2_map, error_map = map_like(boxes.image, t2, "T2"), map_like(boxes.image, error, "T2_FIT_ERROR")
    exclusions = [Exclusion(t2_map, ">", 100.0), Exclusion(error_map, ">", 10.0)]

    measured = measure(boxes, [map_labels(boxes, t2_map, exclusions=exclusions)])

    row = row_of(measured, "vastus lateralis")
    assert row["t2_mean_ms"] == 38 and (row["t2_voxels_used"], row["t2_voxels_left_out"]) == (60, 4)
    assert measured.about["exclusions"] == {"T2": ["T2 > 100 ms", "T2_FIT_ERROR > 10 %"]}


def test_a_map_on_another_grid_cannot_say_what_to_leave_out(boxes, ff):
    other = map_like(image_of(np.zeros((6, 12, 20)), spacing=(1, 1, 4)), np.array(1.0), "T2_FIT_ERROR")

    with pytest.raises(InputError, match="different grids"):
        map_labels(boxes, ff, exclusions=[Exclusion(other, ">", 10)])


def test_values_of_a_coarser_map_are_not_interpolated(boxes):
    grid = image_of(np.zeros((3, 6, 10)), spacing=(2.0, 2.0, 10.0), origin=(0.5, 0.5, 2.5))
    checks = np.where(np.indices((3, 6, 10)).sum(0) % 2, 10.0, 30.0)

    row = row_of(measure(boxes, [map_labels(boxes, map_like(grid, checks))]), "vastus lateralis")

    bright = (row["ff_mean_percent"] - 10) / 20 * row["ff_voxels_used"]
    assert 0 < round(bright) < row["ff_voxels_used"] < 20
    assert row["ff_sd_percent"] == pytest.approx(
        np.std([30] * round(bright) + [10] * round(row["ff_voxels_used"] - bright), ddof=1)
    )
    assert row["volume_cm3"] == pytest.approx(0.32)


@settings(max_examples=15, deadline=None)
@given(rotation=st.tuples(*[st.floats(-0.3, 0.3)] * 3), spacing=st.floats(0.6, 2.0))
def test_values_are_found_on_oblique_grids(rotation, spacing):
    """Left and right half of the body have a value each; every muscle far from the middle gets its own."""
    values = np.zeros((8, 30, 60))
    values[1:7, 8:22, 5:20], values[1:7, 8:22, 40:55] = VL.value, 101
    volume = labelled(values, origin=(-30.0, -15.0, 0.0))
    size = int(100 / spacing)
    shape = (14, size, size)
    grid = image_of(np.zeros(shape), (spacing, spacing, 6.0), (0, 0, 0), rotation)
    middle = grid.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in grid.GetSize()])
    grid.SetOrigin(np.array([0.3, 0.2, 16.0]) - middle)
    points = np.stack(np.indices(shape)[::-1], -1) * grid.GetSpacing() @ np.reshape(grid.GetDirection(), (3, 3)).T
    left = points[..., 0] + grid.GetOrigin()[0] > 0

    measured = measure(volume, [map_labels(volume, map_like(grid, np.where(left, 40.0, 5.0)))])

    right_row, left_row = row_of(measured, VL.name), row_of(measured, VL.name, "left")
    assert (right_row["ff_mean_percent"], left_row["ff_mean_percent"]) == (5, 40)
    assert right_row["ff_covered_percent"] > 70 and left_row["ff_covered_percent"] > 70


@pytest.mark.parametrize(("every", "sentence"), [(3, "stands for those alone"), (12, "no value is given")])
def test_a_muscle_that_a_map_tells_little_of_is_told_of(boxes, every, sentence):
    values = np.where(mask_of(boxes, VL) & (np.indices(boxes.image.GetSize()[::-1]).sum(0) % every > 0), np.nan, 8.0)

    measured = measure(boxes, [map_labels(boxes, map_like(boxes.image, values))], erosion_mm=1.0)

    row = row_of(measured, "vastus lateralis")
    assert row["ff_voxels_used"] > 0
    assert row["ff_mean_percent"] == 8 if every == 3 else np.isnan(row["ff_mean_percent"])
    (remark,) = (one for one in measured.warnings if "could be told" in one)
    assert sentence in remark and "vastus lateralis right" in remark


def test_a_map_of_a_part_of_the_muscles_says_so(boxes):
    grid = image_of(np.zeros((3, 12, 20)))  # the lower three of six slices

    measured = measure(boxes, [map_labels(boxes, map_like(grid, np.array(12.0)))])

    row = row_of(measured, "vastus lateralis")
    assert row["ff_mean_percent"] == 12 and row["ff_covered_percent"] == pytest.approx(50)
    assert np.isnan(row["lean_volume_cm3"]) and np.isnan(row["fat_volume_cm3"])
    assert any("covers only a part" in one and "vastus lateralis right (50 %)" in one for one in measured.warnings)


def test_a_map_of_a_part_of_every_muscle_names_none(boxes):
    reaching_up = replace(boxes, labels=tuple(label for label in boxes.labels if label.name != "oedema"))
    grid = image_of(np.zeros((3, 12, 20)))  # the lower three of six slices

    measured = measure(reaching_up, [map_labels(reaching_up, map_like(grid, np.array(12.0)))])

    assert "The FF map covers only a part of these muscles: all 4 (50 % to 67 %)." in measured.warnings


def test_a_muscle_that_the_map_does_not_reach_has_no_value(boxes):
    grid = image_of(np.zeros((6, 12, 10)))  # the right limb alone

    row = row_of(measure(boxes, [map_labels(boxes, map_like(grid, np.array(12.0)))]), "vastus lateralis", "left")

    assert np.isnan(row["ff_mean_percent"]) and row["ff_covered_percent"] == 0
    assert (row["ff_voxels_used"], row["ff_voxels_left_out"]) == (0, 0)


def test_a_map_of_another_place_is_refused(boxes):
    grid = image_of(np.zeros((6, 12, 20)), origin=(500.0, 0.0, 0.0))

    with pytest.raises(InputError, match="No muscle lies within the FF map"):
        map_labels(boxes, map_like(grid, np.array(12.0)))


def test_a_label_map_that_lies_beside_the_body_is_told_of(boxes):
    elsewhere = np.where(mask_of(boxes, RF), 12.0, 0.0)

    measured = measure(boxes, [map_labels(boxes, map_like(boxes.image, elsewhere))])

    assert any("Is the segmentation of the same patient" in warning for warning in measured.warnings)


def test_a_transform_says_where_the_muscles_are_in_the_map(boxes):
    values = np.full(boxes.image.GetSize()[::-1], 99.0)
    values[mask_of(boxes, VL)] = 12.0
    moved = map_like(boxes.image, np.roll(values, 3, axis=2))
    to_labels = sitk.TranslationTransform(3, (-3.0, 0.0, 0.0))

    row = row_of(measure(boxes, [map_labels(boxes, moved, transform=to_labels)]), "vastus lateralis")

    assert row["ff_mean_percent"] == 12 and row["ff_voxels_used"] == 64


def test_maps_on_one_grid_share_the_moved_labels(boxes):
    grid = image_of(np.zeros((3, 12, 20)))
    maps = [
        map_like(grid, np.array(12.0)),
        map_like(grid, np.array(38.0), "T2"),
        map_like(boxes.image, np.array(3), "MTR"),
    ]

    mapped = map_labels_to_each(boxes, maps)

    assert mapped[0].label_map is mapped[1].label_map
    assert mapped[2].label_map is boxes.image
    row = row_of(measure(boxes, mapped), "sartorius")
    assert (row["ff_mean_percent"], row["t2_mean_ms"], row["mtr_mean_percent"]) == (12, 38, 3)


def test_two_maps_of_one_quantity_are_refused(boxes, ff):
    with pytest.raises(InputError, match="There are 2 FF maps"):
        measure(boxes, [map_labels(boxes, ff), map_labels(boxes, ff)])


@pytest.mark.parametrize("erosion_mm", [-1.0, float("nan"), float("inf")])
def test_an_erosion_that_is_none_is_refused(boxes, erosion_mm):
    with pytest.raises(InputError, match="cannot be eroded"):
        measure(boxes, erosion_mm=erosion_mm)


def test_erosion_leaves_out_the_border_and_keeps_the_size(boxes):
    values = np.full(boxes.image.GetSize()[::-1], 90.0)
    values[1:5, 3:5, 3:5] = 12.0

    measured = measure(boxes, [map_labels(boxes, map_like(boxes.image, values))], erosion_mm=1.0)

    row = row_of(measured, "vastus lateralis")
    assert row["ff_mean_percent"] == 12 and (row["ff_voxels_used"], row["ff_voxels_left_out"]) == (16, 48)
    assert row["volume_cm3"] == pytest.approx(0.32)


def test_a_muscle_thinner_than_the_erosion_is_told_of(boxes, ff):
    measured = measure(boxes, [map_labels(boxes, ff)], erosion_mm=1.0)

    assert row_of(measured, "sartorius")["ff_voxels_used"] == 0
    assert any("No voxel was left" in one and "sartorius right" in one for one in measured.warnings)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), distance=st.floats(0.3, 4), spacing=st.tuples(*[st.floats(0.5, 4)] * 3))
def test_erosion_is_by_the_distance_to_anything_else(seed, distance, spacing):
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(8, 10, 12)), 1.5)
    values = np.digitize(smooth, np.quantile(smooth, [0.4, 0.7]))
    volume = labelled(values, spacing=spacing)
    voxels = LabelledVoxels.of(volume.image, [1, 2])

    kept = np.zeros(values.size, bool)
    kept[voxels.places[inside(voxels, distance)]] = True

    for label in (1, 2):
        far = ndimage.distance_transform_edt(values == label, sampling=spacing[::-1]) > distance
        np.testing.assert_array_equal(kept.reshape(values.shape) & (values == label), far & (values == label))


def test_a_muscle_that_goes_on_beyond_the_image_is_not_eroded_there():
    volume = labelled(np.full((3, 3, 3), VL.value))

    assert inside(LabelledVoxels.of(volume.image, [VL.value]), 5.0).all()


def test_the_profile_has_the_means_of_each_slice(boxes, ff):
    profile = measure(boxes, [map_labels(boxes, ff)]).profile.query("name == 'rectus femoris'")

    expected = [ff.values[k][mask_of(boxes, RF)[k]].mean() for k in (1, 2, 3)]
    np.testing.assert_allclose(profile["ff_mean_percent"], expected, rtol=1e-6)


@pytest.mark.parametrize("moved", [False, True])
def test_the_profile_of_a_group_weighs_its_muscles_by_their_voxels(boxes, ff, moved):
    transform = sitk.TranslationTransform(3) if moved else None
    profile = measure(boxes, [map_labels(boxes, ff, transform=transform)]).profile

    group = profile.query("kind == 'group' and name == 'quadriceps' and side == 'right'")
    both = mask_of(boxes, VL) | mask_of(boxes, RF)
    assert list(group["slice"]) == [1, 2, 3, 4]
    np.testing.assert_allclose(group["area_mm2"], [both[k].sum() for k in (1, 2, 3, 4)])
    means = [ff.values[k][both[k]].mean() for k in (1, 2, 3, 4)]
    np.testing.assert_allclose(group["ff_mean_percent"], means, rtol=1e-5)


def test_the_profile_has_no_value_where_the_table_has_none(boxes):
    values = np.full(boxes.image.GetSize()[::-1], np.nan)
    values[2, 2, 2] = 12.0
    measured = measure(boxes, [map_labels(boxes, map_like(boxes.image, values))])

    right = measured.profile.query("name == 'vastus lateralis' and side == 'right'")
    assert np.isnan(row_of(measured, "vastus lateralis")["ff_mean_percent"]) and right["ff_mean_percent"].isna().all()


def test_the_profile_of_a_thicker_map_repeats_the_slice_that_a_position_lies_in(boxes):
    grid = image_of(np.zeros((2, 12, 20)), spacing=(1.0, 1.0, 10.0), origin=(0.0, 0.0, 7.5))
    values = np.zeros((2, 12, 20)) + np.array([10.0, 20.0])[:, None, None]

    profile = measure(boxes, [map_labels(boxes, map_like(grid, values))]).profile.query("name == 'vastus lateralis'")

    right = profile.query("side == 'right'")
    np.testing.assert_allclose(right["position_mm"], [5, 10, 15, 20])
    np.testing.assert_allclose(right["ff_mean_percent"], [10, 10, 20, 20])


def test_the_profile_has_no_value_where_the_map_does_not_reach(boxes):
    grid = image_of(np.zeros((3, 12, 20)))

    profile = measure(boxes, [map_labels(boxes, map_like(grid, np.array(12.0)))]).profile

    right = profile.query("name == 'vastus lateralis' and side == 'right'")
    np.testing.assert_allclose(right["ff_mean_percent"], [12, 12, np.nan, np.nan])


def test_the_profile_follows_a_transform_along_the_limb(boxes):
    values = np.zeros(boxes.image.GetSize()[::-1]) + np.arange(6.0)[:, None, None]
    to_labels = sitk.TranslationTransform(3, (0.0, 0.0, 5.0))

    mapped = map_labels(boxes, map_like(boxes.image, values), transform=to_labels)
    right = measure(boxes, [mapped]).profile.query("name == 'vastus lateralis' and side == 'right'")

    np.testing.assert_allclose(right["ff_mean_percent"], [0, 1, 2, 3])
