import numpy as np
import pytest

from MuscleSegLib.propagation.topology import remove_extra_pieces


@pytest.fixture
def labels() -> np.ndarray:
    """Three slices: label 5 in three pieces in the middle one, in one or two in those beside it."""
    array = np.zeros((3, 12, 12), np.uint16)
    array[:, 1:5, 1:5] = 5
    array[1, 6:9, 6:9] = array[1, 11, 0] = 5
    array[2, 6:8, 6:8] = 5
    array[1, 11, 11] = array[1, 0, 11] = 300
    return array


@pytest.mark.parametrize(("keys", "left"), [({0}, 1), ({0, 2}, 2), ({2}, 2), ({1}, 3)])
def test_as_many_pieces_are_kept_as_the_key_slices_beside_have_largest_first(labels, keys, left):
    before = labels.copy()
    remove_extra_pieces(labels, {5: frozenset(keys)})
    kept = [labels[1, 2, 2] == 5, labels[1, 7, 7] == 5, labels[1, 11, 0] == 5]
    assert kept == [n < left for n in range(3)]
    np.testing.assert_array_equal(labels[list(keys)], before[list(keys)])


def test_labels_that_were_not_carried_keep_their_pieces(labels):
    remove_extra_pieces(labels, {5: frozenset({0})})
    assert np.count_nonzero(labels == 300) == 2


def test_a_label_that_its_key_slices_lack_keeps_its_largest_piece(labels):
    remove_extra_pieces(labels, {300: frozenset({0})})
    assert np.count_nonzero(labels == 300) == 1


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_however_the_slices_are_stored_extra_pieces_go(labels, axis):
    """Slices of coronal and sagittal images are views that lie otherwise in memory."""
    stored = np.ascontiguousarray(np.moveaxis(labels, 0, axis))
    remove_extra_pieces(np.moveaxis(stored, axis, 0), {5: frozenset({0})})
    remove_extra_pieces(labels, {5: frozenset({0})})
    np.testing.assert_array_equal(np.moveaxis(stored, axis, 0), labels)
