"""Left and right in a label map."""

import pytest

from MuscleSegLib.anatomy import LEFT_OFFSET, label_set, label_set_names, sided_labels


@pytest.mark.parametrize("name", label_set_names())
def test_every_label_has_two_distinct_values_that_fit_a_byte(name: str) -> None:
    sided = sided_labels(label_set(name))
    values = [label.value for label in sided]
    assert len(set(values)) == len(values) == 2 * len(label_set(name).labels)
    assert min(values) > 0 and max(values) < 256


def test_left_is_named_and_offset() -> None:
    vastus = [sided for sided in sided_labels(label_set("hostin")) if sided.label.abbreviation == "VL"]
    assert [sided.name for sided in vastus] == ["vastus lateralis right", "vastus lateralis left"]
    assert vastus[1].value - vastus[0].value == LEFT_OFFSET
