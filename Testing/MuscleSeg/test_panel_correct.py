"""The section in which a result is corrected: the table says what there is, and leads to it."""

import pytest
import slicer

from Testing.MuscleSeg.held_jobs import MUSCLES

MUSCLE, SIDE, LOCK, PROBLEM, EDITED = range(5)
RIGHT, LEFT = MUSCLES[:4], MUSCLES[4:]


def row_of(panel, sided):
    table = panel.ui.muscleTable
    for row in range(table.rowCount):
        if (table.item(row, MUSCLE).text(), table.item(row, SIDE).text()) == (sided.label.name, sided.side):
            return row
    raise AssertionError(f"{sided.name} is not in the table.")


def cell(panel, sided, column):
    return panel.ui.muscleTable.item(row_of(panel, sided), column).text()


def click(panel, sided):
    table = panel.ui.muscleTable
    table.setCurrentCell(row_of(panel, sided), MUSCLE)
    table._qt.cellClicked.emit(row_of(panel, sided), MUSCLE)


def test_without_a_result_there_is_no_empty_table(panel):
    section = panel.ui.correctCollapsibleButton
    section.collapsed = False

    assert not panel.ui.muscleTable.isVisibleTo(section)
    assert not panel.ui.segmentEditor.isVisibleTo(section)


@pytest.mark.usefixtures("segmented")
def test_both_sides_are_listed_with_their_colours(panel):
    table = panel.ui.muscleTable

    sides = [table.item(row, SIDE).text() for row in range(table.rowCount)]
    assert sides == sorted(sides, reverse=True)
    assert set(sides) == {"right", "left"}
    swatch = table.item(row_of(panel, RIGHT[0]), MUSCLE).icon()._qt.pixmap(12, 12).toImage().pixelColor(5, 5)
    assert (swatch.red(), swatch.green(), swatch.blue()) == tuple(RIGHT[0].label.color)


def test_what_is_wrong_is_said_in_the_row(panel, volume, jobs):  # noqa: ARG001
    panel.ui.segmentButton.click()
    jobs.last.finish({"kind": "border", "text": "It reaches the border.", "label": LEFT[1].value, "slice": 2})

    assert cell(panel, LEFT[1], PROBLEM) == "cut off"
    assert panel.ui.muscleTable.item(row_of(panel, LEFT[1]), PROBLEM).toolTip() == "It reaches the border."
    assert cell(panel, RIGHT[1], PROBLEM) == ""


def test_a_row_selects_its_segment_and_centres_the_views(panel, application, segmented):
    red = application.scene.AddNewNodeByClass("vtkMRMLSliceNode")
    application.scene.AddNewNodeByClass("vtkMRMLSliceCompositeNode")

    click(panel, LEFT[2])

    assert panel.ui.segmentEditor.segmentationNode() == segmented[1]
    assert panel.ui.segmentEditor.currentSegmentID() == LEFT[2].segment_id
    centre = segmented[1].GetSegmentCenterRAS(LEFT[2].segment_id)
    shown = [red.GetSliceToRAS().GetElement(axis, 3) for axis in range(3)]
    assert shown == pytest.approx(list(centre))


def test_an_empty_segment_can_be_selected_to_be_painted(panel, segmented):
    segmented[0].GetSegmentation().ClearSegment(RIGHT[0].segment_id)
    panel.panel.correct.refresh()

    click(panel, RIGHT[1])
    click(panel, RIGHT[0])

    assert panel.ui.segmentEditor.currentSegmentID() == RIGHT[0].segment_id


def test_the_tick_shows_and_hides(panel, segmented):
    panel.ui.muscleTable.item(row_of(panel, RIGHT[0]), MUSCLE)._qt.setCheckState(
        __import__("PySide6.QtCore", fromlist=["Qt"]).Qt.CheckState.Unchecked
    )

    display = segmented[0].GetDisplayNode()
    assert not display.GetSegmentVisibility(RIGHT[0].segment_id)
    assert display.GetSegmentVisibility(RIGHT[1].segment_id)


def test_an_edit_appears_by_itself(panel, application, segmented):
    segmented[0].GetSegmentation().ClearSegment(RIGHT[2].segment_id)

    application.wait_until(lambda: cell(panel, RIGHT[2], EDITED), seconds=5)

    assert cell(panel, RIGHT[2], EDITED) == "slices 1–4"
    assert cell(panel, LEFT[2], EDITED) == ""


