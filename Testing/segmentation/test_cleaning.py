import numpy as np

from MuscleSegLib.segmentation.cleaning import remove_islands


def two_muscles() -> np.ndarray:
    labels = np.zeros((6, 40, 40), np.uint8)
    labels[:, 5:20, 5:35] = 1
    labels[:, 20:35, 5:35] = 2
    return labels


def test_an_island_in_another_muscle_becomes_that_muscle():
    labels = two_muscles()
    labels[2, 26:29, 15:18] = 1
    remove_islands(labels, 10.0)
    np.testing.assert_array_equal(labels, two_muscles())


def test_an_island_in_the_background_disappears():
    labels = two_muscles()
    labels[3, 37:39, 37:39] = 2
    remove_islands(labels, 10.0)
    np.testing.assert_array_equal(labels, two_muscles())


def test_a_pinhole_is_filled_and_a_bone_is_not():
    labels = two_muscles()
    labels[:, 8:16, 8:16] = 0
    expected = labels.copy()
    labels[2, 30, 30] = 0
    remove_islands(labels, 10.0)
    np.testing.assert_array_equal(labels, expected)


def test_a_large_second_piece_stays_and_is_told():
    labels = np.zeros((4, 40, 40), np.uint8)
    labels[:, 2:12, 2:12] = 7
    labels[:, 22:30, 22:30] = 7
    expected = labels.copy()
    assert remove_islands(labels, 10.0) == {7: [4000.0, 2560.0]}
    np.testing.assert_array_equal(labels, expected)


def test_the_only_piece_of_a_small_muscle_stays():
    labels = two_muscles()
    labels[0, 37, 37] = 9
    assert remove_islands(labels, 1.0)[9] == [1.0]
    assert labels[0, 37, 37] == 9


def test_nothing_is_nothing():
    assert remove_islands(np.zeros((2, 3, 3), np.uint8), 1.0) == {}
