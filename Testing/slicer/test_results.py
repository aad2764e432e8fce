"""A run's result: a node a side, found again, replaced without losing what a person did."""

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy

from MuscleSegLib.anatomy import label_set, sided_labels
from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.result import SegmentationWarning
from MuscleSegLib.slicer import labelMapFromSegmentationNode, warningsFromSegmentationNode
from MuscleSegLib.slicer.edits import editsSinceLastResult
from MuscleSegLib.slicer.results import addResult, editsOfResult, latestResultFor, resultOf, updateResult, volumeOf

THIGH = label_set("muscleseg").for_regions({"thigh"})
SIDED = sided_labels(THIGH)
RIGHT = [sided.value for sided in SIDED if sided.side == "right"]
LEFT = [sided.value for sided in SIDED if sided.side == "left"]
NAMES = {"right": "T1 muscles right", "left": "T1 muscles left"}


def label_map(nodes, volume):
    return sum(sitk.GetArrayFromImage(labelMapFromSegmentationNode(node, volume, THIGH)) for node in nodes)


def mask(node, segment_id):
    """The segment's voxels as points of the grid, whatever extent holds them."""
    image = slicer.vtkOrientedImageData()
    node.GetBinaryLabelmapRepresentation(segment_id, image)
    extent = image.GetExtent()
    columns, rows, slices = image.GetDimensions()
    voxels = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(slices, rows, columns)
    return {tuple(place) for place in np.argwhere(voxels) + np.array([extent[4], extent[2], extent[0]])}


def test_each_side_is_a_node_and_together_they_are_the_label_map(volume, result_for):
    result = result_for(volume, RIGHT + LEFT)

    nodes = addResult(result, volume, NAMES)

    assert [node.GetName() for node in nodes] == list(NAMES.values())
    assert {segment_id.rsplit("_")[-1] for segment_id in nodes[1].GetSegmentation().GetSegmentIDs()} == {"left"}
    np.testing.assert_array_equal(label_map(nodes, volume), sitk.GetArrayFromImage(result.label_map))


def test_one_limb_is_one_node(volume, result_for):
    assert len(addResult(result_for(volume, LEFT), volume, NAMES)) == 1


def test_nothing_found_adds_nothing(fresh_scene, volume, result_for):
    with pytest.raises(InputError, match="No muscle was found"):
        addResult(result_for(volume, []), volume, NAMES)

    assert fresh_scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0


def test_the_groups_lie_under_the_patients_study(fresh_scene, volume, result_for):
    hierarchy = fresh_scene.GetSubjectHierarchyNode()
    study = hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), "study")
    hierarchy.CreateItem(study, volume)

    nodes = addResult(result_for(volume, RIGHT + LEFT), volume, NAMES)

    for node in nodes:
        assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) == study


def test_warnings_go_with_their_side(volume, result_for):
    warnings = (
        SegmentationWarning("image", "coarse"),
        SegmentationWarning("small", "right is small", RIGHT[0], 2),
        SegmentationWarning("small", "left is small", LEFT[0], 3),
    )

    right, left = addResult(result_for(volume, RIGHT + LEFT, warnings), volume, NAMES)

    assert [warning.text for warning in warningsFromSegmentationNode(right)] == ["coarse", "right is small"]
    assert [warning.text for warning in warningsFromSegmentationNode(left)] == ["left is small"]


def test_the_nodes_of_a_run_are_found_from_one_of_them_and_from_the_volume(fresh_scene, volume, result_for):
    first = addResult(result_for(volume, RIGHT + LEFT), volume, NAMES)
    second = addResult(result_for(volume, RIGHT + LEFT), volume, NAMES)
    other = fresh_scene.AddNewNodeByClass("vtkMRMLSegmentationNode")

    assert resultOf(first[1]) == first
    assert latestResultFor(volume) == second
    assert resultOf(other) == (other,)
    assert volumeOf(first[0]) == volume
    assert volumeOf(other) is None


def test_a_new_result_takes_the_place_of_the_old(volume, result_for):
    nodes = addResult(result_for(volume, RIGHT + LEFT), volume, NAMES)
    new = result_for(volume, RIGHT[::-1] + LEFT[::-1])

    updated = updateResult(nodes, new, volume, NAMES)

    assert updated == nodes
    np.testing.assert_array_equal(label_map(nodes, volume), sitk.GetArrayFromImage(new.label_map))
    assert editsOfResult(nodes) == {}


