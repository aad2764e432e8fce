"""The section in which a result is measured: sources in, table, plot and report out."""

import json
from importlib.util import find_spec

import pandas as pd
import pytest
import slicer
from PySide6.QtCore import Qt

from Testing.MuscleSeg.conftest import MODULE
from Testing.MuscleSeg.held_jobs import MUSCLES
from Testing.slicer_stand_in import load_module

NONE, MAP, IMAGES = range(3)


@pytest.fixture
def measured(panel, segmented, jobs):  # noqa: ARG001
    """The table of the sizes of all muscles."""
    panel.ui.measureButton.click()
    jobs.all[-1].run()
    return panel.logic.getParameterNode().measures


def shown(panel, name):
    return getattr(panel.ui, name).isVisibleTo(panel.ui.biomarkersCollapsibleButton)


def summary_of(table):
    return table.GetNodeReference("MuscleSeg.Summary")


def cells(table):
    columns = [table.GetColumnName(column) for column in range(table.GetNumberOfColumns())]
    return pd.DataFrame(
        [[table.GetCellText(row, column) for column in range(len(columns))] for row in range(table.GetNumberOfRows())],
        columns=columns,
    )


def test_there_is_nothing_to_measure_without_a_segmentation(panel, volume):  # noqa: ARG001
    assert not panel.ui.measureButton.enabled
    assert "nothing to measure" in panel.ui.measureObstacleLabel.text


def test_fields_appear_with_the_source_they_belong_to(panel):
    panel.ui.biomarkersCollapsibleButton.collapsed = False

    for source in "ff", "t2", "mtr":
        for index in (NONE, MAP, IMAGES):
            getattr(panel.ui, f"{source}SourceComboBox").currentIndex = index
            fields = [shown(panel, f"{source}{name}Widget") for name in ("Map", "Images")]
            assert fields == [index == MAP, index == IMAGES]


def test_a_source_without_its_images_is_said_and_not_left_out_silently(panel, segmented, add_volume):  # noqa: ARG001
    assert panel.ui.measureButton.enabled
    panel.ui.ffSourceComboBox.currentIndex = IMAGES
    panel.ui.fatSelector.setCurrentNode(add_volume("fat"))
    panel.ui.t2SourceComboBox.currentIndex = IMAGES

    assert not panel.ui.measureButton.enabled
    assert "Choose what FF, T2 is measured in" in panel.ui.measureObstacleLabel.text


def test_a_path_that_is_emptied_is_not_measured_in(panel):
    panel.ui.t2EchoesEdit.currentPath = "/scans/echoes"
    panel.ui.t2EchoesEdit.currentPath = ""

    assert panel.logic.getParameterNode().t2Echoes == ""


def test_volumes_that_are_named_for_a_source_are_chosen_with_it(panel, segmented, add_volume):  # noqa: ARG001
    fat, water, _map = (add_volume(name) for name in ("Dixon_fat", "Dixon_W", "T2 map"))
    for source in (panel.ui.ffSourceComboBox, panel.ui.t2SourceComboBox):
        source.currentIndex = IMAGES
        source._qt.activated.emit(IMAGES)

    assert panel.ui.fatSelector.currentNode() is fat
    assert panel.ui.waterSelector.currentNode() is water
    add_volume("another T2")
    panel.ui.t2SourceComboBox.currentIndex = MAP
    panel.ui.t2SourceComboBox._qt.activated.emit(MAP)
    assert panel.ui.t2MapSelector.currentNode() is None  # Two are named so.


def test_the_table_has_both_sides_and_the_right_volumes(panel, measured):
    table = cells(measured)

    muscles = table[table["kind"] == "muscle"].set_index(["abbreviation", "side"])
    for sided in MUSCLES:
        # 4 slices of 3 × 8 voxels of 2 × 2 × 5 mm.
        volume = float(muscles.loc[(sided.label.abbreviation, sided.side), "volume_cm3"])
        assert volume == pytest.approx(4 * 24 * 20 / 1000)
    assert panel.ui.measuresTable.mrmlTableNode() == summary_of(measured)
    panel.ui.biomarkersCollapsibleButton.collapsed = False
    assert shown(panel, "measuresWidget")


def test_the_panel_shows_right_beside_left_as_the_report_does(panel, measured):  # noqa: ARG001
    summary = panel.ui.measuresTable.mrmlTableNode()

    shown = cells(summary).set_index("Muscle")
    for sided in MUSCLES:
        title = f"{sided.label.name} ({sided.label.abbreviation})"
        assert shown.loc[title, f"Volume, cm³ {sided.side}"] == "1.9"


def test_an_edit_is_measured(panel, segmented, jobs):
    segmented[1].GetSegmentation().ClearSegment(MUSCLES[-1].segment_id)

    panel.ui.measureButton.click()
    jobs.all[-1].run()

    table = cells(panel.logic.getParameterNode().measures)
    left = table[(table["abbreviation"] == MUSCLES[-1].label.abbreviation) & (table["side"] == "left")]
    assert left.empty or float(left["volume_cm3"].iloc[0]) == 0


