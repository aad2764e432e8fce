import pytest

from MuscleSegLib.propagation.wording import slices_text, with_slices


@pytest.mark.parametrize(
    ("slices", "text"),
    [({5}, "slice 5"), ({9, 2}, "slices 2, 9"), ({1, 4, 5, 7, 8, 9}, "slices 1, 4, 5, 7–9")],
)
def test_slices_in_a_row_are_said_by_the_first_and_last(slices, text):
    assert slices_text(slices) == text


def test_labels_of_the_same_slices_are_named_together():
    """Two may be called the same; those without slices are left out."""
    of = [("gracilis", [5]), ("soleus", [1, 4]), ("vastus", []), ("gracilis", {5}), ("sartorius", (4, 1))]
    assert with_slices(of) == "gracilis, gracilis (slice 5); soleus, sartorius (slices 1, 4)"
    assert with_slices([("vastus", [])]) == ""