def test_a_renamed_segment_and_one_hidden_elsewhere_are_shown_as_they_are(panel, application, segmented):
    segmented[0].GetSegmentation().GetSegment(RIGHT[0].segment_id).SetName("my name")
    segmented[0].GetDisplayNode().SetSegmentVisibility(RIGHT[0].segment_id, False)

    table = panel.ui.muscleTable
    application.wait_until(
        lambda: "my name" in [table.item(row, MUSCLE).text() for row in range(table.rowCount)], seconds=5
    )

    (row,) = [row for row in range(table.rowCount) if table.item(row, MUSCLE).text() == "my name"]
    assert table.item(row, MUSCLE)._qt.checkState().value == 0


def test_the_selected_row_stays_selected_while_painting(panel, segmented):
    click(panel, LEFT[1])
    segmented[0].GetSegmentation().ClearSegment(RIGHT[0].segment_id)
    panel.panel.correct.refresh()

    assert panel.ui.muscleTable.currentRow() == row_of(panel, LEFT[1])
    assert panel.ui.segmentEditor.currentSegmentID() == LEFT[1].segment_id


def test_a_segmentation_of_others_can_be_corrected_too(panel, application, volume):
    theirs = application.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "theirs")
    theirs.CreateDefaultDisplayNodes()
    theirs.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    theirs.GetSegmentation().AddEmptySegment("a", "a muscle")

    panel.ui.segmentationSelector.setCurrentNode(theirs)

    assert panel.ui.muscleTable.rowCount == 1
    assert panel.ui.segmentEditor.segmentationNode() == theirs
    assert panel.ui.segmentEditor.sourceVolumeNode() == volume


def test_the_editor_has_a_tool_and_a_brush_of_its_own(panel, application):
    theirs = slicer.vtkMRMLSegmentEditorNode()
    theirs.SetSingletonTag("SegmentEditor")
    theirs = application.scene.AddNode(theirs)

    assert panel.ui.segmentEditor.mrmlSegmentEditorNode() is not None
    assert panel.ui.segmentEditor.mrmlSegmentEditorNode() != theirs


def test_the_muscle_that_is_edited_first_is_marked(panel, segmented):  # noqa: ARG001
    assert panel.ui.segmentEditor.currentSegmentID() == RIGHT[0].segment_id
    assert panel.ui.muscleTable.currentRow() == row_of(panel, RIGHT[0])


def test_the_muscle_that_the_editor_selects_by_a_shortcut_is_marked(panel, segmented):  # noqa: ARG001
    click(panel, RIGHT[1])

    panel.ui.segmentEditor._qt.select_segment(RIGHT[2].segment_id)

    assert panel.ui.muscleTable.currentRow() == row_of(panel, RIGHT[2])
    assert panel.ui.segmentEditor.currentSegmentID() == RIGHT[2].segment_id


def test_the_first_muscle_of_the_side_that_is_chosen_above_is_marked(panel, segmented):
    click(panel, RIGHT[1])

    panel.ui.segmentationSelector.setCurrentNode(segmented[1])

    assert panel.ui.segmentEditor.currentSegmentID() == LEFT[0].segment_id
    assert panel.ui.muscleTable.currentRow() == row_of(panel, LEFT[0])


def test_a_muscle_that_is_added_in_the_editor_is_marked_once_it_is_listed(panel, segmented):
    click(panel, RIGHT[1])
    segmentation = segmented[0].GetSegmentation()
    added = segmentation.AddEmptySegment("added", "one more")

    panel.ui.segmentEditor._qt.select_segment(added)
    assert panel.ui.muscleTable.currentRow() == -1
    panel.panel.correct.refresh()

    table = panel.ui.muscleTable
    assert table.item(table.currentRow(), MUSCLE).text() == "one more"


def test_a_row_of_the_other_side_is_marked_and_the_tool_stays_in_hand(panel, segmented):  # noqa: ARG001
    click(panel, RIGHT[1])
    panel.ui.segmentEditor.setActiveEffectByName("Paint")

    click(panel, LEFT[2])

    assert panel.ui.muscleTable.currentRow() == row_of(panel, LEFT[2])
    assert panel.ui.segmentEditor.currentSegmentID() == LEFT[2].segment_id
    assert panel.ui.segmentEditor.activeEffect().name == "Paint"


def test_no_tool_is_taken_in_hand_by_a_row_of_the_other_side(panel, segmented):  # noqa: ARG001
    click(panel, RIGHT[1])
    click(panel, LEFT[2])

    assert panel.ui.segmentEditor.activeEffect() is None


def test_the_column_stays_when_rows_are_walked_with_the_keyboard(panel, segmented):  # noqa: ARG001
    panel.ui.muscleTable.setCurrentCell(row_of(panel, RIGHT[1]), LOCK)
    panel.panel.correct.refresh()

    assert panel.ui.muscleTable._qt.currentColumn() == LOCK
