"""A table that follows its muscles: out of date at once, measured again after a pause, saved only when it is right."""

import pytest
import slicer

from Testing.MuscleSeg.correcting import erase
from Testing.MuscleSeg.held_jobs import MUSCLES
from Testing.MuscleSeg.test_panel_biomarkers import cells, measured, shown  # noqa: F401

FIRST = MUSCLES[0]


def volume_of(table, muscle):
    rows = cells(table)
    rows = rows[(rows["abbreviation"] == muscle.label.abbreviation) & (rows["side"] == muscle.side)]
    return float(rows["volume_cm3"].iloc[0])


@pytest.fixture
def edited(panel, measured, segmented):  # noqa: F811
    """The table after a slice of the first muscle was erased."""
    panel.ui.biomarkersCollapsibleButton.collapsed = False
    erase(segmented[0], FIRST, 2)
    return measured


def waited_for_job(application, jobs):
    before = len(jobs.all)
    application.wait_until(lambda: len(jobs.all) > before, seconds=20)
    return jobs.all[-1]


def test_an_edit_makes_the_table_out_of_date_at_once(panel, edited):  # noqa: ARG001
    assert shown(panel, "freshnessLabel")
    assert "Out of date" in panel.ui.freshnessLabel.text
    assert not panel.ui.exportPdfButton.enabled
    assert "Out of date" in panel.ui.exportPdfButton.toolTip


def test_after_a_pause_it_is_measured_again_in_the_same_nodes(panel, application, edited, jobs):
    series = edited.GetNodeReference("MuscleSeg.Chart").GetNthPlotSeriesNode(0)
    nodes = application.scene.GetNumberOfNodes()

    job = waited_for_job(application, jobs)
    assert job.arguments[0] == "measure"
    assert "are being measured again" in panel.ui.freshnessLabel.text
    job.run()

    assert volume_of(edited, FIRST) == pytest.approx(3 * 24 * 20 / 1000)
    assert not shown(panel, "freshnessLabel")
    assert panel.ui.exportPdfButton.enabled
    assert application.scene.GetNumberOfNodes() == nodes
    column = series.GetTableNode().GetTable().GetColumnByName(series.GetYColumnName())
    assert sum(column.GetValue(row) > 0 for row in range(column.GetNumberOfValues())) == 3


def test_who_goes_on_painting_is_not_measured_meanwhile(panel, application, edited, segmented, jobs):  # noqa: ARG001
    first = waited_for_job(application, jobs)

    erase(segmented[0], FIRST, 3)
    assert first.closed
    waited_for_job(application, jobs).run()

    assert volume_of(edited, FIRST) == pytest.approx(2 * 24 * 20 / 1000)


def test_what_is_undone_is_up_to_date_without_measuring(panel, application, measured, segmented, jobs):  # noqa: F811, ARG001
    before = len(jobs.all)
    editor = panel.ui.segmentEditor
    editor.setSegmentationNode(segmented[0])
    editor.saveStateForUndo()
    erase(segmented[0], FIRST, 2)
    editor.undo()
    assert panel.ui.freshnessLabel.text

    application.wait_until(lambda: not panel.ui.freshnessLabel.text, seconds=20)
    assert len(jobs.all) == before


def test_a_failure_is_a_sentence_and_no_dialog(panel, application, edited, jobs):  # noqa: ARG001
    waited_for_job(application, jobs).end("failed", "There is no muscle left.")

    assert "There is no muscle left." in panel.ui.freshnessLabel.text
    assert not panel.ui.exportCsvButton.enabled
    assert application.dialogs.shown == []


def test_a_table_that_was_edited_elsewhere_is_found_out_of_date_with_its_scene(panel, application, measured, segmented):  # noqa: F811, ARG001
    panel.panel.disconnectScene()
    erase(segmented[0], FIRST, 2)
    assert not panel.ui.freshnessLabel.text

    panel.panel.connectScene()

    assert "Out of date" in panel.ui.freshnessLabel.text


def test_closing_the_scene_stops_it(panel, application, edited, jobs):  # noqa: ARG001
    job = waited_for_job(application, jobs)

    application.scene.Clear(False)

    assert job.closed
    assert not panel.logic.remeasuring.running


def test_measuring_all_anew_stops_it(panel, application, edited, jobs):
    job = waited_for_job(application, jobs)

    panel.ui.measureButton.click()
    assert job.closed
    jobs.all[-1].run()

    assert not panel.ui.freshnessLabel.text
    assert volume_of(edited, FIRST) == pytest.approx(3 * 24 * 20 / 1000)
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLPlotChartNode") == 1
