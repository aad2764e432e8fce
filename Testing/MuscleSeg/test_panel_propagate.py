"""The section that carries corrections: found by itself, previewed, kept in one undo step."""

import importlib
import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume
from MuscleSegLib.segmentation.segmentation_writing import write_labelled_volume
from MuscleSegLib.slicer.edits import LastResult, gridOf
from MuscleSegLib.slicer.key_slices import keySlices
from MuscleSegLib.slicer.labelled_volumes import labelledVolumeFromSegmentationNodes
from MuscleSegLib.slicer.locks import setLocked
from MuscleSegLib.slicer.results import latestResultFor, resultOf, volumeOf
from MuscleSegLib.slicer.segmentations import labelmapOnGridOf, newSegment
from Testing.MuscleSeg.conftest import MODULE
from Testing.MuscleSeg.correcting import erase
from Testing.MuscleSeg.held_jobs import MUSCLES, label_map_for
from Testing.slicer_stand_in import load_module

FIRST, SECOND = MUSCLES[0], MUSCLES[1]


def values_of(node):
    return sitk.GetArrayFromImage(labelledVolumeFromSegmentationNodes([node], volumeOf(node)).image)


def carried_by(job, change, sure=""):
    """End a propagation with a label map that ``change`` made of what it was given, and rows of how sure it is."""
    given = sitk.ReadImage(job.arguments[3])
    values = sitk.GetArrayFromImage(given)
    change(values)
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(given)
    sitk.WriteImage(image, job.argument("--output"))
    write_sure(job, sure)
    job.end("done")


def write_sure(job, rows=""):
    Path(job.argument("--confidence")).write_text(f"# MuscleSeg\nname\tside\tslice\texpected_dsc\n{rows}")


@pytest.fixture
def corrected(panel, segmented):
    """The right side, of which the first muscle was erased in slice 2 of 6."""
    erase(segmented[0], FIRST, 2)
    panel.panel.correct.refresh()
    panel.panel.update()
    return segmented[0]


@pytest.fixture
def previewed(panel, corrected, jobs):
    """A preview in which the first muscle is gone from slice 3 as well."""
    panel.ui.previewButton.click()
    carried_by(jobs.all[-1], lambda values: values[3].__setitem__(values[3] == 1, 0))
    return corrected


def previews(application):
    nodes = slicer.util.getNodesByClass("vtkMRMLSegmentationNode", application.scene)
    return [node for node in nodes if node.GetName() == "Preview"]


def test_there_is_nothing_to_carry_without_a_segmentation(panel, volume):  # noqa: ARG001
    assert not panel.ui.previewButton.enabled
    assert "nothing to carry" in panel.ui.previewObstacleLabel.text


def test_what_was_corrected_is_found_and_said(panel, application, segmented):
    assert panel.ui.editedLabel.text == ""

    erase(segmented[0], FIRST, 2)
    application.wait_until(lambda: "Corrected" in panel.ui.editedLabel.text, seconds=5)

    assert panel.ui.editedLabel.text == "Corrected: vastus lateralis right (slice 2)."


def test_without_a_correction_the_button_says_why_it_is_grey(panel, segmented):  # noqa: ARG001
    assert not panel.ui.previewButton.enabled
    assert "Correct a few slices first" in panel.ui.previewObstacleLabel.text


def test_the_process_finds_the_corrected_slices_in_what_it_is_given(panel, corrected, jobs):  # noqa: ARG001
    panel.ui.previewButton.click()

    job = jobs.all[-1]
    assert job.arguments[:2] == ["propagate", "slices"]
    assert json.loads(Path(job.argument("--keys")).read_text()) == {FIRST.name: [2]}
    network = sitk.GetArrayFromImage(read_labelled_volume(job.argument("--network")).image)
    assert (network[2] == 1).any()


def test_one_muscle_alone_can_be_carried(panel, corrected, jobs):
    erase(corrected, SECOND, 1)
    panel.ui.segmentEditor.setCurrentSegmentID(SECOND.segment_id)
    panel.ui.onlyCheckBox.checked = True

    panel.ui.previewButton.click()

    assert jobs.all[-1].argument("--only") == SECOND.name


