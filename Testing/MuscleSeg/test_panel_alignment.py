"""How the muscles lie in the maps: transforms that are found, shown, and replaced by the user's own."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy

from MuscleSegLib.biomarkers.measurements import Measurements
from MuscleSegLib.maps.parameter_map import map_of, write_map
from MuscleSegLib.registration import read_transform
from MuscleSegLib.slicer import imageFromVolumeNode
from MuscleSegLib.slicer.volumes import volumeNodeFromImage
from Testing.MuscleSeg.registered import end_registration, shift
from Testing.MuscleSeg.test_panel_biomarkers import IMAGES, MAP, cells
from Testing.registration.phantoms import WATER, grid, limbs, motion, sectors


@pytest.fixture
def ff(add_volume):
    """A map in which the fat fraction is the column, in %."""
    node = add_volume("Doe^Jane ff")
    voxels = vtk_to_numpy(node.GetImageData().GetPointData().GetScalars()).reshape(6, 20, 30)
    voxels[:] = np.arange(30)
    return node


@pytest.fixture
def chosen(panel, segmented, ff):  # noqa: ARG001
    """The panel with the map chosen."""
    panel.ui.ffSourceComboBox.currentIndex = MAP
    panel.ui.ffMapSelector.setCurrentNode(ff)
    return panel


@pytest.fixture
def registered(chosen, jobs):
    """The table of measures in the map, over which the volume had to be moved by 4 mm."""
    chosen.ui.measureButton.click()
    end_registration(jobs.all[-1], shift(4.0), ["The right limb bends much."])
    jobs.all[-1].run()
    return chosen.logic.getParameterNode().measures


def own_transform():
    return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "mine")


def fat_fraction(table):
    rows = cells(table)
    return float(rows[(rows["abbreviation"] == "VL") & (rows["side"] == "right")]["ff_mean_percent"].iloc[0])


def test_maps_of_the_scene_are_registered_and_measured(chosen, jobs):
    chosen.ui.erosionSpinBox.value = 1.5
    chosen.ui.pseudonymEdit.text = "A-017"
    chosen.ui.measureButton.click()

    register = jobs.all[-1].arguments
    assert register[0] == "register"
    assert all(Path(path).is_file() for path in register[1:3])
    end_registration(jobs.all[-1])
    job = jobs.all[-1]
    assert job.arguments[0] == "measure"
    assert job.argument("--erode") == "1.5"
    # The muscles that are measured tell registration the last millimetre.
    assert register[register.index("--labels") + 1] == job.arguments[1]
    quantity, _, path = job.argument("--map").partition("=")
    assert quantity == "FF"
    assert Path(path).is_file()
    assert job.argument("--transform") == f"FF={register[-1]}"
    assert not any("Doe" in argument or "A-017" in argument for argument in register + job.arguments)
    job.run()
    assert set(cells(chosen.logic.getParameterNode().measures)["pseudonym"]) == {"A-017"}


def test_what_was_found_is_a_node_that_says_how_good_it_is(chosen, registered):
    node = chosen.ui.ffTransformSelector.currentNode()

    assert node.GetName() == "T1 over FF"
    x, *_ = node.GetTransformToParent().TransformPoint(0.0, 0.0, 0.0)
    assert x == pytest.approx(4.0)  # RAS: what lay too far left is moved right.
    assert "overlap by 97%" in chosen.ui.ffQualityLabel.text
    assert chosen.ui.measureWarningsList.item(0).text() == "FF map: The right limb bends much."
    assert fat_fraction(registered) == pytest.approx(4.0)  # Columns 1 to 3, which are 2 mm wide.


def test_the_measures_say_once_what_registering_warned_of_and_name_the_nodes(chosen, registered, jobs):
    for _ in "registered now", "registered before":
        measured = Measurements.from_json(registered.GetNodeReference("MuscleSeg.Measures").GetText())
        assert [text for text in measured.warnings if "bends much" in text] == ["FF map: The right limb bends much."]
        assert measured.about["placement"] == {"FF": "registration"}
        names = measured.about["inputs"]
        assert (names["FF"], names["FF transform"]) == ("Doe^Jane ff", "T1 over FF")
        assert names["labels"].startswith("T1 muscles")
        assert measured.about["maps"]["FF"]["inputs"] == {"map": "Doe^Jane ff"}
        chosen.ui.measureButton.click()
        jobs.all[-1].run()


def test_what_was_found_is_not_sought_again(chosen, registered, jobs):
    before = registered.GetID()
    chosen.ui.measureButton.click()

    assert jobs.all[-1].arguments[0] == "measure"
    jobs.all[-1].run()
    assert chosen.logic.getParameterNode().measures.GetID() == before


def test_it_is_sought_again_when_the_user_says_so(chosen, registered, jobs):  # noqa: ARG001
    chosen.ui.ffTransformSelector.setCurrentNode(None)
    chosen.ui.measureButton.click()

    assert jobs.all[-1].arguments[0] == "register"


def test_a_transform_that_was_found_for_another_map_is_not_taken_for_this_one(chosen, registered, add_volume):  # noqa: ARG001
    found = chosen.ui.ffTransformSelector.currentNode()

    chosen.ui.ffMapSelector.setCurrentNode(add_volume("another"))
    assert chosen.ui.ffTransformSelector.currentNode() is None
    chosen.ui.ffMapSelector.setCurrentNode(slicer.util.getNode("Doe^Jane ff"))
    chosen.ui.ffTransformSelector.setCurrentNode(found)
    assert chosen.ui.ffTransformSelector.currentNode() is found


def test_the_users_own_transform_is_used(chosen, jobs):
    node = own_transform()
    matrix = slicer.util.vtkMatrixFromArray(np.array([[1, 0, 0, 4.0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]))
    node.SetMatrixTransformToParent(matrix)
    chosen.ui.ffTransformSelector.setCurrentNode(node)

    chosen.ui.measureButton.click()
    jobs.all[-1].run()

    assert fat_fraction(chosen.logic.getParameterNode().measures) == pytest.approx(4.0)
    assert chosen.ui.ffTransformSelector.currentNode() is node
    assert not chosen.ui.ffQualityLabel.isVisibleTo(chosen.ui.biomarkersCollapsibleButton)


def test_a_transform_that_the_volume_is_under_is_not_applied_twice(chosen, segmented, volume, jobs):
    node = own_transform()
    for moved in (volume, *segmented):
        moved.SetAndObserveTransformNodeID(node.GetID())
    node.SetMatrixTransformToParent(
        slicer.util.vtkMatrixFromArray(np.array([[1, 0, 0, 4.0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]))
    )
    chosen.ui.ffTransformSelector.setCurrentNode(node)

    chosen.ui.measureButton.click()
    transform = read_transform(jobs.all[-1].argument("--transform").removeprefix("FF="))
    jobs.all[-1].run()

    assert transform.TransformPoint((1.0, 2.0, 3.0)) == (1.0, 2.0, 3.0)
    assert fat_fraction(chosen.logic.getParameterNode().measures) == pytest.approx(4.0)


def test_the_muscles_are_shown_over_the_map_and_taken_away_again(chosen, registered, segmented):  # noqa: ARG001
    before = slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode")
    assert chosen.ui.ffShowButton.enabled

    chosen.ui.ffShowButton.click()
    shown = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")[before:]
    node = chosen.ui.ffTransformSelector.currentNode()
    assert len(shown) == 2
    assert all(one.GetParentTransformNode() is node and not one.GetSaveWithScene() for one in shown)
    assert not any(one.GetDisplayNode().GetVisibility() for one in segmented)

    chosen.ui.ffShowButton.click()
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == before
    assert all(one.GetDisplayNode().GetVisibility() for one in segmented)


def layers():
    """Background and foreground of the slice views."""
    composites = slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")
    return {(node.GetBackgroundVolumeID(), node.GetForegroundVolumeID()) for node in composites}


def change_layout():
    slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)


def test_the_map_stays_under_the_outlines_when_the_layout_changes(chosen, registered, ff, volume):  # noqa: ARG001
    chosen.ui.ffShowButton.click()
    shown = layers()
    assert {background for background, _foreground in shown} == {ff.GetID()}

    change_layout()
    assert layers() == shown

    chosen.ui.ffShowButton.click()
    slicer.util.setSliceViewerLayers(background=ff)
    change_layout()
    assert layers() == {(volume.GetID(), None)}  # The editor's own volume again, as in the Segment Editor.


def test_what_is_shown_over_a_map_is_offered_nowhere(chosen, registered):  # noqa: ARG001
    selectors = (chosen.ui.volumeSelector, chosen.ui.ffMapSelector, chosen.ui.segmentationSelector)
    before = [selector.nodeCount() for selector in selectors]

    chosen.ui.ffShowButton.click()

    assert [selector.nodeCount() for selector in selectors] == before


def test_in_the_place_of_what_is_deleted_nothing_else_is_chosen(chosen, application, add_volume):
    """The selector would take the node that is listed before it."""
    own_transform()
    deleted = add_volume("another map"), own_transform()
    chosen.ui.ffMapSelector.setCurrentNode(deleted[0])
    chosen.ui.ffTransformSelector.setCurrentNode(deleted[1])

    for node in deleted:
        application.scene.RemoveNode(node)

    choices = chosen.logic.getParameterNode()
    assert (choices.ffMap, choices.ffTransform) == (None, None)
    assert chosen.ui.ffMapSelector.currentNode() is None
    assert chosen.ui.ffTransformSelector.currentNode() is None


def test_there_is_nothing_to_show_before(chosen):
    assert not chosen.ui.ffShowButton.enabled
    assert "register and measure" in chosen.ui.ffShowButton.toolTip


def test_maps_are_computed_registered_by_their_images_and_measured(panel, segmented, jobs, add_volume):  # noqa: ARG001
    fat, water, off, on = (add_volume(name) for name in ("fat", "water", "off", "on"))
    on.SetSpacing(2.0, 2.0, 6.0)
    off.SetSpacing(2.0, 2.0, 6.0)
    ui = panel.ui
    for source in (ui.ffSourceComboBox, ui.t2SourceComboBox, ui.mtrSourceComboBox):
        source.currentIndex = IMAGES
    ui.fatSelector.setCurrentNode(fat)
    ui.waterSelector.setCurrentNode(water)
    ui.t2EchoesEdit.currentPath = "/scans/echoes"
    ui.mtOffSelector.setCurrentNode(off)
    ui.mtOnSelector.setCurrentNode(on)
    before = len(jobs.all)

    ui.measureButton.click()
    for kind in (["map", "ff"], ["register"], ["map", "t2"], ["register"], ["map", "mtr"], ["register"]):
        assert jobs.all[-1].arguments[: len(kind)] == kind
        jobs.all[-1].end("done")

    assert jobs.all[before + 1].arguments[1] == jobs.all[before].argument("--fat")
    assert jobs.all[before + 3].arguments[1] == jobs.all[before + 2].argument("--output")
    assert jobs.all[before + 5].arguments[1] == jobs.all[before + 4].argument("--without-pulse")
    assert jobs.all[-1].arguments[0] == "measure"
    assert len(jobs.all) == before + 7
    jobs.all[-1].progress(0.5, "Measuring")
    assert ui.measureProgressBar.value == pytest.approx(ui.measureProgressBar.maximum * 6.5 / 7, abs=1)


def test_a_map_is_computed_once_and_stays_in_the_scene(panel, segmented, jobs, add_volume, volume):  # noqa: ARG001
    fat, water = add_volume("fat"), add_volume("water")
    panel.ui.ffSourceComboBox.currentIndex = IMAGES
    panel.ui.fatSelector.setCurrentNode(fat)
    panel.ui.waterSelector.setCurrentNode(water)
    panel.ui.measureButton.click()
    grid = imageFromVolumeNode(fat)
    values = np.full((6, 20, 30), 12.5)
    values[0] = np.nan
    write_map(map_of(values, grid, "FF", method="of a test"), jobs.all[-1].argument("--output"))
    jobs.all[-1].end("done")
    end_registration(jobs.all[-1])
    jobs.all[-1].run()

    node = slicer.util.getNode("T1 FF")
    image = imageFromVolumeNode(node)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), values)
    assert (image.GetOrigin(), image.GetSpacing(), image.GetDirection()) == (
        grid.GetOrigin(),
        grid.GetSpacing(),
        grid.GetDirection(),
    )
    panel.ui.measureButton.click()
    assert jobs.all[-1].arguments[0] == "measure"
    jobs.all[-1].run()
    assert "of a test" in panel.logic.getParameterNode().measures.GetNodeReference("MuscleSeg.Measures").GetText()


def test_maps_of_one_grid_are_registered_once(chosen, jobs, add_volume, ff):
    ff.SetName("FF")
    chosen.ui.mtrSourceComboBox.currentIndex = MAP
    chosen.ui.mtrMapSelector.setCurrentNode(add_volume("mtr"))
    before = len(jobs.all)

    chosen.ui.measureButton.click()
    end_registration(jobs.all[-1])
    assert len(jobs.all) == before + 2
    assert jobs.all[-1].arguments[0] == "measure"


def test_the_true_commands_find_the_muscles_in_a_map_that_the_patient_moved_for(panel, application, jobs):
    anatomical, mapped = grid(), grid(spacing=(3.5, 3.5, 6.0), size=(80, 40, 12))
    moved = motion((9.0, -4.0, 3.0), (0.02, 0.0, 0.04))
    volumeNodeFromImage(limbs(anatomical), application.scene, "T1")
    ff = volumeNodeFromImage(limbs(mapped, WATER, moved, seed=2), application.scene, "FF")
    panel.panel.disconnectScene()
    panel.panel.connectScene()
    panel.ui.segmentButton.click()
    jobs.last.finish(label_map=sectors(anatomical))
    panel.ui.ffSourceComboBox.currentIndex = MAP
    panel.ui.ffMapSelector.setCurrentNode(ff)

    panel.ui.measureButton.click()
    jobs.all[-1].run()
    jobs.all[-1].run()

    rows = cells(panel.logic.getParameterNode().measures).query("kind == 'muscle'")
    values = sitk.GetArrayFromImage(imageFromVolumeNode(ff)) / 10
    truth = sitk.GetArrayFromImage(sectors(mapped, moved))
    expected = [values[truth == value].mean() for value in range(1, 5)]
    np.testing.assert_allclose(rows["ff_mean_percent"].astype(float)[:4], expected, atol=3)
    assert "Right limb: moved by up to" in panel.ui.ffQualityLabel.text
    x, y, z = moved.TransformPoint((-70.0, 0.0, 0.0))
    found = panel.ui.ffTransformSelector.currentNode().GetTransformFromParent().TransformPoint(70.0, 0.0, 0.0)
    np.testing.assert_allclose(found, (-x, -y, z), atol=2.0)
