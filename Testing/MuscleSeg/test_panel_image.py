"""The section in which a volume is chosen and segmented, driven by its buttons."""

import os
from pathlib import Path

import pytest
import slicer

from MuscleSegLib.errors import InputError
from Testing.MuscleSeg.held_jobs import MUSCLES, label_map_for


def segmentation_nodes(application):
    return slicer.util.getNodesByClass("vtkMRMLSegmentationNode", application.scene)


def clicks(text):
    """Answers a message box by the button with this text."""

    def click(box):
        next(button for button in box.buttons() if button.text().replace("&", "") == text).click()

    return click


def erase(node, segment_id):
    node.GetSegmentation().ClearSegment(segment_id)


def test_there_is_nothing_to_segment_without_a_volume(panel):
    assert not panel.ui.segmentButton.enabled


def test_the_first_volume_is_chosen(panel, volume):
    assert panel.ui.volumeSelector.currentNode() == volume
    assert panel.ui.segmentButton.enabled


def test_ctrl_return_segments(panel, volume, jobs):  # noqa: ARG001
    assert panel.ui.segmentButton.shortcut._qt.toString() == "Ctrl+Return"


def test_models_are_offered_with_what_they_were_trained_on(panel):
    menu = panel.ui.modelComboBox

    assert [menu.itemText(index) for index in range(menu.count)] == ["HRNet (thigh + leg)", "U-Net 2D (thigh + leg)"]
    assert "simulated" in panel.ui.trainedOnLabel.text
    assert "Visible Human" in panel.ui.trainedOnLabel.toolTip


def test_a_model_that_is_not_installed_is_said_and_not_started(panel, volume):  # noqa: ARG001
    panel.logic.getParameterNode().model = "their own"

    assert "their own" in panel.ui.segmentObstacleLabel.text
    assert not panel.ui.segmentButton.enabled


def test_the_choices_reach_the_command_line(panel, volume, jobs):  # noqa: ARG001
    panel.ui.modelComboBox.currentIndex = 1
    panel.ui.regionComboBox.currentIndex = 1
    panel.ui.deviceComboBox.currentIndex = 1
    panel.ui.labelsComboBox.currentIndex = panel.ui.labelsComboBox.findData("hostin")

    panel.ui.segmentButton.click()

    chosen = {name: jobs.last.argument(f"--{name}") for name in ("model", "region", "device", "labels")}
    assert chosen == {"model": "unet2d", "region": "thigh", "device": "cpu", "labels": "hostin"}


def test_a_file_of_the_run_names_no_patient(panel, volume, jobs):
    volume.SetName("Doe^Jane")

    panel.ui.segmentButton.click()

    assert not any("Doe" in argument for argument in jobs.last.arguments)


def test_while_it_runs_it_can_be_cancelled_and_nothing_else_is_offered(panel, volume, jobs):  # noqa: ARG001
    panel.ui.segmentButton.click()

    assert panel.ui.runningWidget.isVisibleTo(panel.ui.imageCollapsibleButton)
    assert not panel.ui.segmentButton.enabled
    assert jobs.last.started


def test_progress_is_told_in_words_with_the_time_that_is_left(panel, volume, jobs, monkeypatch):  # noqa: ARG001
    import MuscleSegModule.image_section

    seconds = iter([100.0, 100.0, 130.0])
    monkeypatch.setattr(MuscleSegModule.image_section.time, "monotonic", lambda: next(seconds))
    panel.ui.segmentButton.click()

    jobs.last.progress(0.5, "Segmenting slice 15 of 30")

    assert panel.ui.progressBar.value == panel.ui.progressBar.maximum / 2
    assert panel.ui.progressLabel.text == "Segmenting slice 15 of 30, about 30 s left"


def test_a_result_is_shown_over_the_image_in_3d_and_for_correction(panel, volume, segmented):
    right, left = segmented

    assert (right.GetName(), left.GetName()) == ("T1 muscles right", "T1 muscles left")
    assert right.GetSegmentation().ContainsRepresentation("Closed surface")
    assert panel.logic.getParameterNode().segmentation == right
    assert panel.ui.segmentEditor.segmentationNode() == right
    assert panel.ui.segmentEditor.sourceVolumeNode() == volume
    assert not panel.ui.correctCollapsibleButton.collapsed
    assert panel.ui.segmentButton.enabled
    assert "muscles were segmented" in panel.ui.statusLabel.text