def test_locked_muscles_and_slices_are_said_to_the_process(panel, corrected, jobs):
    second = next(row for row, muscle in enumerate(muscle_names(panel)) if muscle == SECOND.label.name)
    panel.ui.muscleTable.item(second, 2).setCheckState(panel_qt().Checked)
    panel.ui.lockedSlicesEdit.text = "1, 4–5"

    panel.ui.previewButton.click()

    arguments = jobs.all[-1].arguments
    assert jobs.all[-1].argument("--lock") == SECOND.name
    start = arguments.index("--lock-slices")
    assert arguments[start + 1 : start + 4] == ["1", "4", "5"]
    assert corrected.GetSegmentation().GetSegment(SECOND.segment_id).HasTag("MuscleSeg.Locked")


def test_slices_that_are_none_are_refused_in_a_sentence(panel, application, corrected, jobs):  # noqa: ARG001
    application.dialogs.will_be_answered(None)
    before = len(jobs.all)
    panel.ui.lockedSlicesEdit.text = "3, seven"

    panel.ui.previewButton.click()

    assert "“seven” names no slices" in application.dialogs.shown[0]["text"]
    assert len(jobs.all) == before


def muscle_names(panel):
    table = panel.ui.muscleTable
    return [table.item(row, 0).text() for row in range(table.rowCount)]


def panel_qt():
    import qt

    return qt.Qt


@pytest.fixture
def right_only(panel, volume, jobs):
    """A result in which nothing was found on the left."""
    panel.ui.segmentButton.click()
    image = sitk.ReadImage(jobs.last.arguments[1])
    jobs.last.finish(label_map=label_map_for(image, left_out={muscle.segment_id for muscle in MUSCLES[4:]}))
    return latestResultFor(volume)


def mirrored_by(job):
    """End a mirroring with the first muscle on the other side of the image."""
    given = read_labelled_volume(job.arguments[3])
    (first,) = (label for label in given.labels if label.title == FIRST.name)
    values = sitk.GetArrayFromImage(given.image)
    values[1:5, 5:13, 26:29] = first.value + 100
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(given.image)
    labels = tuple(label for label in given.labels if (label.name, label.side) != (first.name, "left"))
    other = replace(first, value=first.value + 100, side="left")
    write_labelled_volume(replace(given, image=image, labels=(*labels, other)), Path(job.argument("--output")), {})
    write_sure(job, f"{other.name}\tleft\t2\t0.62\n{first.name}\tright\t2\t0.5\n")
    job.end("done")


def test_the_other_side_becomes_a_node_of_its_own(panel, right_only, jobs):
    (right,) = right_only
    panel.ui.propagateToComboBox.currentIndex = 1

    panel.ui.previewButton.click()
    assert jobs.all[-1].arguments[:2] == ["propagate", "side"]
    mirrored_by(jobs.all[-1])
    panel.ui.keepButton.click()

    nodes = resultOf(right)
    assert [node.GetName() for node in nodes] == ["T1 muscles right", "T1 muscles left"]
    segmentation = nodes[1].GetSegmentation()
    assert [segmentation.GetSegment(key).GetName() for key in segmentation.GetSegmentIDs()] == [
        FIRST.name.replace("right", "left")
    ]
    assert (values_of(nodes[1]) > 0).sum() == 4 * 8 * 3
    assert nodes[1].GetSaveWithScene()
    assert not nodes[1].GetHideFromEditors()
    assert muscle_names(panel).count(FIRST.label.name) == 2


def test_a_preview_of_the_other_side_says_what_it_is_least_sure_of(panel, right_only, jobs):  # noqa: ARG001
    panel.ui.propagateToComboBox.currentIndex = 1

    panel.ui.previewButton.click()
    mirrored_by(jobs.all[-1])

    name = FIRST.name.replace("right", "left")
    assert f"DSC to expect: {name} in slice 2 (0.62)." in panel.ui.propagateStatusLabel.text


