"""Maps as nodes of the scene, what they were made from, and when the volume was scanned."""

import numpy as np
import pytest
import SimpleITK as sitk
import slicer

from MuscleSegLib.maps.parameter_map import map_of, read_map, write_map
from MuscleSegLib.slicer import imageFromVolumeNode
from MuscleSegLib.slicer.derivation import isMade, isMadeFrom, rememberInputs
from MuscleSegLib.slicer.map_nodes import mapNodeFromFile, mapNodeMadeFrom, writeMapNode
from MuscleSegLib.slicer.scan_dates import scanDateOf, setScanDate
from MuscleSegLib.slicer.volumes import volumeNodeFromImage


@pytest.fixture
def map_path(volume, tmp_path):
    values = np.linspace(0, 100, 6 * 7 * 8).reshape(6, 7, 8)
    values[0, 0, 0] = np.nan
    made = map_of(values, imageFromVolumeNode(volume), "FF", method="of a test", warnings=["Look at it."])
    return write_map(made, tmp_path / "ff.nrrd")[0]


def test_an_image_becomes_a_node_that_lies_where_it_does(volume, fresh_scene):
    image = imageFromVolumeNode(volume)

    again = imageFromVolumeNode(volumeNodeFromImage(image, fresh_scene, "again"))

    np.testing.assert_array_equal(sitk.GetArrayFromImage(again), sitk.GetArrayFromImage(image))
    for geometry in ("GetOrigin", "GetSpacing", "GetDirection"):
        np.testing.assert_allclose(getattr(again, geometry)(), getattr(image, geometry)(), rtol=0, atol=1e-9)


def test_a_map_goes_through_the_scene_with_what_made_it(map_path, fresh_scene, tmp_path):
    node = mapNodeFromFile(map_path, fresh_scene, "fat fraction")
    display = node.GetVolumeDisplayNode()
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (0.0, 100.0)

    writeMapNode(node, tmp_path / "again.nrrd")

    before, after = read_map(map_path), read_map(tmp_path / "again.nrrd")
    np.testing.assert_array_equal(after.values, before.values)
    assert after.provenance == before.provenance


def test_a_map_is_found_by_what_it_was_made_from(map_path, fresh_scene, volume):
    other = fresh_scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    node = mapNodeFromFile(map_path, fresh_scene, "fat fraction")
    rememberInputs(node, {"fat": volume, "water": other})

    assert mapNodeMadeFrom(fresh_scene, "FF", {"fat": volume, "water": other}) is node
    assert mapNodeMadeFrom(fresh_scene, "FF", {"fat": other, "water": volume}) is None
    assert mapNodeMadeFrom(fresh_scene, "MTR", {"fat": volume, "water": other}) is None
    assert mapNodeMadeFrom(fresh_scene, "FF", {"fat": volume, "water": other}, "/scans/echoes") is None


def test_what_a_person_made_is_made_from_nothing(fresh_scene, volume):
    own = fresh_scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    assert not isMade(own)

    rememberInputs(own, {"Moving": volume})

    assert isMade(own)
    assert isMadeFrom(own, {"Moving": volume})
    fresh_scene.RemoveNode(volume)
    assert not isMadeFrom(own, {"Moving": volume})


def test_the_date_comes_from_the_study_until_a_person_says_another(fresh_scene, volume):
    assert scanDateOf(volume) == ""
    hierarchy = fresh_scene.GetSubjectHierarchyNode()
    study = hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), "study")
    name = slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMStudyDateAttributeName()
    hierarchy.SetItemAttribute(study, name, "20240531")
    hierarchy.CreateItem(study, volume)

    assert scanDateOf(volume) == "2024-05-31"
    setScanDate(volume, "2024-06-01")
    assert scanDateOf(volume) == "2024-06-01"