def test_the_plot_is_shown(panel, measured):
    panel.ui.plotButton.click()

    chart = slicer.app.applicationLogic().GetSelectionNode().GetActivePlotChartID()
    assert slicer.mrmlScene.GetNodeByID(chart).GetNumberOfPlotSeriesNodes() == len(MUSCLES)
    assert measured.GetNodeReference("MuscleSeg.Chart").GetID() == chart


def test_a_plot_that_was_deleted_is_a_sentence_and_the_layout_stays(panel, application, measured):
    application.scene.RemoveNode(measured.GetNodeReference("MuscleSeg.Chart"))
    before = slicer.app.layoutManager().layout
    application.dialogs.will_be_answered(None)

    panel.ui.plotButton.click()

    assert "The plot was deleted" in application.dialogs.shown[0]["text"]
    assert slicer.app.layoutManager().layout == before


def test_the_table_is_saved_with_the_same_numbers(panel, application, measured, tmp_path):
    application.dialogs.will_be_answered(str(tmp_path / "measures"))

    panel.ui.exportCsvButton.click()

    saved = pd.read_csv(tmp_path / "measures.csv", dtype=str, keep_default_na=False)
    for column in ("name", "side"):
        assert list(saved[column]) == list(cells(measured)[column])
    assert [float(value) for value in saved["volume_cm3"]] == pytest.approx(
        [float(value) for value in cells(measured)["volume_cm3"]]
    )
    assert "Saved" in panel.ui.measureStatusLabel.text


def test_a_report_is_made_by_a_process_of_what_is_in_the_scene(panel, application, measured, jobs, tmp_path):  # noqa: ARG001
    application.dialogs.will_be_answered(str(tmp_path / "report.html"))

    panel.ui.exportHtmlButton.click()
    jobs.all[-1].run()

    assert "vastus lateralis" in (tmp_path / "report.html").read_text(encoding="utf-8").lower()
    assert {"--segmentation", "--image"} <= set(jobs.all[-1].arguments)


def test_nothing_is_saved_when_the_user_would_rather_not(panel, application, measured, jobs):  # noqa: ARG001
    application.dialogs.will_be_answered("")
    before = len(jobs.all)

    panel.ui.exportPdfButton.click()

    assert len(jobs.all) == before


def test_the_link_to_what_was_saved_can_be_clicked_and_followed_with_the_keyboard(panel):
    flags = panel.ui.measureStatusLabel._qt.textInteractionFlags()

    assert flags & Qt.TextInteractionFlag.LinksAccessibleByMouse
    assert flags & Qt.TextInteractionFlag.LinksAccessibleByKeyboard


def test_a_failure_leaves_the_scene_as_it_was(panel, application, segmented, jobs):  # noqa: ARG001
    application.dialogs.will_be_answered(None)
    before = application.scene.GetNumberOfNodes()
    panel.ui.measureButton.click()

    jobs.all[-1].end("failed", "The maps do not lie over the muscles.")

    assert application.dialogs.shown[0]["text"] == "The maps do not lie over the muscles."
    assert application.scene.GetNumberOfNodes() == before
    assert panel.ui.measureButton.enabled


def test_cancelling_leaves_the_scene_as_it_was(panel, application, segmented, jobs):  # noqa: ARG001
    before = application.scene.GetNumberOfNodes()
    panel.ui.measureButton.click()

    panel.ui.measureCancelButton.click()

    assert application.scene.GetNumberOfNodes() == before
    assert panel.ui.measureStatusLabel.text == "Cancelled. The scene is as it was."


def test_closing_the_scene_stops_measuring(panel, application, segmented, jobs):  # noqa: ARG001
    panel.ui.measureButton.click()

    application.scene.Clear(False)

    assert jobs.all[-1].closed
    assert not panel.logic.measuring.running


def test_a_table_is_shown_again_with_its_scene(panel, application, measured):  # noqa: ARG001
    panel.panel.disconnectScene()
    assert panel.ui.measuresTable.mrmlTableNode() is None

    panel.panel.connectScene()

    assert panel.ui.measuresTable.mrmlTableNode() == summary_of(measured)


def test_a_table_that_is_removed_from_the_scene_is_not_shown_any_more(panel, application, measured):
    panel.ui.biomarkersCollapsibleButton.collapsed = False
    assert shown(panel, "measuresWidget")

    application.scene.RemoveNode(measured)

    assert not shown(panel, "measuresWidget")


def test_warnings_about_the_numbers_are_listed(panel, measured):
    text = measured.GetNodeReference("MuscleSeg.Measures")
    content = json.loads(text.GetText())
    content["warnings"] = ["The fat fraction map covers half of the muscles."]
    text.SetText(json.dumps(content))

    panel.panel.biomarkers.measures.refresh()

    assert panel.ui.measureWarningsList.item(0).text() == "The fat fraction map covers half of the muscles."


def test_a_section_whose_library_part_is_missing_is_absent(application, jobs, monkeypatch):  # noqa: ARG001
    import MuscleSegModule.panel as module

    monkeypatch.setattr(module, "find_spec", lambda name: None if name.endswith("measure") else find_spec(name))
    load_module(MODULE)
    panel = slicer.modules.muscleseg.widgetRepresentation().self()

    assert panel.panel.biomarkers is None
    assert not panel.ui.biomarkersCollapsibleButton.isVisibleTo(panel.parent)