def test_kept_muscles_stay_bit_for_bit_and_others_give_way(volume, result_for):
    nodes = addResult(result_for(volume, RIGHT + LEFT), volume, NAMES)
    edited, removed = SIDED[0].segment_id, SIDED[1].segment_id
    nodes[0].GetSegmentation().RemoveSegment(removed)
    paint_all(nodes[0], edited)
    kept_mask = mask(nodes[0], edited)
    keep = editsOfResult(nodes)
    new = result_for(volume, RIGHT[::-1] + LEFT[::-1])

    updateResult(nodes, new, volume, NAMES, keep)

    segment_ids = nodes[0].GetSegmentation().GetSegmentIDs()
    assert segment_ids[0] == edited
    assert removed not in segment_ids
    assert mask(nodes[0], edited) == kept_mask
    for segment_id in segment_ids[1:]:
        assert not mask(nodes[0], segment_id) & kept_mask
    untouched = sitk.GetArrayFromImage(new.label_map)
    np.testing.assert_array_equal(label_map(nodes[1:], volume), np.where(untouched > 100, untouched, 0))


def test_kept_muscles_still_count_as_edited(volume, result_for):
    nodes = addResult(result_for(volume, RIGHT), volume, NAMES)
    paint_all(nodes[0], SIDED[0].segment_id)
    keep = editsOfResult(nodes)

    updateResult(nodes, result_for(volume, RIGHT[::-1]), volume, NAMES, keep)
    edits = editsSinceLastResult(nodes[0])

    assert SIDED[0].segment_id in edits
    assert edits[SIDED[0].segment_id].kind == "changed"


def test_a_segment_of_the_users_own_is_kept(volume, result_for):
    nodes = addResult(result_for(volume, RIGHT), volume, NAMES)
    segmentation = nodes[0].GetSegmentation()
    segmentation.AddEmptySegment("lesion", "lesion")
    paint_all(nodes[0], "lesion")
    everywhere = mask(nodes[0], "lesion")

    updateResult(nodes, result_for(volume, RIGHT), volume, NAMES, editsOfResult(nodes))

    assert segmentation.GetSegment("lesion").GetName() == "lesion"
    assert mask(nodes[0], "lesion") == everywhere


def test_warnings_about_a_kept_muscle_are_not_repeated(volume, result_for):
    nodes = addResult(result_for(volume, RIGHT), volume, NAMES)
    nodes[0].GetSegmentation().ClearSegment(SIDED[0].segment_id)
    keep = editsOfResult(nodes)
    warnings = tuple(SegmentationWarning("small", sided.name, sided.value) for sided in SIDED[:2])

    updateResult(nodes, result_for(volume, RIGHT, warnings), volume, NAMES, keep)

    assert [warning.text for warning in warningsFromSegmentationNode(nodes[0])] == [SIDED[1].name]


def test_a_side_that_is_not_found_again_goes_unless_it_was_edited(fresh_scene, volume, result_for):
    for keeps in (False, True):
        nodes = addResult(result_for(volume, RIGHT + LEFT), volume, NAMES)
        nodes[1].GetSegmentation().ClearSegment(SIDED[-1].segment_id)
        keep = editsOfResult(nodes) if keeps else None

        updated = updateResult(nodes, result_for(volume, RIGHT), volume, NAMES, keep)

        assert (nodes[1] in updated) == keeps
        assert bool(fresh_scene.IsNodePresent(nodes[1])) == keeps


def test_a_result_of_a_volume_that_was_moved_changes_nothing(volume, result_for):
    nodes = addResult(result_for(volume, RIGHT), volume, NAMES)
    new = result_for(volume, RIGHT[::-1])
    before = label_map(nodes, volume)
    volume.SetOrigin(0, 0, 0)

    with pytest.raises(InputError, match="moved meanwhile"):
        updateResult(nodes, new, volume, NAMES)

    volume.SetOrigin(12.3, -45.6, 78.9)
    np.testing.assert_array_equal(label_map(nodes, volume), before)


def test_what_was_shown_in_3d_still_is(core, volume, result_for):
    assert core.segmentationsLogic is not None  # registers the conversion
    nodes = addResult(result_for(volume, RIGHT), volume, NAMES)
    nodes[0].CreateClosedSurfaceRepresentation()

    updateResult(nodes, result_for(volume, RIGHT[::-1]), volume, NAMES)

    assert nodes[0].GetSegmentation().ContainsRepresentation("Closed surface")


def paint_all(node, segment_id):
    """Fill the whole volume with a segment, as the Segment Editor does when others may be overlapped."""
    volume = volumeOf(node)
    whole = slicer.vtkSlicerSegmentationsModuleLogic.CreateOrientedImageDataFromVolumeNode(volume)
    vtk_to_numpy(whole.GetPointData().GetScalars())[:] = 1
    slicer.vtkSlicerSegmentationsModuleLogic.SetBinaryLabelmapToSegment(
        whole, node, segment_id, slicer.vtkSlicerSegmentationsModuleLogic.MODE_REPLACE
    )
