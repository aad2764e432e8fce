"""Edits since the last result are found, to the slice, by what the voxels are now."""

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import VTK_UNSIGNED_CHAR
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from MuscleSegLib.anatomy import label_set, sided_labels
from MuscleSegLib.slicer import segmentationNodeFromResult
from MuscleSegLib.slicer.edits import Edit, LastResult, editsSinceLastResult
from MuscleSegLib.slicer.locks import isLocked, setLocked
from MuscleSegLib.slicer.scene import saveSegmentation

THIGH = label_set("muscleseg").for_regions({"thigh"})
RIGHT = [sided for sided in sided_labels(THIGH) if sided.side == "right"]
ID = RIGHT[0].segment_id


@pytest.fixture
def node(volume, result_for):
    return segmentationNodeFromResult(result_for(volume, [sided.value for sided in RIGHT]), volume)


def paint(node, segment_id, places, value=1):
    """Set voxels (slice, row, column) of a segment as the Segment Editor does; value 0 erases."""
    mask = slicer.vtkOrientedImageData()
    assert node.GetBinaryLabelmapRepresentation(segment_id, mask)
    extent = mask.GetExtent()
    columns, rows, slices = mask.GetDimensions()
    voxels = vtk_to_numpy(mask.GetPointData().GetScalars()).reshape(slices, rows, columns)
    for index, row, column in places:
        voxels[index - extent[4], row - extent[2], column - extent[0]] = value
    mask.Modified()
    slicer.vtkSlicerSegmentationsModuleLogic.SetBinaryLabelmapToSegment(
        mask, node, segment_id, slicer.vtkSlicerSegmentationsModuleLogic.MODE_REPLACE
    )


def voxel_of(node, segment_id, index):
    mask = slicer.vtkOrientedImageData()
    node.GetBinaryLabelmapRepresentation(segment_id, mask)
    extent = mask.GetExtent()
    columns, rows, slices = mask.GetDimensions()
    voxels = vtk_to_numpy(mask.GetPointData().GetScalars()).reshape(slices, rows, columns)
    row, column = np.argwhere(voxels[index - extent[4]])[0]
    return index, row + extent[2], column + extent[0]


def test_a_fresh_result_has_no_edits(node):
    assert editsSinceLastResult(node) == {}


def test_the_last_result_is_kept_voxel_by_voxel(volume, result_for):
    result = result_for(volume, [sided.value for sided in RIGHT])

    last = LastResult.of(segmentationNodeFromResult(result, volume))

    np.testing.assert_array_equal(last.values, sitk.GetArrayViewFromImage(result.label_map))
    assert last.segment_ids == {sided.value: sided.segment_id for sided in RIGHT}


def test_what_is_painted_beyond_the_volume_is_an_edit(node):
    beyond = slicer.vtkOrientedImageData()
    node.GetBinaryLabelmapRepresentation(ID, beyond)
    padded = [extent + grow for extent, grow in zip(beyond.GetExtent(), (-2, 1, 0, 0, -3, 0), strict=True)]
    slicer.vtkOrientedImageDataResample.PadImageToContainImage(beyond, with_extent(beyond, padded), beyond)
    columns, rows, slices = beyond.GetDimensions()
    vtk_to_numpy(beyond.GetPointData().GetScalars()).reshape(slices, rows, columns)[0, 0, 0] = 1
    slicer.vtkSlicerSegmentationsModuleLogic.SetBinaryLabelmapToSegment(
        beyond, node, ID, slicer.vtkSlicerSegmentationsModuleLogic.MODE_REPLACE
    )

    assert editsSinceLastResult(node) == {ID: Edit("changed", (-3,))}


def with_extent(labelmap, extent):
    """An empty labelmap of the same grid with another extent."""
    other = slicer.vtkOrientedImageData()
    matrix = vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(matrix)
    other.SetExtent(extent)
    other.SetGeometryFromImageToWorldMatrix(matrix)
    other.AllocateScalars(VTK_UNSIGNED_CHAR, 1)
    vtk_to_numpy(other.GetPointData().GetScalars())[:] = 0
    return other


