"""What happens to scene and module while a volume is segmented, and after: nothing is lost, nothing breaks."""

import sys
import zipfile
from pathlib import Path

import pytest
import slicer

from MuscleSegLib.slicer.results import latestResultFor
from MuscleSegLib.slicer.scene import CoreApplication
from Testing.MuscleSeg.conftest import MODULE
from Testing.MuscleSeg.held_jobs import MUSCLES, HeldJob
from Testing.MuscleSeg.registered import end_registration, shift
from Testing.slicer_stand_in import load_module, unload_module


def segmentation_nodes(scene):
    return slicer.util.getNodesByClass("vtkMRMLSegmentationNode", scene)


@pytest.fixture
def library_as_it_was():
    """Reloading imports the library anew; the tests after this one go on with the one they know."""

    def loaded():
        return {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "MuscleSegLib"}

    before = loaded()
    yield
    for name in loaded():
        del sys.modules[name]
    sys.modules.update(before)


def saved(path):
    CoreApplication.saveScene(slicer.app._qt.core, path)
    return path


def opened_in(scene, bundle, folder, replace=False):
    """Add the scene of a bundle to a scene, or put it in its place, as loading it does."""
    zipfile.ZipFile(bundle).extractall(folder)
    scene.SetURL(str(next(folder.rglob("*.mrml"))))
    assert scene.Connect() if replace else scene.Import(None)


def test_closing_the_scene_stops_what_is_computed_for_it(panel, application, volume, jobs):  # noqa: ARG001
    panel.ui.segmentButton.click()
    folder = Path(jobs.last.arguments[1]).parent

    application.scene.Clear(False)

    assert jobs.last.closed
    assert not panel.logic.running
    assert not folder.exists()
    assert panel.ui.statusLabel.text == "The scene was closed, so this was stopped."
    assert segmentation_nodes(application.scene) == []


def test_a_new_scene_is_ready_for_work(panel, application, add_volume, segmented, jobs):  # noqa: ARG001
    application.scene.Clear(False)
    assert panel.ui.muscleTable.rowCount == 0
    assert not panel.ui.segmentButton.enabled

    again = add_volume("another")
    panel.ui.segmentButton.click()
    jobs.last.finish()

    assert len(latestResultFor(again)) == 2
    assert panel.ui.muscleTable.rowCount > 0


def test_a_scene_closed_from_another_module_is_shown_when_the_user_comes_back(representation, application, add_volume):
    representation._qt.exit()
    application.scene.Clear(False)
    add_volume("another")

    representation._qt.enter()

    assert representation.self().ui.volumeSelector.currentNode().GetName() == "another"


@pytest.mark.usefixtures("segmented")
def test_a_scene_opened_from_another_module_keeps_what_its_views_show(
    representation, application, add_volume, tmp_path
):
    def shown():
        return slicer.app.layoutManager().mrmlSliceLogics().GetItemAsObject(0).GetSliceCompositeNode()

    shown().SetBackgroundVolumeID(add_volume("T2").GetID())
    shown().SetForegroundVolumeID(None)
    bundle = saved(tmp_path / "scene.mrb")
    representation._qt.exit()

    application.scene.Clear(False)
    opened_in(application.scene, bundle, tmp_path / "opened")

    assert application.scene.GetNodeByID(shown().GetBackgroundVolumeID()).GetName() == "T2"
    representation._qt.enter()
    assert representation.self().ui.muscleTable.rowCount > 0


def test_a_result_that_comes_after_that_is_shown(representation, application, volume, add_volume, jobs, tmp_path):
    add_volume("another")
    bundle = saved(tmp_path / "scene.mrb")
    representation.self().ui.segmentButton.click()
    representation._qt.exit()
    opened_in(application.scene, bundle, tmp_path / "opened")

    jobs.last.finish()

    assert len(latestResultFor(volume)) == 2
    assert representation.self().ui.muscleTable.rowCount > 0


def test_deleting_the_volume_stops_segmenting_it(panel, application, volume, jobs):
    panel.ui.segmentButton.click()

    application.scene.RemoveNode(volume)

    assert jobs.last.closed
    assert panel.ui.statusLabel.text == "The volume was removed, so segmenting was stopped."
    assert not panel.ui.segmentButton.enabled


def test_deleting_another_volume_does_not(panel, application, volume, add_volume, jobs):  # noqa: ARG001
    other = add_volume("other")
    panel.ui.segmentButton.click()

    application.scene.RemoveNode(other)
    jobs.last.finish()

    assert len(segmentation_nodes(application.scene)) == 2


