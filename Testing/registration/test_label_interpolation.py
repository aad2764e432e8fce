import numpy as np
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleSegLib.registration import move_labels
from Testing.registration.phantoms import grid, motion, sectors

ANATOMICAL = grid((1.5, 1.5, 6.0), (90, 90, 12), middle=(-70.0, 0.0, 0.0))
MAP = grid((2.5, 2.5, 7.0), (54, 54, 10), middle=(-70.0, 0.0, 0.0), angles=(0.1, -0.05, 0.2))
ANGLES = st.tuples(*[st.floats(-0.4, 0.4)] * 3)
SHIFTS = st.tuples(*[st.floats(-15, 15)] * 3)


def values(image):
    return sitk.GetArrayFromImage(image)


def dice(labels, truth):
    return [2 * ((labels == v) & (truth == v)).sum() / ((labels == v).sum() + (truth == v).sum()) for v in range(1, 6)]


def nearest(labels, reference, transform):
    return sitk.Resample(labels, reference, transform, sitk.sitkNearestNeighbor, 0)


def test_without_a_transform_labels_stay_as_they_are():
    labels = sitk.Cast(sectors(ANATOMICAL), sitk.sitkUInt16)
    moved = move_labels(labels, labels, sitk.Transform())
    assert moved.GetPixelID() == sitk.sitkUInt16
    assert np.array_equal(values(moved), values(labels))


def test_the_result_lies_on_the_reference_grid():
    moved = move_labels(sectors(ANATOMICAL), MAP, sitk.Transform())
    for name in ("GetSize", "GetOrigin", "GetSpacing", "GetDirection"):
        assert getattr(moved, name)() == getattr(MAP, name)()


@settings(max_examples=15, deadline=None)
@given(angles=ANGLES, shift=SHIFTS)
def test_labels_lie_nearer_to_the_truth_than_nearest_neighbours(angles, shift):
    transform = motion(shift, angles, (-70.0, 0.0, 0.0))
    labels, truth = sectors(ANATOMICAL), values(sectors(MAP, transform))
    truth[values(nearest(ANATOMICAL + 1, MAP, transform)) == 0] = 0
    moved = dice(values(move_labels(labels, MAP, transform)), truth)
    assert np.mean(moved) >= np.mean(dice(values(nearest(labels, MAP, transform)), truth))
    assert min(moved[:4]) > 0.9


@settings(max_examples=15, deadline=None)
@given(angles=ANGLES, shift=SHIFTS)
def test_looking_only_where_labels_are_changes_nothing(angles, shift):
    transform = motion(shift, angles, (-70.0, 0.0, 0.0))
    labels = sectors(ANATOMICAL)
    everywhere = sitk.Resample(labels, MAP, transform, sitk.sitkLabelLinear, 0)
    assert np.array_equal(values(move_labels(labels, MAP, transform)), values(everywhere))


@settings(max_examples=25, deadline=None)
@given(angles=ANGLES, shift=SHIFTS, row=st.integers(20, 70), column=st.integers(20, 70))
def test_a_muscle_one_voxel_wide_is_not_lost(angles, shift, row, column):
    array = np.zeros((12, 90, 90), np.uint8)
    array[:, row - 6 : row + 6, column - 6 : column + 6] = 3
    array[4:8, row, column] = 7
    labels = sitk.GetImageFromArray(array)
    labels.CopyInformation(ANATOMICAL)
    transform = motion(shift, angles, (-70.0, 0.0, 0.0))
    if 7 in values(nearest(labels, MAP, transform)):
        assert 7 in values(move_labels(labels, MAP, transform))


def test_no_label_comes_up_that_was_not_there():
    labels = sectors(ANATOMICAL) * 20
    assert set(np.unique(values(move_labels(labels, MAP, motion((1.0, 2.0, 3.0)))))) <= {0, 20, 40, 60, 80, 100}


def test_beyond_the_label_map_there_is_background():
    moved = move_labels(sectors(ANATOMICAL), MAP, motion((0.0, 0.0, 500.0)))
    assert not values(moved).any()
