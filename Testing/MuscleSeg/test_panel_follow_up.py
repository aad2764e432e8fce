"""Whose measures they are and of when, and what changed since earlier visits."""

import json

import pytest
import slicer

from MuscleSegLib.biomarkers.measurements import Measurements
from Testing.MuscleSeg.held_jobs import MUSCLES
from Testing.MuscleSeg.test_panel_biomarkers import cells, measured, shown  # noqa: F401

FIRST = MUSCLES[0]


@pytest.fixture
def visit_of(measured, tmp_path):  # noqa: F811
    """Writes what was measured as a file of an earlier visit, but for the volumes, which were larger."""

    def write(scan_date, times=2.0, pseudonym=""):
        content = json.loads(measured.GetNodeReference("MuscleSeg.Measures").GetText())
        for row in content["muscles"]:
            row["volume_cm3"] *= times
        content["about"] |= {"scan_date": scan_date, "pseudonym": pseudonym}
        path = tmp_path / f"{scan_date}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)

    return write


def open_visits(panel, application, *paths):
    application.dialogs.will_be_answered(paths)
    panel.ui.openEarlierButton.click()


@pytest.fixture
def compared(panel, application, visit_of):
    """The panel after the earlier visit was opened."""
    panel.ui.biomarkersCollapsibleButton.collapsed = False
    open_visits(panel, application, visit_of("2025-03-01"))
    return panel


def visits(panel):
    return [node.GetName() for node in panel.ui.earlierSelector.checkedNodes()]


def change(panel):
    """That of the volume of the first muscle."""
    changes = cells(panel.ui.changesTable.mrmlTableNode()).set_index("Muscle")
    return changes.loc[f"{FIRST.label.name} ({FIRST.label.abbreviation})", "Volume, cm³ right"]


def about(table):
    return Measurements.from_json(table.GetNodeReference("MuscleSeg.Measures").GetText()).about


def test_the_change_is_shown_right_beside_left(compared):
    assert change(compared) == "−1.9"
    assert shown(compared, "changesTable")
    assert "Change since 2025-03-01." in compared.ui.changesNoteLabel.text
    assert compared.ui.changesNoteLabel.text.count("known") == 1
    assert "muscleseg agreement" in compared.ui.changesNoteLabel.text


def test_the_earlier_visit_is_a_table_of_the_scene_and_stays_with_it(compared):
    assert visits(compared) == ["Measures of 2025-03-01"]

    compared.panel.disconnectScene()
    assert not shown(compared, "changesTable")
    compared.panel.connectScene()

    assert visits(compared) == ["Measures of 2025-03-01"]
    assert shown(compared, "changesTable")


def test_the_report_shows_the_change(compared, application, jobs, tmp_path):
    application.dialogs.will_be_answered(str(tmp_path / "report.html"))

    compared.ui.exportHtmlButton.click()
    jobs.all[-1].run()

    assert "Change since 2025-03-01" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'href="file:' in compared.ui.measureStatusLabel.text


def test_nothing_is_compared_any_more_when_the_user_says_so(compared):
    compared.ui.earlierSelector.uncheck(*compared.ui.earlierSelector.checkedNodes())

    assert not shown(compared, "changesTable")
    assert compared.ui.changesNoteLabel.text == ""


def test_what_was_measured_in_this_session_can_be_ticked(panel, measured):  # noqa: F811
    panel.ui.earlierSelector.check(measured)

    assert panel.ui.earlierSelector.checkedNodes() == [measured]


def test_a_table_is_not_compared_with_itself(compared, measured):  # noqa: F811
    compared.ui.earlierSelector.check(measured)

    assert "earlier visits only" in compared.ui.changesNoteLabel.text
    assert not shown(compared, "changesTable")


def test_a_file_of_something_else_is_a_sentence_and_nothing_is_opened(compared, application, visit_of, tmp_path):
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    application.dialogs.will_be_answered((visit_of("2024-03-01"), str(tmp_path / "other.json")), None)

    compared.ui.openEarlierButton.click()

    assert "holds no measures" in application.dialogs.shown[-1]["text"]
    assert visits(compared) == ["Measures of 2025-03-01"]
    assert compared.ui.earlierSelector.nodeCount() == 2


def test_no_file_is_opened_when_the_user_would_rather_not(compared, application):
    open_visits(compared, application)

    assert visits(compared) == ["Measures of 2025-03-01"]


def test_of_several_visits_the_change_since_the_last_is_shown_and_the_report_shows_the_course(
    compared, application, jobs, visit_of, tmp_path
):
    open_visits(compared, application, visit_of("2025-09-01", 1.5), visit_of("2024-03-01", 3.0))
    assert "Change since 2025-09-01." in compared.ui.changesNoteLabel.text
    assert "over 4 visits" in compared.ui.changesNoteLabel.text
    assert change(compared) == "−1.0"

    application.dialogs.will_be_answered(str(tmp_path / "report.html"))
    compared.ui.exportHtmlButton.click()
    jobs.all[-1].run()

    course = "Course over 4 visits: 2024-03-01 → 2025-03-01 → 2025-09-01 → this visit"
    assert course in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_visit_that_is_left_out_again_is_not_compared_with(compared, application, visit_of):
    open_visits(compared, application, visit_of("2025-09-01", 1.5))
    last = next(node for node in compared.ui.earlierSelector.checkedNodes() if "09-01" in node.GetName())

    compared.ui.earlierSelector.uncheck(last)

    assert "Change since 2025-03-01." in compared.ui.changesNoteLabel.text
    assert change(compared) == "−1.9"


def test_a_visit_that_is_removed_from_the_scene_is_not_compared_with(compared, application, visit_of):
    open_visits(compared, application, visit_of("2025-09-01", 1.5))

    application.scene.RemoveNode(compared.ui.earlierSelector.checkedNodes()[-1])

    assert visits(compared) == ["Measures of 2025-03-01"]
    assert change(compared) == "−1.9"


def test_a_visit_of_another_patient_is_said(panel, application, visit_of):
    open_visits(panel, application, visit_of("2025-03-01", pseudonym="A-1"), visit_of("2025-09-01", pseudonym="B-2"))
    panel.ui.pseudonymEdit.text = "A-1"
    panel.ui.pseudonymEdit._qt.editingFinished.emit()

    assert "different patients: A-1 and B-2" in panel.ui.changesNoteLabel.text
    assert not shown(panel, "changesTable")


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