def test_a_process_that_cannot_even_be_started_is_not_shown_as_running(panel, application, volume, jobs, monkeypatch):  # noqa: ARG001
    application.dialogs.will_be_answered(None)
    # On Windows, Qt says so while it is started.
    monkeypatch.setattr(HeldJob, "start", lambda job: job.end("failed", "PythonSlicer could not be started."))

    panel.ui.segmentButton.click()

    section = panel.ui.imageCollapsibleButton
    assert panel.ui.segmentButton.isVisibleTo(section) and not panel.ui.runningWidget.isVisibleTo(section)
    assert panel.ui.statusLabel.text == "Segmenting failed. The scene is as it was."


def test_a_volume_moved_meanwhile_is_a_sentence(panel, application, volume, jobs):
    application.dialogs.will_be_answered(None)
    panel.ui.segmentButton.click()
    volume.SetOrigin(100, 0, 0)

    jobs.last.finish()

    assert "moved meanwhile" in application.dialogs.shown[0]["text"]
    assert segmentation_nodes(application.scene) == []


def test_deleting_a_result_empties_the_table(panel, application, segmented):
    for node in segmented:
        application.scene.RemoveNode(node)

    assert panel.ui.muscleTable.rowCount == 0
    assert panel.ui.segmentEditor.segmentationNode() is None


def test_deleting_the_earlier_result_meanwhile_makes_a_new_one(panel, application, volume, segmented, jobs):
    panel.ui.segmentButton.click()
    for node in segmented:
        application.scene.RemoveNode(node)

    jobs.last.finish()

    assert len(latestResultFor(volume)) == 2


def test_deleting_one_side_meanwhile_keeps_the_other(panel, application, segmented, jobs):
    panel.ui.segmentButton.click()
    application.scene.RemoveNode(segmented[0])

    jobs.last.finish()

    assert segmented[1] in segmentation_nodes(application.scene)
    assert len(segmentation_nodes(application.scene)) == 2


def test_switching_modules_lets_it_go_on(representation, application, volume, jobs):  # noqa: ARG001
    panel = representation.self()
    panel.ui.segmentButton.click()
    representation._qt.exit()
    assert not panel.ui.segmentEditor._qt.has_shortcuts
    assert not panel.ui.segmentEditor._qt.observes_views

    jobs.last.finish()

    assert len(segmentation_nodes(application.scene)) == 2
    assert not panel.ui.segmentEditor._qt.observes_views
    representation._qt.enter()
    assert panel.ui.segmentEditor._qt.has_shortcuts
    assert panel.ui.segmentEditor._qt.observes_views


@pytest.mark.usefixtures("library_as_it_was")
def test_reloading_stops_the_run_and_shows_the_scene_again(representation, application, volume, jobs, monkeypatch):
    panel = representation.self()
    panel.ui.segmentButton.click()
    monkeypatch.setattr(
        "slicer.ScriptedLoadableModule.ScriptedLoadableModuleWidget.onReload",
        lambda self: slicer.util.reloadScriptedModule(self.moduleName),
        raising=False,
    )

    panel.onReload()

    again = representation.self()
    assert again is not panel
    assert jobs.last.closed
    assert again.ui.volumeSelector.currentNode() == volume
    assert again.ui.segmentButton.enabled
    application.scene.RemoveNode(volume)  # What the old panel observed is no longer observed.


def test_unloading_stops_the_run(panel, volume, jobs):  # noqa: ARG001
    panel.ui.segmentButton.click()

    unload_module("MuscleSeg")

    assert jobs.last.closed


def test_a_scene_saved_while_it_runs_holds_nothing_of_the_run(panel, application, volume, jobs, tmp_path):  # noqa: ARG001
    panel.ui.segmentButton.click()
    bundle = saved(tmp_path / "mid-run.mrb")

    jobs.last.finish()

    assert len(segmentation_nodes(application.scene)) == 2
    application.scene.Clear(False)
    opened_in(application.scene, bundle, tmp_path / "opened")
    assert segmentation_nodes(application.scene) == []
    assert panel.ui.volumeSelector.currentNode().GetName() == "T1"


