import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import binary_erosion

from MuscleSegLib.anatomy import LEFT_OFFSET, muscles
from MuscleSegLib.errors import InputError
from MuscleSegLib.simulation.volume import SimulatedVolume, simulate_volume

HEIGHTS = np.array([0.0, 4.0, 8.0])
VL, FEM = muscles()["VL"].index, muscles()["FEM"].index


def simulate(slices, *, left="Body_Left", sequence="t1", seed=3) -> SimulatedVolume:
    return simulate_volume(
        slices,
        "Body_Right",
        left,
        HEIGHTS,
        spacing_mm=3.0,
        width=64,
        left_offset=LEFT_OFFSET,
        sequence=sequence,
        seed=seed,
    )


@pytest.fixture(scope="module")
def volume(thigh):
    return simulate(thigh)


def arrays(volume):
    return {name: sitk.GetArrayFromImage(image) for name, image in vars(volume).items()}


def test_all_images_have_one_geometry_around_the_middle(volume):
    for image in vars(volume).values():
        assert image.GetSize() == (128, 64, 3) and image.GetSpacing() == (3.0, 3.0, 4.0)
        assert image.TransformContinuousIndexToPhysicalPoint((63.5, 31.5, 0)) == pytest.approx((0, 0, 0))


def test_left_labels_carry_the_offset_and_lie_on_the_left(volume):
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.Execute(volume.label_map)
    for value in shapes.GetLabels():
        assert (shapes.GetCentroid(value)[0] > 0) == (value > LEFT_OFFSET)
    assert {VL, VL + LEFT_OFFSET} <= set(shapes.GetLabels())


def test_the_limbs_of_one_body_are_mirror_images(volume):
    labels = arrays(volume)["label_map"]
    right, left = labels[:, :, :64], labels[:, :, 64:][:, :, ::-1]
    np.testing.assert_array_equal(right, np.where(left > 0, left - LEFT_OFFSET, 0))


def test_the_true_maps_lie_where_the_labels_do(volume):
    maps = arrays(volume)
    for offset in (0, LEFT_OFFSET):
        vl, femur = (maps["label_map"] == number + offset for number in (VL, FEM))
        assert 25 < np.median(maps["t2_ms"][vl]) < 50
        assert 28 < np.median(maps["mtr"][vl]) < 48
        marrow = binary_erosion(femur, np.ones((1, 3, 3)), iterations=2)  # the cortex is up to two pixels thick
        assert np.median(maps["fat_fraction"][marrow]) > 50 > np.median(maps["fat_fraction"][vl])
    air = maps["t2_ms"] == 0
    assert not maps["label_map"][air].any()
    assert maps["image"][~air].mean() > 5 * maps["image"][air].mean()
    assert not maps["unknown"].any()


def test_one_seed_gives_one_volume(thigh, volume):
    np.testing.assert_array_equal(arrays(simulate(thigh))["image"], arrays(volume)["image"])
    assert (arrays(simulate(thigh, seed=4))["label_map"] != arrays(volume)["label_map"]).any()


def test_the_sequence_changes_the_image_and_not_the_body(thigh, volume):
    other = arrays(simulate(thigh, sequence="stir"))
    np.testing.assert_array_equal(other["label_map"], arrays(volume)["label_map"])
    np.testing.assert_array_equal(other["fat_fraction"], arrays(volume)["fat_fraction"])
    assert (other["image"] != arrays(volume)["image"]).any()


def test_a_limb_that_is_not_there_is_refused(thigh):
    with pytest.raises(InputError, match='no limb "Nobody_Left" among Body_Right, Body_Left'):
        simulate(thigh, left="Nobody_Left")