def test_an_empty_muscle_of_the_other_side_is_filled_in_one_undo_step(panel, segmented, jobs):
    right, left = segmented
    name = FIRST.name.replace("right", "left")
    segment_id = left.GetSegmentation().GetSegmentIdBySegmentName(name)
    left.GetSegmentation().ClearSegment(segment_id)
    before = values_of(right)
    others = (values_of(left) > 0).sum()
    panel.ui.propagateToComboBox.currentIndex = 1

    panel.ui.previewButton.click()
    mirrored_by(jobs.all[-1])
    panel.ui.keepButton.click()

    assert (values_of(left) > 0).sum() == others + 4 * 8 * 3
    np.testing.assert_array_equal(values_of(right), before)
    assert panel.ui.propagateStatusLabel.text == "Kept. Undo takes it back in one step."
    panel.ui.segmentEditor.undo()
    assert (values_of(left) > 0).sum() == others


def test_a_preview_changes_nothing_and_is_not_saved(panel, application, previewed):
    (preview,) = previews(application)

    assert (values_of(previewed)[3] == 1).any()
    assert list(preview.GetSegmentation().GetSegmentIDs()) == [FIRST.segment_id]
    assert not preview.GetSaveWithScene()
    assert "Muscles that would change: 1" in panel.ui.propagateStatusLabel.text
    panel.ui.propagateCollapsibleButton.collapsed = False
    assert panel.ui.keepButton.isVisibleTo(panel.ui.propagateCollapsibleButton)


def test_a_preview_is_offered_nowhere(panel, previewed):  # noqa: ARG001
    assert panel.ui.segmentationSelector.nodeCount() == 2


def test_a_preview_says_what_it_is_least_sure_of(panel, corrected, jobs):  # noqa: ARG001
    panel.ui.previewButton.click()
    rows = (
        f"{FIRST.label.name}\tright\t{index}\t{expected}\n" for index, expected in ((3, 0.83), (4, 0.714), (5, 0.9))
    )
    carried_by(jobs.all[-1], lambda values: values[3].__setitem__(values[3] == 1, 0), "".join(rows))

    assert f"DSC to expect: {FIRST.name} in slice 4 (0.71)." in panel.ui.propagateStatusLabel.text


def lock_a_muscle(panel):
    panel.ui.muscleTable.item(0, 2).setCheckState(panel_qt().Checked)


def lock_slices(panel):
    panel.ui.lockedSlicesEdit.text = "3"


@pytest.mark.parametrize("lock", [lock_a_muscle, lock_slices])
def test_what_was_locked_after_the_preview_is_not_overwritten_by_keeping_it(panel, application, previewed, lock):
    before = values_of(previewed)
    application.dialogs.will_be_answered(None)
    lock(panel)

    panel.ui.keepButton.click()

    assert "locked after the preview was made" in application.dialogs.shown[0]["text"]
    np.testing.assert_array_equal(values_of(previewed), before)


def test_a_preview_that_was_deleted_elsewhere_is_not_kept(panel, application, previewed):
    before = values_of(previewed)
    application.dialogs.will_be_answered(None)
    for preview in previews(application):
        slicer.mrmlScene.RemoveNode(preview)

    panel.ui.keepButton.click()

    assert "The preview was deleted" in application.dialogs.shown[0]["text"]
    np.testing.assert_array_equal(values_of(previewed), before)


def test_keeping_is_one_undo_step_and_touches_nothing_else(panel, application, previewed):
    before = values_of(previewed)

    panel.ui.keepButton.click()

    expected = before.copy()
    expected[3][expected[3] == 1] = 0
    np.testing.assert_array_equal(values_of(previewed), expected)
    assert previews(application) == []
    assert keySlices(previewed) == {FIRST.segment_id: (2,)}
    panel.ui.segmentEditor.undo()
    np.testing.assert_array_equal(values_of(previewed), before)


def test_discarding_leaves_the_muscles_as_they_were(panel, application, previewed):
    before = values_of(previewed)

    panel.ui.discardButton.click()

    np.testing.assert_array_equal(values_of(previewed), before)
    assert previews(application) == []


def test_an_edit_after_the_preview_is_not_overwritten(panel, application, previewed):
    erase(previewed, FIRST, 4)
    before = values_of(previewed)
    application.dialogs.will_be_answered(None)

    panel.ui.keepButton.click()

    assert "Make the preview again" in application.dialogs.shown[0]["text"]
    np.testing.assert_array_equal(values_of(previewed), before)


