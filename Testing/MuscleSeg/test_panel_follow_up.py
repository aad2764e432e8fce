"""Whose measures they are and of when, and what changed since an earlier visit."""

import json

import pytest
import slicer

from MuscleSegLib.biomarkers.measurements import Measurements
from Testing.MuscleSeg.held_jobs import MUSCLES
from Testing.MuscleSeg.test_panel_biomarkers import cells, measured, shown  # noqa: F401

FIRST = MUSCLES[0]


@pytest.fixture
def earlier_file(measured, tmp_path):  # noqa: F811
    """What was measured, but for the volumes, which were twice as large."""
    content = json.loads(measured.GetNodeReference("MuscleSeg.Measures").GetText())
    for row in content["muscles"]:
        row["volume_cm3"] *= 2
    content["about"]["scan_date"] = "2025-03-01"
    path = tmp_path / "earlier.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def compared(panel, application, earlier_file):
    """The panel after the earlier visit was opened."""
    panel.ui.biomarkersCollapsibleButton.collapsed = False
    application.dialogs.will_be_answered(str(earlier_file))
    panel.ui.openEarlierButton.click()
    return panel


def about(table):
    return Measurements.from_json(table.GetNodeReference("MuscleSeg.Measures").GetText()).about


def test_the_change_is_shown_right_beside_left(compared):
    changes = cells(compared.ui.changesTable.mrmlTableNode()).set_index("Muscle")

    title = f"{FIRST.label.name} ({FIRST.label.abbreviation})"
    assert changes.loc[title, "Volume, cm³ right"] == "−1.9"
    assert shown(compared, "changesTable")
    assert "Change since 2025-03-01." in compared.ui.changesNoteLabel.text
    assert compared.ui.changesNoteLabel.text.count("known") == 1
    assert "muscleseg agreement" in compared.ui.changesNoteLabel.text


def test_the_earlier_visit_is_a_table_of_the_scene_and_stays_with_it(compared):
    assert compared.ui.earlierSelector.currentNode().GetName() == "Measures of 2025-03-01"

    compared.panel.disconnectScene()
    assert not shown(compared, "changesTable")
    compared.panel.connectScene()

    assert compared.ui.earlierSelector.currentNode().GetName() == "Measures of 2025-03-01"
    assert shown(compared, "changesTable")


def test_the_report_shows_the_change(compared, application, jobs, tmp_path):
    application.dialogs.will_be_answered(str(tmp_path / "report.html"))

    compared.ui.exportHtmlButton.click()
    jobs.all[-1].run()

    assert "Change since 2025-03-01" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'href="file:' in compared.ui.measureStatusLabel.text


def test_nothing_is_compared_any_more_when_the_user_says_so(compared):
    compared.ui.earlierSelector.setCurrentNode(None)

    assert not shown(compared, "changesTable")
    assert compared.ui.changesNoteLabel.text == ""


def test_a_table_is_not_compared_with_itself(compared, measured):  # noqa: F811
    compared.ui.earlierSelector.setCurrentNode(measured)

    assert "an earlier visit" in compared.ui.changesNoteLabel.text
    assert not shown(compared, "changesTable")


def test_a_file_of_something_else_is_a_sentence(panel, application, measured, tmp_path):  # noqa: F811, ARG001
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    application.dialogs.will_be_answered(str(tmp_path / "other.json"), None)

    panel.ui.openEarlierButton.click()

    assert "holds no measures" in application.dialogs.shown[-1]["text"]


def test_only_tables_of_measures_are_offered(compared):
    # The measures, and those of the earlier visit; not profiles, summaries and changes.
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLTableNode") > 3
    assert compared.ui.earlierSelector.nodeCount() == 2


def test_a_file_of_retest_scans_that_cannot_be_read_is_said(compared, tmp_path):
    compared.ui.retestPathEdit.currentPath = str(tmp_path / "none.json")

    assert "none.json" in compared.ui.changesNoteLabel.text
    compared.ui.retestPathEdit.currentPath = ""
    assert "Change since 2025-03-01." in compared.ui.changesNoteLabel.text


def test_pseudonym_and_date_are_in_the_table_without_measuring_again(panel, measured, jobs, volume):  # noqa: F811
    before = len(jobs.all)
    panel.ui.pseudonymEdit.text = "A-017"
    panel.ui.pseudonymEdit._qt.editingFinished.emit()
    panel.ui.scanDateEdit.text = "2026-11-21"
    panel.ui.scanDateEdit._qt.editingFinished.emit()

    assert (about(measured)["pseudonym"], about(measured)["scan_date"]) == ("A-017", "2026-11-21")
    assert set(cells(measured)["pseudonym"]) == {"A-017"}
    assert volume.GetAttribute("MuscleSeg.ScanDate") == "2026-11-21"
    assert len(jobs.all) == before


def test_what_is_no_date_is_a_sentence(panel, application, measured):  # noqa: F811
    application.dialogs.will_be_answered(None)
    panel.ui.scanDateEdit.text = "yesterday"
    panel.ui.scanDateEdit._qt.editingFinished.emit()

    assert "“yesterday” is no date" in application.dialogs.shown[0]["text"]
    assert panel.ui.scanDateEdit.text == about(measured)["scan_date"] == ""
