"""The terminology string is the one that Slicer itself writes and reads."""

import pytest

from MuscleSegLib.anatomy import label_set, sided_labels, slicer_terminology

slicer_core = pytest.importorskip("slicer_core")


@pytest.mark.parametrize("side", ["right", "left"])
def test_slicer_reads_the_entry_and_writes_it_the_same(side: str) -> None:
    text = slicer_terminology("1403006", "Structure of vastus lateralis muscle", side)
    entry = slicer_core.vtkSlicerTerminologyEntry()
    logic = slicer_core.vtkSlicerTerminologiesModuleLogic()
    assert logic.DeserializeTerminologyEntry(text, entry)
    assert entry.GetTypeObject().GetCodeValue() == "1403006"
    assert entry.GetTypeModifierObject().GetCodeMeaning() == side.capitalize()
    assert logic.SerializeTerminologyEntry(entry) == text


def test_right_and_left_of_a_muscle_have_different_entries() -> None:
    texts = {
        slicer_terminology(sided.label.snomed_code, sided.label.snomed_meaning, sided.side)
        for sided in sided_labels(label_set("hostin"))
        if sided.label.abbreviation == "RF"
    }
    assert len(texts) == 2