def test_a_preview_that_the_user_deleted_is_gone(panel, application, previewed):  # noqa: ARG001
    application.scene.RemoveNode(previews(application)[0])
    panel.panel.propagate.update()

    assert not panel.ui.keepWidget.isVisibleTo(panel.ui.propagateCollapsibleButton)


def test_the_slice_worth_correcting_next_is_one_click_away(panel, application, corrected, jobs):  # noqa: ARG001
    red = application.scene.AddNewNodeByClass("vtkMRMLSliceNode")
    panel.ui.previewButton.click()
    jobs.all[-1].say("slice to correct next: 4")
    carried_by(jobs.all[-1], lambda values: values[3].__setitem__(values[3] == 1, 0))

    assert "slice 4," in panel.ui.nextSliceButton.text
    panel.ui.nextSliceButton.click()

    assert red.GetSliceToRAS().GetElement(2, 3) == pytest.approx(-12.5 + 4 * 5)


def test_of_a_later_scan_its_own_slice_is_worth_correcting_until_it_is_discarded(
    panel,
    application,
    corrected,  # noqa: ARG001
    jobs,
    add_volume,
):
    red = application.scene.AddNewNodeByClass("vtkMRMLSliceNode")
    later = add_volume("later")
    later.SetOrigin(*later.GetOrigin()[:2], 100.0)
    panel.ui.propagateToComboBox.currentIndex = 2
    panel.ui.scanSelector.setCurrentNode(later)
    panel.ui.previewButton.click()
    jobs.all[-1].say("slice to correct next: 4")
    carried_by(jobs.all[-1], lambda _values: None)

    panel.ui.nextSliceButton.click()
    assert red.GetSliceToRAS().GetElement(2, 3) == pytest.approx(100.0 + 4 * 5)

    panel.ui.discardButton.click()
    assert not panel.ui.nextSliceButton.isVisibleTo(panel.ui.propagateCollapsibleButton)


def test_a_later_scan_gets_a_result_of_its_own(panel, application, corrected, jobs, add_volume):  # noqa: ARG001
    later = add_volume("later")
    panel.ui.propagateToComboBox.currentIndex = 2
    panel.ui.scanSelector.setCurrentNode(later)

    panel.ui.previewButton.click()
    assert jobs.all[-1].arguments[:2] == ["propagate", "scan"]
    assert Path(jobs.all[-1].arguments[4]).name == "scan.nrrd"
    carried_by(jobs.all[-1], lambda _values: None)
    panel.ui.keepButton.click()

    nodes = resultOf(panel.logic.getParameterNode().segmentation)
    assert [node.GetName() for node in nodes] == ["later muscles right", "later muscles left"]
    assert all(volumeOf(node) == later for node in nodes)
    assert all(node.GetSaveWithScene() and not node.GetHideFromEditors() for node in nodes)
    assert panel.ui.segmentationSelector.currentNode() == nodes[0]
    assert panel.ui.propagateStatusLabel.text == "Kept as “later muscles right” + “later muscles left”."
    assert keySlices(nodes[0]) == {}


def test_cancelling_and_failing_leave_the_scene_as_it_was(panel, application, corrected, jobs):  # noqa: ARG001
    before = application.scene.GetNumberOfNodes()
    panel.ui.previewButton.click()
    panel.ui.propagateCancelButton.click()
    assert panel.ui.propagateStatusLabel.text == "Cancelled. The scene is as it was."

    application.dialogs.will_be_answered(None)
    panel.ui.previewButton.click()
    jobs.all[-1].end("failed", "The key slices contradict each other.")

    assert application.dialogs.shown[0]["text"] == "The key slices contradict each other."
    assert application.scene.GetNumberOfNodes() == before
    assert panel.ui.previewButton.enabled


def test_closing_the_scene_stops_it(panel, application, corrected, jobs):  # noqa: ARG001
    panel.ui.previewButton.click()

    application.scene.Clear(False)

    assert jobs.all[-1].closed
    assert not panel.logic.propagating.running


def test_the_true_command_carries_a_correction(panel, application, corrected, jobs):
    panel.ui.previewButton.click()
    jobs.all[-1].run()

    (preview,) = previews(application)
    assert FIRST.segment_id in preview.GetSegmentation().GetSegmentIDs()
    panel.ui.keepButton.click()
    assert not (values_of(corrected)[2] == 1).any()  # What was drawn stays as it was drawn.


