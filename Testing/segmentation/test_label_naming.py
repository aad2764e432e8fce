"""Segments of unknown names are told by their SNOMED CT codes, as far as those are of one muscle alone."""

import pytest

from MuscleSegLib.anatomy import muscles, slicer_terminology
from MuscleSegLib.segmentation.label_naming import known_by_code, named_label


def segment(value, name, abbreviation, side="right"):
    """A segment that was made as a muscle's and got another name since."""
    muscle = muscles()[abbreviation]
    terminology = slicer_terminology(muscle.snomed_code, muscle.snomed_meaning, side)
    return named_label(value, name, (1, 2, 3), terminology=terminology)


def told(*labels):
    known, warnings = known_by_code(labels)
    return [(label.title, label.abbreviation, label.group) for label in known], warnings


def test_a_muscle_of_another_language_is_told_by_its_code():
    known, warnings = told(segment(1, "vastus lateralis rechts", "VL"), segment(2, "couturier", "Sa", "left"))

    assert known == [
        ("vastus lateralis right", "VL", "quadriceps"),
        ("sartorius left", "Sa", "anterior thigh"),
    ]
    assert warnings == [
        "Known by terminology, not by name: vastus lateralis rechts as vastus lateralis right, couturier as sartorius "
        "left. If one is no such muscle, change its terminology in Slicer."
    ]


def test_a_name_that_is_known_counts_before_the_code():
    assert told(segment(1, "gracilis left", "VL")) == ([("gracilis left", "Gr", "adductors")], [])


@pytest.mark.parametrize("abbreviation", ["VI", "BFL", "SM", "Gr"])
def test_a_code_that_may_be_of_another_muscle_tells_none(abbreviation):
    assert told(segment(1, "muskel", abbreviation)) == ([("muskel right", "", "")], [])


def test_parts_and_copies_of_a_muscle_stay_what_they_are_called():
    for own in ("vastus lateralis right", "VL proximal"):
        known, warnings = told(segment(1, own, "VL"), segment(2, "VL distal", "VL"))
        assert [title for title, *_ in known] == [named_label(1, own, (0, 0, 0), side="right").title, "VL distal right"]
        assert not warnings