def test_nothing_is_in_the_scene_before_the_result_is_complete(panel, application, volume, jobs):  # noqa: ARG001
    before = application.scene.GetNumberOfNodes()
    panel.ui.segmentButton.click()
    jobs.last.progress(0.9, "Almost")

    assert application.scene.GetNumberOfNodes() == before


def test_the_files_of_a_run_are_removed(panel, volume, jobs, application):  # noqa: ARG001
    panel.ui.segmentButton.click()
    folder = Path(jobs.last.arguments[1]).parent
    assert folder.is_dir()
    jobs.last.finish()

    assert not folder.exists()


def test_warnings_are_sentences_that_lead_to_the_slice(panel, application, volume, jobs):  # noqa: ARG001
    red = application.scene.AddNewNodeByClass("vtkMRMLSliceNode")
    panel.ui.segmentButton.click()
    jobs.last.finish(
        {"kind": "small", "text": "The gracilis is small.", "label": MUSCLES[0].value, "slice": 4},
        {"kind": "image", "text": "The image is coarse."},
    )
    listed = panel.ui.warningsList
    assert [listed.item(index).text() for index in range(listed.count)] == [
        "The gracilis is small.",
        "The image is coarse.",
    ]

    listed._qt.itemClicked.emit(listed._qt.item(0))

    # Slice 4 lies at -12.5 + 4 * 5 mm.
    assert red.GetSliceToRAS().GetElement(2, 3) == pytest.approx(7.5)


def test_a_warning_about_no_slice_and_no_muscle_moves_nothing(panel, application, volume, jobs):  # noqa: ARG001
    red = application.scene.AddNewNodeByClass("vtkMRMLSliceNode")
    panel.ui.segmentButton.click()
    jobs.last.finish({"kind": "image", "text": "The image is coarse."})
    before = red.GetSliceToRAS().GetElement(2, 3)

    panel.ui.warningsList._qt.itemClicked.emit(panel.ui.warningsList._qt.item(0))

    assert red.GetSliceToRAS().GetElement(2, 3) == before


def test_cancelling_leaves_the_scene_as_it_was(panel, application, volume, jobs):  # noqa: ARG001
    panel.ui.segmentButton.click()
    panel.ui.cancelButton.click()

    assert segmentation_nodes(application) == []
    assert panel.ui.segmentButton.enabled
    assert panel.ui.statusLabel.text == "Cancelled. The scene is as it was."


@pytest.mark.usefixtures("volume")
def test_a_result_that_nobody_foresaw_is_a_failure_too(panel, application, jobs, monkeypatch):
    def fail(*_arguments):
        raise KeyError("segments")

    monkeypatch.setattr("MuscleSegModule.segment_run.readResult", fail)
    application.dialogs.will_be_answered(None)
    panel.ui.segmentButton.click()

    jobs.last.end("done")

    (dialog,) = application.dialogs.shown
    assert "Something went wrong" in dialog["text"] and "KeyError: 'segments'" in dialog["detailedText"]
    assert panel.ui.segmentButton.enabled and not panel.logic.running
    assert panel.ui.statusLabel.text == "Segmenting failed. The scene is as it was."


@pytest.mark.usefixtures("volume", "jobs")
def test_a_file_of_a_run_that_another_process_has_open_keeps_nothing_running(panel, monkeypatch):
    """So it is on Windows, where the process that was cancelled may be there for a moment."""

    def refuse(*_arguments, **_options):
        raise PermissionError("The file is used by another process.")

    panel.ui.segmentButton.click()
    with monkeypatch.context() as windows:
        windows.setattr(os, "unlink", refuse)
        panel.ui.cancelButton.click()

    assert not panel.logic.running
    assert panel.ui.statusLabel.text == "Cancelled. The scene is as it was."


