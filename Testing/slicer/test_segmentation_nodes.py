"""Results become segmentation nodes that say what they hold, and can be read back."""

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
from hypothesis import given, settings
from hypothesis import strategies as st
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from MuscleSegLib.anatomy import label_set, sided_labels
from MuscleSegLib.errors import InputError
from MuscleSegLib.slicer import imageFromVolumeNode, labelMapFromSegmentationNode, segmentationNodeFromResult
from MuscleSegLib.slicer.scene import saveSegmentation

THIGH = label_set("muscleseg").for_regions({"thigh"})
BOTH_SIDES = tuple(sided.value for sided in sided_labels(THIGH))
RIGHT = tuple(label.index for label in THIGH.labels)


def segments(node):
    segmentation = node.GetSegmentation()
    return [segmentation.GetNthSegment(index) for index in range(segmentation.GetNumberOfSegments())]


def assert_same_image(image, other):
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(other))
    for geometry in ("GetSize", "GetOrigin", "GetSpacing", "GetDirection"):
        assert getattr(image, geometry)() == getattr(other, geometry)()


def test_segments_are_named_and_coloured_right_limb_first(volume, result_for):
    node = segmentationNodeFromResult(result_for(volume, BOTH_SIDES), volume)

    assert [segment.GetName() for segment in segments(node)] == [sided.name for sided in sided_labels(THIGH)]
    for segment, sided in zip(segments(node), sided_labels(THIGH), strict=True):
        np.testing.assert_allclose(np.multiply(segment.GetColor(), 255), sided.label.color, atol=1e-9)


def test_slicer_understands_the_terminology(volume, result_for):
    node = segmentationNodeFromResult(result_for(volume, BOTH_SIDES), volume)

    entry = slicer.vtkSlicerTerminologyEntry()
    for segment, sided in zip(segments(node), sided_labels(THIGH), strict=True):
        assert slicer.vtkSlicerTerminologiesModuleLogic.DeserializeTerminologyEntry(segment.GetTerminology(), entry)
        assert entry.GetCategoryObject().GetCodeMeaning() == "Anatomical Structure"
        assert entry.GetTypeObject().GetCodeValue() == sided.label.snomed_code
        assert entry.GetTypeModifierObject().GetCodeMeaning().lower() == sided.side


def test_all_segments_share_one_layer(volume, result_for):
    node = segmentationNodeFromResult(result_for(volume, BOTH_SIDES), volume)

    assert node.GetSegmentation().GetNumberOfLayers() == 1
    assert len({segment.GetLabelValue() for segment in segments(node)}) == len(BOTH_SIDES)


def test_a_limb_that_is_not_in_the_image_gets_no_segments(volume, result_for):
    node = segmentationNodeFromResult(result_for(volume, RIGHT), volume)

    assert [segment.GetLabelValue() for segment in segments(node)] == list(RIGHT)


def test_a_muscle_that_was_not_found_gets_an_empty_segment(volume, result_for):
    node = segmentationNodeFromResult(result_for(volume, RIGHT[1:]), volume)

    assert segments(node)[0].GetLabelValue() == RIGHT[0]
    assert len(segments(node)) == len(RIGHT)


def test_the_volume_gives_the_reference_geometry(volume, result_for):
    node = segmentationNodeFromResult(result_for(volume, RIGHT), volume)

    assert node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole()) == volume


def test_segments_are_where_the_label_map_has_them(volume, result_for):
    result = result_for(volume, RIGHT)
    node = segmentationNodeFromResult(result, volume)

    for segment_id, label in zip(node.GetSegmentation().GetSegmentIDs(), THIGH.labels, strict=True):
        mask = slicer.vtkOrientedImageData()
        assert node.GetBinaryLabelmapRepresentation(segment_id, mask)
        volume_mm3 = np.count_nonzero(vtk_to_numpy(mask.GetPointData().GetScalars())) * np.prod(mask.GetSpacing())
        expected = np.count_nonzero(sitk.GetArrayViewFromImage(result.label_map) == label.index)
        assert volume_mm3 == pytest.approx(expected * np.prod(volume.GetSpacing()))


def test_a_voxel_on_the_patients_right_becomes_a_surface_on_the_right(core, add_volume, result_for):
    voxels = np.zeros((9, 9, 9), np.uint8)
    volume = add_volume(core.scene, voxels, spacing=(2.0, 2.0, 2.0), directions=np.diag([-1.0, -1.0, 1.0]))
    result = result_for(volume, ())
    # Columns grow to the patient's left here, as in a plain axial image: low columns are on the right.
    sitk_map = result.label_map
    sitk_map[0:3, 3:6, 3:6] = RIGHT[0]
    node = segmentationNodeFromResult(result, volume)

    assert node.CreateClosedSurfaceRepresentation()
    surface = vtkPolyData()
    node.GetClosedSurfaceRepresentation(node.GetSegmentation().GetSegmentIDs()[0], surface)

    assert surface.GetNumberOfPoints() > 0
    # Right is positive in RAS; the volume runs from 0 at its right edge to -16 mm at its left.
    assert surface.GetCenter()[0] > -8


