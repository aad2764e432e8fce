import numpy as np
import pytest

from MuscleSegLib.errors import InputError
from MuscleSegLib.propagation import drawn_slices, edited_slices
from Testing.propagation.limbs import changed, limb, only


def test_edited_are_the_labels_on_either_side_of_a_changed_voxel():
    _, labels = limb(5)

    def edit(array):
        row, column = np.argwhere(array[3] == 2)[0]
        array[3, row, column] = 1
        row, column = np.argwhere(array[1] == 4)[0]
        array[1, row, column] = 0

    assert edited_slices(changed(labels, edit), labels) == {1: {3}, 2: {3}, 4: {1}}


def test_an_edit_that_was_undone_is_none():
    _, labels = limb(5)
    assert edited_slices(labels, changed(labels, lambda _: None)) == {}


def test_drawn_are_the_slices_that_show_anything():
    _, labels = limb(9)
    assert drawn_slices(only(labels, [2, 7])) == {value: {2, 7} for value in (1, 2, 3, 4)}


def test_a_muscle_drawn_in_slices_of_its_own_has_those():
    _, labels = limb(9)
    drawn = only(labels, [2, 7])
    drawn = changed(drawn, lambda array: np.putmask(array[2], array[2] == 3, 0))
    assert drawn_slices(drawn, values=[3]) == {3: {7}}


def test_nothing_drawn_is_said():
    _, labels = limb(5)
    with pytest.raises(InputError, match="Nothing is drawn"):
        drawn_slices(only(labels, []))
    with pytest.raises(InputError, match="no slice 9"):
        drawn_slices(labels, slices=[9])


def test_a_header_whose_spacing_was_rounded_tells_of_the_same_grid():
    _, labels = limb(5)
    rounded = changed(labels, lambda array: np.putmask(array[3], array[3] == 3, 0))
    rounded.SetSpacing([mm * (1 + 1e-4) for mm in labels.GetSpacing()])
    assert edited_slices(rounded, labels) == {3: {3}}


def test_another_grid_is_refused():
    with pytest.raises(InputError, match="does not lie on the grid"):
        edited_slices(limb(5)[1], limb(6)[1])