def test_the_other_sides_muscle_is_carried_when_it_was_chosen_in_the_table(panel, segmented, jobs):
    _right, left = segmented
    names, table = muscle_names(panel), panel.ui.muscleTable
    row = next(n for n in range(len(names)) if names[n] == FIRST.label.name and table.item(n, 1).text() == "left")
    table.setCurrentCell(row, 0)
    erase(left, MUSCLES[4], 2)
    panel.panel.correct.refresh()
    panel.panel.update()

    panel.ui.previewButton.click()

    assert panel.ui.editedLabel.text == "Corrected: vastus lateralis left (slice 2)."
    assert json.loads(Path(jobs.all[-1].argument("--keys")).read_text()) == {MUSCLES[4].name: [2]}


def test_a_locked_muscle_without_voxels_is_not_told_of(panel, corrected, jobs):
    """The files hold no empty muscle: the process would not know of what it is told."""
    corrected.GetSegmentation().ClearSegment(SECOND.segment_id)
    setLocked(corrected.GetSegmentation().GetSegment(SECOND.segment_id), True)

    panel.ui.previewButton.click()

    assert "--lock" not in jobs.all[-1].arguments
    jobs.all[-1].run()
    assert "Muscles that would change" in panel.ui.propagateStatusLabel.text


def drawn_from_nothing(volume, *slices):
    """A segmentation that was not made here: one muscle, drawn in a few slices."""
    values = np.zeros(volume.GetImageData().GetDimensions()[::-1], np.uint8)
    values[list(slices), 5:13, 5:13] = 1
    segment = newSegment("foo", (200, 0, 0), "", 1)
    segment.AddRepresentation("Binary labelmap", labelmapOnGridOf(volume, values))
    node = volume.GetScene().AddNewNodeByClass("vtkMRMLSegmentationNode", "drawn")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    node.GetSegmentation().AddSegment(segment, "foo")
    return node


def test_what_was_drawn_from_nothing_is_corrected_and_carried_again(panel, volume, jobs):
    node = drawn_from_nothing(volume, 1, 4)
    panel.logic.getParameterNode().segmentation = node
    panel.ui.previewButton.click()
    jobs.all[-1].run()
    panel.ui.keepButton.click()
    slicer.util.arrayFromSegmentInternalBinaryLabelmap(node, "foo")[2, 3:16, 3:16] = 1
    node.GetSegmentation().GetLayerDataObject(0, "Binary labelmap").Modified()
    panel.panel.correct.refresh()
    panel.panel.update()
    drawn = values_of(node)

    panel.ui.previewButton.click()

    assert json.loads(Path(jobs.all[-1].argument("--keys")).read_text()) == {"foo": [1, 2, 4]}
    jobs.all[-1].run()
    panel.ui.keepButton.click()
    np.testing.assert_array_equal(values_of(node)[[1, 2, 4]], drawn[[1, 2, 4]])
    assert (values_of(node)[3] != drawn[3]).any()


def test_overlapping_muscles_are_refused_in_a_sentence(panel, application, corrected, jobs):  # noqa: ARG001
    """Each voxel comes back of one muscle: what the other one had would be lost."""
    values = np.zeros(volumeOf(corrected).GetImageData().GetDimensions()[::-1], np.uint8)
    values[2:4] = 1
    segment = newSegment("over all", (0, 0, 200), "", 1)
    segment.AddRepresentation("Binary labelmap", labelmapOnGridOf(volumeOf(corrected), values))
    corrected.GetSegmentation().AddSegment(segment, "over all")
    application.dialogs.will_be_answered(None)

    panel.ui.previewButton.click()

    assert "Let each voxel be of one muscle" in application.dialogs.shown[0]["text"]


def test_a_segmentation_on_another_grid_is_refused_in_a_sentence(panel, application, volume):
    node = drawn_from_nothing(volume, 1, 4)
    labelmap = node.GetSegmentation().GetLayerDataObject(0, "Binary labelmap")
    labelmap.SetOrigin(*(coordinate + 0.5 for coordinate in labelmap.GetOrigin()))
    panel.logic.getParameterNode().segmentation = node
    application.dialogs.will_be_answered(None)

    panel.ui.previewButton.click()

    assert "does not lie on the grid of “T1”" in application.dialogs.shown[0]["text"]