def test_a_failure_is_a_sentence_with_the_details_folded_away(panel, application, volume, jobs):  # noqa: ARG001
    application.dialogs.will_be_answered(None)
    panel.ui.segmentButton.click()

    jobs.last.end("failed", "The computer ran out of memory.", "Traceback ...", Path("/logs/run.log"))

    (dialog,) = application.dialogs.shown
    assert dialog["text"] == "The computer ran out of memory."
    assert dialog["detailedText"] == "Traceback ...\n\nAll that was said is in /logs/run.log."
    assert panel.ui.segmentButton.enabled


def test_a_volume_without_voxels_is_a_sentence(panel, application):
    application.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    application.dialogs.will_be_answered(None)

    panel.ui.segmentButton.click()

    assert "holds no voxels" in application.dialogs.shown[0]["text"]
    assert not panel.logic.running


def test_nothing_found_is_a_sentence(panel, application, volume, jobs):  # noqa: ARG001
    application.dialogs.will_be_answered(None)
    panel.ui.segmentButton.click()
    import SimpleITK as sitk

    image = sitk.ReadImage(jobs.last.arguments[1])

    jobs.last.finish(label_map=label_map_for(image, muscles=()))

    assert "No muscle was found" in application.dialogs.shown[0]["text"]
    assert segmentation_nodes(application) == []


def test_packages_that_the_user_does_not_want_are_not_asked_for_again(panel, volume, monkeypatch):  # noqa: ARG001
    import MuscleSegModule.image_section

    monkeypatch.setattr(MuscleSegModule.image_section, "ensurePackages", lambda: False)
    panel.ui.segmentButton.click()

    assert not panel.logic.running
    assert "nothing was segmented" in panel.ui.statusLabel.text


def test_segmenting_again_replaces_what_was_not_edited_without_asking(panel, application, segmented, jobs):
    panel.ui.segmentButton.click()
    jobs.last.finish()

    assert tuple(segmentation_nodes(application)) == segmented


@pytest.mark.parametrize(
    ("answer", "nodes", "still_empty"),
    [("Keep edited muscles", 2, True), ("Replace all", 2, False), ("Make a new segmentation", 4, True)],
)
def test_segmenting_again_asks_what_becomes_of_edits(panel, application, segmented, jobs, answer, nodes, still_empty):
    edited = MUSCLES[0].segment_id
    erase(segmented[0], edited)
    application.dialogs.will_be_answered(clicks(answer))

    panel.ui.segmentButton.click()
    jobs.last.finish()

    assert "vastus lateralis right" in application.dialogs.shown[0]["text"]
    assert len(segmentation_nodes(application)) == nodes
    assert (segmented[0].GetSegmentCenterRAS(edited) is None) == still_empty


def test_the_user_may_rather_not_segment_again(panel, application, segmented, jobs):
    erase(segmented[0], MUSCLES[0].segment_id)
    application.dialogs.will_be_answered(clicks("Cancel"))
    runs = len(jobs.all)

    panel.ui.segmentButton.click()

    assert len(jobs.all) == runs
    assert not panel.logic.running


def test_edits_made_while_it_runs_are_not_lost(panel, application, segmented, jobs):
    panel.ui.segmentButton.click()
    erase(segmented[0], MUSCLES[0].segment_id)
    application.dialogs.will_be_answered(clicks("Cancel"))

    jobs.last.finish()

    # No one agreed to lose the edit, so the result is beside it.
    assert segmented[0].GetSegmentCenterRAS(MUSCLES[0].segment_id) is None
    assert len(segmentation_nodes(application)) == 4


def test_one_volume_at_a_time(panel, volume, jobs):  # noqa: ARG001
    panel.ui.segmentButton.click()

    with pytest.raises(InputError, match="being segmented already"):
        panel.logic.segment(volume)


def test_the_device_that_automatic_means_is_said(panel, jobs):
    (asked,) = [job for job in jobs.all if job.arguments == ["devices"]]
    asked.say("Some Card (CUDA, 80 GiB)")

    assert panel.ui.deviceNoteLabel.text == "Automatic is here: Some Card (CUDA, 80 GiB)."
