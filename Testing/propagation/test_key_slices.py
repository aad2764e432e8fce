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


def drawn_in(where, count=31):
    """A label map that shows each label in slices of its own."""

    def draw(array):
        for value, slices in where.items():
            array[sorted(slices), value] = value

    return changed(limb(count)[1] * 0, draw)


@pytest.mark.parametrize(
    ("shown", "sides", "expected"),
    [
        # Who drew the first label in slices 4 and 29 saw that the others end between.
        ({1: {4, 29}, 2: {4}, 3: {29}}, None, {1: {4, 29}, 2: {4, 29}, 3: {4, 29}}),
        # Nobody who drew one of them looked for the other.
        ({1: {10}, 2: {20}}, None, {1: {10}, 2: {20}}),
        # A muscle does not end and begin again.
        ({1: {4, 12, 20}, 2: {4, 20}}, None, {1: {4, 12, 20}, 2: {4, 20}}),
        # One limb is drawn in other slices than the other.
        (
            {1: {4, 15, 20}, 2: {4, 15}, 3: {15}},
            {1: "right", 2: "right", 3: "left"},
            {1: {4, 15, 20}, 2: {4, 15, 20}, 3: {15}},
        ),
    ],
)
def test_a_label_counts_as_absent_only_where_who_drew_would_have_drawn_it(shown, sides, expected):
    assert drawn_slices(drawn_in(shown), sides=sides) == expected


def test_slices_that_are_said_to_be_drawn_are_so_for_all_labels_that_they_show():
    drawn = drawn_in({1: {10}, 2: {20}, 3: {25}})
    assert drawn_slices(drawn, slices=[10, 20]) == {1: {10, 20}, 2: {10, 20}}


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
