"""From the panel through a true child process and back into the scene."""

import pytest
import SimpleITK as sitk
import slicer

from MuscleSegLib.errors import Cancelled
from MuscleSegLib.slicer.results import latestResultFor
from Testing.MuscleSeg.conftest import MODULE
from Testing.segmentation.model_folders import write_model
from Testing.segmentation.phantoms import Limb, limb_volume
from Testing.slicer_stand_in import load_module


@pytest.fixture
def panel(application, tmp_path):  # noqa: ARG001
    """The panel of a user who keeps a small model, with two thighs in the scene."""
    write_model(tmp_path / "models", "thigh-own", "thigh")
    slicer.app.userSettings().setValue("MuscleSeg/ModelsFolder", str(tmp_path / "models"))
    load_module(MODULE)
    representation = slicer.modules.muscleseg.widgetRepresentation()
    representation._qt.enter()
    panel = representation.self()
    path = tmp_path / "thighs.nii.gz"
    sitk.WriteImage(limb_volume([Limb(-85), Limb(85)], slices=6), str(path))
    slicer.app._qt.core.loadVolume(path)
    panel.ui.modelComboBox.currentIndex = panel.ui.modelComboBox.findData("thigh-own")
    panel.ui.regionComboBox.currentIndex = 1
    return panel


def test_a_volume_is_segmented_while_the_application_works_on(panel, application):
    volume = panel.ui.volumeSelector.currentNode()
    panel.ui.segmentButton.click()
    words = set()

    def ended():
        words.add(panel.ui.progressLabel.text.partition(",")[0])
        return not panel.logic.running

    application.wait_until(ended, seconds=120)

    nodes = latestResultFor(volume)
    assert application.dialogs.shown == []
    assert [node.GetAttribute("MuscleSeg.Side") for node in nodes] == ["right", "left"]
    assert "thigh-own 3" in nodes[0].GetAttribute("MuscleSeg.Models")
    assert len(words) > 2
    assert panel.ui.warningsList.count > 0  # Six slices are few.


def test_cancel_is_immediate(panel, application):
    panel.ui.segmentButton.click()
    application.wait_until(lambda: panel.logic._job._started)

    panel.ui.cancelButton.click()
    application.wait_until(lambda: not panel.logic.running, seconds=3)

    assert slicer.util.getNodesByClass("vtkMRMLSegmentationNode", application.scene) == []


def test_a_script_waits_for_the_result(panel, application, monkeypatch):  # noqa: ARG001
    volume = panel.ui.volumeSelector.currentNode()
    logic = panel.logic

    # As Cancel in the panel, while a script waits.
    monkeypatch.setattr("MuscleSegModule.logic.time.sleep", lambda _seconds: logic.cancel())

    with pytest.raises(Cancelled):
        logic.segment(volume, model="thigh-own", region="thigh")

    assert not logic.running