@settings(max_examples=20, deadline=None)
@given(
    size=st.tuples(*[st.integers(1, 6)] * 3),
    angles=st.tuples(*[st.floats(-3.1, 3.1)] * 3),
    origin=st.tuples(*[st.floats(-500, 500)] * 3),
    spacing=st.tuples(*[st.floats(0.1, 30)] * 3),
    data=st.data(),
)
def test_reading_a_node_back_gives_the_same_label_map(add_volume, result_for, size, angles, origin, spacing, data):
    turned = sitk.Euler3DTransform()
    turned.SetRotation(*angles)
    directions = np.array(turned.GetMatrix()).reshape(3, 3)
    scene = slicer.vtkMRMLScene()
    voxels = np.zeros(size, np.float32)
    volume = add_volume(scene, voxels, origin=origin, spacing=spacing, directions=directions)
    values = data.draw(st.lists(st.sampled_from(BOTH_SIDES), unique=True))
    result = result_for(volume, values)

    node = segmentationNodeFromResult(result, volume)

    assert_same_image(labelMapFromSegmentationNode(node, volume, THIGH), result.label_map)


def test_an_edit_is_read_back(volume, result_for):
    result = result_for(volume, RIGHT)
    node = segmentationNodeFromResult(result, volume)
    erased = node.GetSegmentation().GetSegmentIDs()[0]
    node.GetSegmentation().ClearSegment(erased)

    edited = sitk.GetArrayFromImage(labelMapFromSegmentationNode(node, volume, THIGH))

    expected = sitk.GetArrayFromImage(result.label_map)
    expected[expected == RIGHT[0]] = 0
    np.testing.assert_array_equal(edited, expected)


def test_a_saved_segmentation_loads_as_it_was(fresh_scene, volume, result_for, tmp_path):
    result = result_for(volume, BOTH_SIDES)
    node = segmentationNodeFromResult(result, volume)
    path = tmp_path / "thigh.seg.nrrd"
    saveSegmentation(node, path)

    loaded = fresh_scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    storage = slicer.vtkMRMLSegmentationStorageNode()
    storage.SetFileName(str(path))
    assert storage.ReadData(loaded)

    assert_same_image(labelMapFromSegmentationNode(loaded, volume, THIGH), result.label_map)
    for before, after in zip(segments(node), segments(loaded), strict=True):
        assert after.GetName() == before.GetName()
        assert after.GetTerminology() == before.GetTerminology()
        np.testing.assert_allclose(after.GetColor(), before.GetColor(), atol=1e-5)


def test_the_segmentation_moves_with_the_volumes_transform(fresh_scene, volume, result_for):
    transform = fresh_scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    volume.SetAndObserveTransformNodeID(transform.GetID())
    moved = vtkMatrix4x4()
    for row, column, element in [(0, 0, 0), (0, 1, -1), (1, 0, 1), (1, 1, 0), (0, 3, 25)]:
        moved.SetElement(row, column, element)
    transform.SetMatrixTransformToParent(moved)
    result = result_for(volume, RIGHT)

    node = segmentationNodeFromResult(result, volume)

    assert node.GetParentTransformNode() == transform
    assert_same_image(labelMapFromSegmentationNode(node, volume, THIGH), result.label_map)


def test_a_result_of_another_image_is_refused(fresh_scene, volume, add_volume, result_for):
    other = add_volume(fresh_scene, np.zeros((6, 7, 8), np.uint8), name="other")

    with pytest.raises(InputError, match="other"):
        segmentationNodeFromResult(result_for(volume, RIGHT), other)


def test_the_segmentation_is_put_beside_the_volume_in_the_subject_hierarchy(fresh_scene, volume, result_for):
    hierarchy = fresh_scene.GetSubjectHierarchyNode()
    study = hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), "study")
    hierarchy.CreateItem(study, volume)

    node = segmentationNodeFromResult(result_for(volume, RIGHT), volume)

    assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) == study


def test_voxels_of_the_result_are_copied(volume, result_for):
    result = result_for(volume, RIGHT)
    before = sitk.Image(result.label_map)
    node = segmentationNodeFromResult(result, volume)
    node.GetSegmentation().ClearSegment(node.GetSegmentation().GetSegmentIDs()[0])

    assert_same_image(result.label_map, before)
    assert imageFromVolumeNode(volume).GetSize() == before.GetSize()