@pytest.mark.parametrize("replace", [False, True])
def test_a_saved_scene_restores_every_choice(panel, application, add_volume, jobs, tmp_path, replace):
    add_volume("first")
    second = add_volume("second")
    panel.ui.volumeSelector.setCurrentNode(second)
    panel.ui.regionComboBox.currentIndex = 2
    panel.ui.deviceComboBox.currentIndex = 1
    panel.ui.modelComboBox.currentIndex = 1
    panel.ui.segmentButton.click()
    jobs.last.finish({"kind": "image", "text": "The image is coarse."})
    panel.ui.labelsComboBox.currentIndex = panel.ui.labelsComboBox.findData("rohm")
    left = latestResultFor(second)[1]
    panel.ui.segmentationSelector.setCurrentNode(left)
    left.GetSegmentation().ClearSegment(MUSCLES[-1].segment_id)
    bundle = saved(tmp_path / "scene.mrb")

    if not replace:
        application.scene.Clear(False)
    opened_in(application.scene, bundle, tmp_path / "opened", replace)

    ui = panel.ui
    assert ui.volumeSelector.currentNode().GetName() == "second"
    assert (ui.regionComboBox.currentText, ui.deviceComboBox.currentText) == ("Leg", "Processor (CPU)")
    assert ui.modelComboBox.itemData(ui.modelComboBox.currentIndex) == "unet2d"
    assert ui.labelsComboBox.itemData(ui.labelsComboBox.currentIndex) == "rohm"
    assert ui.segmentationSelector.currentNode().GetName() == "second muscles left"
    assert ui.segmentEditor.segmentationNode() == ui.segmentationSelector.currentNode()
    assert ui.segmentEditor.mrmlSegmentEditorNode().GetSegmentationNode() == ui.segmentationSelector.currentNode()
    assert ui.segmentEditor.sourceVolumeNode() == ui.volumeSelector.currentNode()
    assert ui.warningsList.count == 1
    edited = [ui.muscleTable.item(row, 4).text() for row in range(ui.muscleTable.rowCount)]
    assert [text for text in edited if text] == ["slices 1–4"]


@pytest.mark.usefixtures("segmented")
def test_a_saved_scene_restores_what_was_measured_and_finds_it_up_to_date(
    panel, application, add_volume, jobs, tmp_path
):
    ui = panel.ui
    fat_fraction = add_volume("FF")
    slicer.util.arrayFromVolume(fat_fraction)[:] %= 100
    ui.ffSourceComboBox.currentIndex = 1
    ui.ffMapSelector.setCurrentNode(fat_fraction)
    ui.pseudonymEdit.text, ui.lockedSlicesEdit.text = "A-017", "2, 4"
    ui.measureButton.click()
    end_registration(jobs.all[-1], shift(4.0), ["Look at it."])
    jobs.all[-1].run()
    bundle = saved(tmp_path / "measured.mrb")

    application.scene.Clear(False)
    assert ui.measuresTable.mrmlTableNode() is None
    opened_in(application.scene, bundle, tmp_path / "opened")

    assert ui.ffTransformSelector.currentNode().GetName() == "T1 over FF"
    assert "overlap by 97%" in ui.ffQualityLabel.text
    assert ui.measuresTable.mrmlTableNode().GetNumberOfRows() > 0
    assert ui.measureWarningsList.item(0).text() == "FF map: Look at it."
    assert (ui.pseudonymEdit.text, ui.lockedSlicesEdit.text) == ("A-017", "2, 4")
    assert ui.freshnessLabel.text == ""
    left = panel.logic.getParameterNode().segmentation
    left.GetSegmentation().ClearSegment(left.GetSegmentation().GetSegmentIDs()[0])
    assert "Out of date" in ui.freshnessLabel.text


@pytest.mark.usefixtures("library_as_it_was")
def test_reloading_forgets_what_was_imported(panel, monkeypatch):
    reloaded = []
    monkeypatch.setattr(
        "slicer.ScriptedLoadableModule.ScriptedLoadableModuleWidget.onReload",
        lambda _self: reloaded.extend(
            name for name in sys.modules if name.startswith(("MuscleSegModule", "MuscleSegLib"))
        ),
        raising=False,
    )

    panel.onReload()

    assert reloaded == []


@pytest.mark.parametrize("times", [3])
def test_the_scene_can_be_closed_again_and_again(panel, application, add_volume, jobs, times):  # noqa: ARG001
    for index in range(times):
        add_volume(f"volume {index}")
        panel.ui.segmentButton.click()
        application.scene.Clear(False)

    assert not panel.logic.running


def test_the_modules_own_test_runs_where_it_needs_no_network(application):  # noqa: ARG001
    module = load_module(MODULE)
    test = module.MuscleSegTest()
    test.setUp()

    test.test_anEditIsFoundAndKept()
