"""The scale that a ready-made map is stored in: found out, or chosen where that is wrong."""

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy

from MuscleSegLib.maps.parameter_map import map_of, write_map
from MuscleSegLib.maps.scale import SCALE_NAMES
from MuscleSegLib.slicer import imageFromVolumeNode
from MuscleSegLib.slicer.map_nodes import mapNodeFromFile
from Testing.MuscleSeg.correcting import erase
from Testing.MuscleSeg.held_jobs import MUSCLES
from Testing.MuscleSeg.registered import end_registration
from Testing.MuscleSeg.test_panel_alignment import fat_fraction
from Testing.MuscleSeg.test_panel_biomarkers import IMAGES, MAP, shown
from Testing.MuscleSeg.test_panel_remeasuring import waited_for_job


@pytest.fixture
def lean(add_volume):
    """A map of lean muscle of which the scale cannot be told for sure: 12 in every voxel."""
    node = add_volume("Dixon FF")
    vtk_to_numpy(node.GetImageData().GetPointData().GetScalars())[:] = 12
    return node


@pytest.fixture
def chosen(panel, segmented, lean):  # noqa: ARG001
    """The panel with the map chosen."""
    panel.ui.biomarkersCollapsibleButton.collapsed = False
    panel.ui.ffSourceComboBox.currentIndex = MAP
    panel.ui.ffMapSelector.setCurrentNode(lean)
    return panel


def choose(panel, scale):
    panel.ui.ffScaleComboBox.currentIndex = panel.ui.ffScaleComboBox.findData(scale)


def measure(panel, jobs):
    panel.ui.measureButton.click()
    if jobs.all[-1].arguments[0] == "register":
        end_registration(jobs.all[-1])
    jobs.all[-1].run()
    return panel.logic.getParameterNode().measures


def warnings(panel):
    return [panel.ui.measureWarningsList.item(row).text() for row in range(panel.ui.measureWarningsList.count)]


@pytest.mark.parametrize("quantity", SCALE_NAMES)
def test_the_librarys_scales_are_offered_after_finding_it(panel, quantity):
    menu = getattr(panel.ui, f"{quantity.lower()}ScaleComboBox")

    offered = [menu.itemText(index) for index in range(menu.count)]

    assert offered == ["Found automatically", *SCALE_NAMES[quantity]]
    assert menu.currentIndex == 0


def test_what_is_not_sure_is_said_and_can_be_chosen(chosen, jobs):
    assert fat_fraction(measure(chosen, jobs)) == pytest.approx(12)
    assert "this is not sure: if it is wrong, choose the scale (0-1, 0-100, 0-1000)" in warnings(chosen)[0]

    choose(chosen, "0-1000")

    assert chosen.logic.getParameterNode().ffScale == "0-1000"
    assert fat_fraction(measure(chosen, jobs)) == pytest.approx(1.2)
    assert not any("scale" in text for text in warnings(chosen))


def test_a_table_is_measured_again_in_the_scale_that_it_was_measured_in(chosen, application, segmented, jobs):
    choose(chosen, "0-1000")
    table = measure(chosen, jobs)
    choose(chosen, "")
    erase(segmented[0], MUSCLES[0], 2)

    waited_for_job(application, jobs).run()

    assert fat_fraction(table) == pytest.approx(1.2)


def test_the_choice_stays_with_the_scene(chosen):
    choose(chosen, "0-1")

    chosen.panel.disconnectScene()
    chosen.ui.ffScaleComboBox.currentIndex = 0
    chosen.panel.connectScene()

    assert chosen.ui.ffScaleComboBox.currentText == "0-1"


def test_the_scale_of_one_map_is_not_taken_for_another(chosen, add_volume):
    choose(chosen, "0-1")

    chosen.ui.ffMapSelector.setCurrentNode(add_volume("another"))

    assert chosen.ui.ffScaleComboBox.currentText == "Found automatically"


def test_a_scale_is_asked_for_where_a_map_does_not_know_its_own(chosen, application, lean, tmp_path):
    assert shown(chosen, "ffScaleWidget")
    path = tmp_path / "ff.nrrd"
    write_map(map_of(np.full((6, 20, 30), 12.5), imageFromVolumeNode(lean), "FF", method="of a test"), path)

    chosen.ui.ffMapSelector.setCurrentNode(mapNodeFromFile(path, application.scene, "computed"))
    assert not shown(chosen, "ffScaleWidget")

    chosen.ui.ffMapSelector.setCurrentNode(lean)
    chosen.ui.ffSourceComboBox.currentIndex = IMAGES
    assert not shown(chosen, "ffScaleWidget")
