"""Tests for choosing the slices that a report shows."""

import numpy as np

from MuscleSegLib.report.representative_slices import representative_slices
from MuscleSegLib.segmentation.labelled_volume import VolumeLabel


def _planes(areas: dict[int, list[int]]) -> np.ndarray:
    """Slices of 10 × 10 pixels on which each value fills as many pixels as ``areas`` says."""
    planes = np.zeros((len(next(iter(areas.values()))), 100), int)
    for k, plane in enumerate(planes):
        filled = [value for value, own in areas.items() for _ in range(own[k])]
        plane[: len(filled)] = filled
    return planes.reshape(-1, 10, 10)


def _label(value: int, abbreviation: str) -> VolumeLabel:
    return VolumeLabel(value, abbreviation or "mine", abbreviation, "right", (0, 0, 0))


def test_the_slice_where_muscles_are_thickest_is_chosen() -> None:
    planes = _planes({1: [4, 10, 20, 12], 2: [9, 10, 9, 0]})
    assert representative_slices(planes, (_label(1, "VL"), _label(2, "RF"))) == [2]


def test_a_second_slice_shows_what_the_first_does_not() -> None:
    planes = _planes({1: [20, 20, 20, 20], 2: [0, 0, 0, 9], 3: [9, 0, 0, 0]})
    chosen = representative_slices(planes, (_label(1, "VL"), _label(2, "AL"), _label(3, "BFS")))
    assert chosen == [3, 0]


def test_thigh_and_leg_have_slices_of_their_own_from_above() -> None:
    planes = _planes({1: [0, 0, 9, 20], 2: [5, 20, 0, 0]})
    assert representative_slices(planes, (_label(1, "VL"), _label(2, "So"))) == [3, 1]


def test_labels_that_are_nowhere_choose_nothing() -> None:
    assert representative_slices(np.zeros((3, 4, 4), int), (_label(1, "VL"),)) == []
    assert representative_slices(np.zeros((3, 4, 4), int), ()) == []


def test_a_label_of_the_users_own_is_shown_too() -> None:
    planes = _planes({1: [0, 0, 20], 7: [3, 0, 0]})
    assert representative_slices(planes, (_label(1, "VL"), _label(7, ""))) == [2, 0]
