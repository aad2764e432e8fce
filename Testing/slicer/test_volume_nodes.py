"""Volume nodes become images that lie where the nodes do."""

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
from hypothesis import given, settings
from hypothesis import strategies as st
from vtkmodules.vtkCommonCore import VTK_UNSIGNED_CHAR
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkCommonTransforms import vtkThinPlateSplineTransform

from MuscleSegLib.errors import InputError
from MuscleSegLib.slicer import imageFromVolumeNode

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])


def ras_of(node, index):
    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return np.array(matrix.MultiplyPoint((*index, 1.0)))[:3]


def put_under(node, scene, matrix):
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    elements = vtkMatrix4x4()
    elements.DeepCopy(np.asarray(matrix, float).ravel())
    transform.SetMatrixTransformToParent(elements)
    node.SetAndObserveTransformNodeID(transform.GetID())
    return transform


def test_voxels_keep_their_order_and_type(volume):
    image = imageFromVolumeNode(volume)

    assert image.GetPixelID() == sitk.sitkInt16
    assert image.GetSize() == (8, 7, 6)
    assert image[3, 2, 1] == volume.GetImageData().GetScalarComponentAsDouble(3, 2, 1, 0)


def test_geometry_is_the_nodes_to_the_last_digit_in_lps(volume):
    image = imageFromVolumeNode(volume)

    directions = [[0.0] * 3 for _ in range(3)]
    volume.GetIJKToRASDirections(directions)
    assert image.GetSpacing() == volume.GetSpacing()
    assert image.GetOrigin() == tuple(RAS_TO_LPS @ volume.GetOrigin())
    assert image.GetDirection() == tuple((RAS_TO_LPS @ directions).ravel())


def test_the_image_is_a_copy(volume):
    image = imageFromVolumeNode(volume)
    volume.GetImageData().SetScalarComponentFromDouble(0, 0, 0, 0, 99)

    assert image[0, 0, 0] == 0


numbers = st.floats(-500, 500)


@settings(max_examples=30, deadline=None)
@given(
    angles=st.tuples(*[st.floats(-3.1, 3.1)] * 3),
    origin=st.tuples(numbers, numbers, numbers),
    spacing=st.tuples(*[st.floats(0.1, 30)] * 3),
    flips=st.tuples(*[st.sampled_from([1.0, -1.0])] * 3),
)
def test_every_voxel_lies_at_the_same_point_in_both_worlds(add_volume, angles, origin, spacing, flips):
    turned = sitk.Euler3DTransform()
    turned.SetRotation(*angles)
    directions = np.array(turned.GetMatrix()).reshape(3, 3) * flips
    scene = slicer.vtkMRMLScene()
    node = add_volume(scene, np.zeros((3, 4, 5), np.uint8), origin=origin, spacing=spacing, directions=directions)

    image = imageFromVolumeNode(node)

    assert image.GetOrigin() == tuple(RAS_TO_LPS @ node.GetOrigin())
    for index in [(0, 0, 0), (4, 0, 0), (0, 3, 0), (0, 0, 2), (4, 3, 2)]:
        np.testing.assert_allclose(
            image.TransformIndexToPhysicalPoint(index), RAS_TO_LPS @ ras_of(node, index), atol=1e-9
        )


def test_the_patients_right_is_where_the_header_says(fresh_scene, add_volume):
    voxels = np.zeros((1, 1, 3), np.uint8)
    voxels[0, 0, 2] = 7
    growing_right = add_volume(fresh_scene, voxels, directions=np.diag([1.0, -1.0, -1.0]))

    image = imageFromVolumeNode(growing_right)

    # LPS: x grows to the left, so what lies to the right has the smaller x.
    assert image.TransformIndexToPhysicalPoint((2, 0, 0))[0] < image.TransformIndexToPhysicalPoint((0, 0, 0))[0]
    assert image[2, 0, 0] == 7


def test_a_linear_transform_moves_the_image_as_hardening_it_would(fresh_scene, volume):
    turned = np.eye(4)
    turned[:3, :3] = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]
    turned[:3, 3] = [10, 20, 30]
    put_under(volume, fresh_scene, turned)

    image = imageFromVolumeNode(volume)
    volume.HardenTransform()

    hardened = imageFromVolumeNode(volume)
    np.testing.assert_allclose(image.GetOrigin(), hardened.GetOrigin())
    np.testing.assert_allclose(image.GetSpacing(), hardened.GetSpacing())
    np.testing.assert_allclose(image.GetDirection(), hardened.GetDirection(), atol=1e-12)


def test_a_transform_that_scales_changes_the_spacing(fresh_scene, volume):
    spacing = volume.GetSpacing()
    put_under(volume, fresh_scene, np.diag([2, 2, 2, 1]))

    np.testing.assert_allclose(imageFromVolumeNode(volume).GetSpacing(), np.multiply(spacing, 2))


def test_a_transform_that_shears_is_refused(fresh_scene, volume):
    sheared = np.eye(4)
    sheared[0, 1] = 0.2
    put_under(volume, fresh_scene, sheared)

    with pytest.raises(InputError, match="not perpendicular"):
        imageFromVolumeNode(volume)


def test_a_non_linear_transform_is_refused(fresh_scene, volume):
    warp = fresh_scene.AddNewNodeByClass("vtkMRMLTransformNode")
    warp.SetAndObserveTransformToParent(vtkThinPlateSplineTransform())
    volume.SetAndObserveTransformNodeID(warp.GetID())

    with pytest.raises(InputError, match="non-linear"):
        imageFromVolumeNode(volume)


def test_a_volume_without_voxels_is_refused_by_name(fresh_scene):
    node = fresh_scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "T1 knee")

    with pytest.raises(InputError, match="T1 knee"):
        imageFromVolumeNode(node)


def test_several_components_become_a_vector_image(fresh_scene):
    colours = vtkImageData()
    colours.SetDimensions(4, 3, 2)
    colours.AllocateScalars(VTK_UNSIGNED_CHAR, 3)
    node = fresh_scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode")
    node.SetAndObserveImageData(colours)

    image = imageFromVolumeNode(node)

    assert image.GetNumberOfComponentsPerPixel() == 3
    assert image.GetSize() == (4, 3, 2)