def test_of_a_coronal_scan_too_axial_slices_are_counted(panel, application, volume, jobs):
    """As the command counts them: what was corrected in one stays as it was drawn."""
    node = drawn_from_nothing(volume, *range(6))
    red = application.scene.AddNewNodeByClass("vtkMRMLSliceNode")
    volume.SetIJKToRASDirections(-1, 0, 0, 0, 0, -1, 0, -1, 0)  # rows towards inferior, slices towards posterior
    volume.Modified()
    labelmap = node.GetSegmentation().GetLayerDataObject(0, "Binary labelmap")
    matrix = vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    labelmap.SetImageToWorldMatrix(matrix)
    LastResult(values_of(node).astype(np.uint8), {1: "foo"}, gridOf(matrix)).keepIn(node)
    panel.logic.getParameterNode().segmentation = node
    slicer.util.arrayFromSegmentInternalBinaryLabelmap(node, "foo")[:, 9, 5:9] = 0
    labelmap.Modified()
    panel.panel.correct.refresh()
    panel.panel.update()
    drawn = values_of(node)

    assert panel.ui.editedLabel.text == "Corrected: foo (slice 9)."
    panel.ui.previewButton.click()
    jobs.all[-1].run()
    panel.ui.keepButton.click()

    np.testing.assert_array_equal(values_of(node)[:, 9], drawn[:, 9])
    assert (values_of(node) != drawn).any()
    importlib.import_module("MuscleSegModule.views").centreOnSlice(node, 9)
    height = matrix.GetElement(2, 3) + 9 * matrix.GetElement(2, 1)
    assert red.GetSliceToRAS().GetElement(2, 3) == pytest.approx(height)


def carry_to(panel, jobs, scan):
    panel.ui.propagateToComboBox.currentIndex = 2
    panel.ui.scanSelector.setCurrentNode(scan)
    panel.ui.previewButton.click()
    arguments = jobs.all[-1].arguments
    carried_by(jobs.all[-1], lambda _values: None)
    panel.ui.keepButton.click()
    return arguments


def test_what_was_carried_to_a_scan_is_not_taken_for_what_a_network_found_there(panel, corrected, jobs, add_volume):
    """Else corrections would be made twice, and those of the first visit be lost in a third."""
    later, latest = add_volume("later"), add_volume("latest")
    carry_to(panel, jobs, later)
    panel.logic.getParameterNode().segmentation = corrected
    assert "--network" not in carry_to(panel, jobs, later)
    assert "--network" not in carry_to(panel, jobs, latest)  # The segmentation chosen now is what was carried.
    assert latestResultFor(later) == ()  # Segmenting it adds a result, and replaces none.


@pytest.fixture
def filled_on_both_sides(panel, segmented, jobs):
    """The names of the muscles that were missing, right and left, and were kept from the other side."""
    right, left = segmented
    name = FIRST.name.replace("right", "left")
    left.GetSegmentation().ClearSegment(left.GetSegmentation().GetSegmentIdBySegmentName(name))
    right.GetSegmentation().ClearSegment(SECOND.segment_id)
    panel.ui.propagateToComboBox.currentIndex = 1
    panel.ui.previewButton.click()
    given = read_labelled_volume(jobs.all[-1].arguments[3])
    (first,) = (label for label in given.labels if label.title == FIRST.name)
    (second,) = (label for label in given.labels if label.title == SECOND.name.replace("right", "left"))
    labels = (*given.labels, replace(first, value=201, side="left"), replace(second, value=202, side="right"))
    values = sitk.GetArrayFromImage(given.image)
    values[1:5, 14:18, 26:29], values[1:5, 14:18, 2:5] = 201, 202
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(given.image)
    write_labelled_volume(replace(given, image=image, labels=labels), Path(jobs.all[-1].argument("--output")), {})
    write_sure(jobs.all[-1])
    jobs.all[-1].end("done")
    panel.ui.keepButton.click()
    return SECOND.name, name