def test_an_erased_voxel_is_found_in_its_slice_and_nowhere_else(node):
    place = voxel_of(node, ID, 3)

    paint(node, ID, [place], value=0)

    assert editsSinceLastResult(node) == {ID: Edit("changed", (3,))}


def test_what_is_painted_back_was_not_edited(node):
    place = voxel_of(node, ID, 3)
    paint(node, ID, [place], value=0)
    paint(node, ID, [place])

    assert editsSinceLastResult(node) == {}


def test_a_cleared_segment_was_edited_in_every_slice_it_had(node):
    slices = sorted({voxel_of(node, ID, index)[0] for index in range(6)})
    node.GetSegmentation().ClearSegment(ID)

    assert editsSinceLastResult(node) == {ID: Edit("changed", tuple(slices))}


def test_removed_and_added_segments_are_edits(node):
    node.GetSegmentation().RemoveSegment(ID)
    added = node.GetSegmentation().AddEmptySegment("mine", "my muscle")
    assert "mine" not in editsSinceLastResult(node)

    filled = node.GetSegmentation().GetSegment(RIGHT[1].segment_id)
    node.GetSegmentation().GetSegment(added).DeepCopy(filled)
    edits = editsSinceLastResult(node)

    assert edits[ID].kind == "removed"
    assert edits["mine"].kind == "added"
    assert edits["mine"].slices


def test_a_renamed_and_recoloured_segment_was_not_edited(node):
    segment = node.GetSegmentation().GetSegment(ID)
    segment.SetName("another name")
    segment.SetColor(0, 0, 1)

    assert editsSinceLastResult(node) == {}


def test_moving_the_patient_is_no_edit(fresh_scene, node):
    transform = fresh_scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    moved = vtkMatrix4x4()
    moved.SetElement(0, 3, 25)
    transform.SetMatrixTransformToParent(moved)
    node.SetAndObserveTransformNodeID(transform.GetID())

    assert editsSinceLastResult(node) == {}


def test_another_grid_makes_everything_edited(node):
    moved = vtkMatrix4x4()
    moved.SetElement(2, 3, 5)
    transform = node.GetScene().AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(moved)
    node.SetAndObserveTransformNodeID(transform.GetID())
    node.HardenTransform()

    assert set(editsSinceLastResult(node)) == {sided.segment_id for sided in RIGHT}


def test_edits_are_found_in_a_saved_scene(core, node, opened, tmp_path):
    paint(node, ID, [voxel_of(node, ID, 2)], value=0)
    before = editsSinceLastResult(node)
    core.saveScene(tmp_path / "scene.mrb")

    again = opened(tmp_path / "scene.mrb")
    loaded = again.scene.GetFirstNodeByClass("vtkMRMLSegmentationNode")

    assert before == {ID: Edit("changed", (2,))}
    assert editsSinceLastResult(loaded) == before


def test_a_segmentation_of_others_has_no_edits(fresh_scene):
    node = fresh_scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    node.GetSegmentation().AddEmptySegment("VL_right")

    assert editsSinceLastResult(node) == {}


def test_a_lock_stays_with_its_segment_through_a_file(core, node, tmp_path):
    locked, free = node.GetSegmentation().GetSegmentIDs()[:2]
    setLocked(node.GetSegmentation().GetSegment(locked), True)
    saveSegmentation(node, tmp_path / "locked.seg.nrrd")

    loaded = core.loadSegmentation(tmp_path / "locked.seg.nrrd").GetSegmentation()

    assert isLocked(loaded.GetSegment(locked))
    assert not isLocked(loaded.GetSegment(free))
    setLocked(loaded.GetSegment(locked), False)
    assert not isLocked(loaded.GetSegment(locked))