def test_muscles_missing_on_both_sides_are_filled_each_on_its_own(segmented, filled_on_both_sides):
    for node, filled in zip(segmented, filled_on_both_sides, strict=True):
        segmentation = node.GetSegmentation()
        names = [segmentation.GetSegment(key).GetName() for key in segmentation.GetSegmentIDs()]
        assert (values_of(node) == names.index(filled) + 1).sum() == 4 * 4 * 3
        assert all(title.endswith(filled.split()[-1]) for title in names)


@pytest.mark.usefixtures("filled_on_both_sides")
def test_after_both_sides_were_filled_panel_and_editor_show_one_and_say_what_undo_takes_back(panel, segmented):
    edited = panel.ui.segmentEditor.segmentationNode()
    assert panel.logic.getParameterNode().segmentation == edited
    assert panel.ui.segmentationSelector.currentNode() == edited
    assert "Undo takes back only the side that the editor shows" in panel.ui.propagateStatusLabel.text
    kept = [values_of(node) for node in segmented]

    panel.ui.segmentEditor.undo()

    for node, values in zip(segmented, kept, strict=True):
        assert np.array_equal(values_of(node), values) == (node != edited)


def test_what_is_typed_does_not_have_the_corrected_slices_sought_again(panel, corrected, monkeypatch):
    sought = []
    module = importlib.import_module("MuscleSegModule.propagate_section")
    monkeypatch.setattr(module, "keySlices", lambda node: sought.append(node) or keySlices(node))

    panel.ui.pseudonymEdit.text = "A-017"
    panel.ui.lockedSlicesEdit.text = "1, 4"
    assert sought == []

    erase(corrected, SECOND, 1)
    panel.panel.update()
    assert sought == [corrected]
    assert SECOND.name in panel.ui.editedLabel.text


def test_the_corrected_slices_are_sought_for_no_other_target(panel, corrected, monkeypatch):
    sought = []
    panel.ui.propagateToComboBox.currentIndex = 1
    module = importlib.import_module("MuscleSegModule.propagate_section")
    monkeypatch.setattr(module, "keySlices", lambda node: sought.append(node) or {})

    erase(corrected, SECOND, 1)
    panel.panel.update()

    assert sought == []


def test_after_undo_the_panel_says_what_was_corrected_before(panel, previewed):
    panel.ui.keepButton.click()
    before = panel.ui.editedLabel.text
    panel.ui.segmentEditor.saveStateForUndo()
    erase(previewed, SECOND, 1)
    panel.panel.update()
    assert SECOND.name in panel.ui.editedLabel.text

    panel.ui.segmentEditor.undo()
    panel.panel.update()

    assert panel.ui.editedLabel.text == before


def test_a_locked_muscle_of_the_other_side_stays_empty(panel, segmented, jobs):
    left = segmented[1].GetSegmentation()
    segment_id = left.GetSegmentIdBySegmentName(FIRST.name.replace("right", "left"))
    left.ClearSegment(segment_id)
    setLocked(left.GetSegment(segment_id), True)
    panel.ui.propagateToComboBox.currentIndex = 1

    panel.ui.previewButton.click()
    mirrored_by(jobs.all[-1])

    assert "Nothing would change" in panel.ui.propagateStatusLabel.text


def test_a_scene_that_is_closed_takes_the_slice_worth_correcting_along(panel, application, corrected, jobs):  # noqa: ARG001
    panel.ui.previewButton.click()
    jobs.all[-1].say("slice to correct next: 4")
    carried_by(jobs.all[-1], lambda values: values[3].__setitem__(values[3] == 1, 0))

    application.scene.Clear(False)

    assert not panel.ui.nextSliceButton.isVisibleTo(panel.ui.propagateCollapsibleButton)


def test_a_section_whose_library_part_is_missing_is_absent(application, jobs, monkeypatch):  # noqa: ARG001
    import MuscleSegModule.panel as module

    monkeypatch.setattr(module, "find_spec", lambda name: None if name.endswith("propagate") else find_spec(name))
    load_module(MODULE)
    panel = slicer.modules.muscleseg.widgetRepresentation().self()

    assert panel.panel.propagate is None
    assert not panel.ui.propagateCollapsibleButton.isVisibleTo(panel.parent)
