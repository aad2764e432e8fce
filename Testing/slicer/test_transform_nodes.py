import numpy as np
import pytest
import SimpleITK as sitk
import slicer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonTransforms import vtkThinPlateSplineTransform

from MuscleSegLib.slicer.transforms import transformFromTransformNode, transformNodeFromTransform

POINTS = [(-20.0, 5.0, 30.0), (12.0, -18.0, 41.0), (0.0, 0.0, 25.0)]


@pytest.fixture
def fixed_image() -> sitk.Image:
    image = sitk.Image(30, 30, 12, sitk.sitkFloat32)
    image.SetSpacing((4.0, 4.0, 5.0))
    image.SetOrigin((60.0, -60.0, 0.0))
    image.SetDirection((-1, 0, 0, 0, 1, 0, 0, 0, 1))
    return image


def motion(angles=(0.1, -0.05, 0.2), shift=(3.0, -4.0, 5.0)):
    transform = sitk.Euler3DTransform()
    transform.SetCenter((5.0, 6.0, 7.0))
    transform.SetRotation(*angles)
    transform.SetTranslation(shift)
    return transform


def deformed(fixed_image):
    """A smooth deformation followed by a motion, as registration gives it."""
    spline = sitk.BSplineTransformInitializer(fixed_image, [2, 2, 2], 3)
    spline.SetParameters(np.random.default_rng(1).normal(0, 3, len(spline.GetParameters())).tolist())
    field = sitk.TransformToDisplacementField(
        spline,
        sitk.sitkVectorFloat64,
        fixed_image.GetSize(),
        fixed_image.GetOrigin(),
        fixed_image.GetSpacing(),
        fixed_image.GetDirection(),
    )
    return sitk.CompositeTransform([motion(), sitk.DisplacementFieldTransform(field)])


def through_node(node, point):
    """Where a node takes a point of the parent (LPS): from the fixed image to the moving one."""
    x, y, z = node.GetTransformFromParent().TransformPoint((-point[0], -point[1], point[2]))
    return -x, -y, z


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(angles=st.tuples(*[st.floats(-0.5, 0.5)] * 3), shift=st.tuples(*[st.floats(-50, 50)] * 3))
def test_a_motion_is_the_same_in_a_node_and_back(core, fixed_image, angles, shift):
    transform = motion(angles, shift)
    node = transformNodeFromTransform(transform, core.scene, "motion")
    assert node.IsLinear()
    back = transformFromTransformNode(node, fixed_image)
    for point in POINTS:
        assert through_node(node, point) == pytest.approx(transform.TransformPoint(point), abs=1e-6)
        assert back.TransformPoint(point) == pytest.approx(transform.TransformPoint(point), abs=1e-6)


def test_a_deformation_is_the_same_in_a_node_and_back(core, fixed_image):
    transform = deformed(fixed_image)
    node = transformNodeFromTransform(transform, core.scene, "deformation")
    assert node.GetName() == "deformation"
    back = transformFromTransformNode(node, fixed_image)
    for point in POINTS:
        assert through_node(node, point) == pytest.approx(transform.TransformPoint(point), abs=0.05)
        assert back.TransformPoint(point) == pytest.approx(transform.TransformPoint(point), abs=1e-6)


def test_a_moving_volume_under_the_node_lies_over_the_fixed_image(core):
    transform = motion()
    node = transformNodeFromTransform(transform, core.scene, "motion")
    in_fixed, in_moving = POINTS[0], transform.TransformPoint(POINTS[0])
    x, y, z = node.GetTransformToParent().TransformPoint((-in_moving[0], -in_moving[1], in_moving[2]))
    assert (-x, -y, z) == pytest.approx(in_fixed, abs=1e-6)


def test_parents_of_a_node_count(core, fixed_image):
    first, second = motion(), motion((0.0, 0.1, 0.0), (1.0, 2.0, 3.0))
    node = transformNodeFromTransform(first, core.scene, "first")
    parent = transformNodeFromTransform(second, core.scene, "second")
    node.SetAndObserveTransformNodeID(parent.GetID())
    back = transformFromTransformNode(node, fixed_image)
    for point in POINTS:
        assert back.TransformPoint(point) == pytest.approx(first.TransformPoint(second.TransformPoint(point)), abs=1e-6)


@pytest.mark.parametrize("setter", ["SetAndObserveTransformFromParent", "SetAndObserveTransformToParent"])
def test_a_transform_that_itk_does_not_have_is_sampled(core, fixed_image, setter):
    source, target = vtkPoints(), vtkPoints()
    random = np.random.default_rng(3)
    for corner in np.ndindex(2, 2, 2):
        point = np.array(corner) * (100.0, 100.0, 50.0) - (50.0, 50.0, 0.0)
        source.InsertNextPoint(*point)
        target.InsertNextPoint(*(point + random.normal(0, 3, 3)))
    thin_plate = vtkThinPlateSplineTransform()
    thin_plate.SetSourceLandmarks(source)
    thin_plate.SetTargetLandmarks(target)
    thin_plate.SetBasisToR()
    node = core.scene.AddNewNodeByClass("vtkMRMLTransformNode")
    getattr(node, setter)(thin_plate)
    back = transformFromTransformNode(node, fixed_image)
    for point in POINTS:
        assert back.TransformPoint(point) == pytest.approx(through_node(node, point), abs=0.1)


def test_an_unused_node_moves_nothing(core, fixed_image):
    node = core.scene.AddNewNodeByClass("vtkMRMLTransformNode")
    assert isinstance(node, slicer.vtkMRMLTransformNode)
    back = transformFromTransformNode(node, fixed_image)
    assert back.TransformPoint(POINTS[0]) == pytest.approx(POINTS[0])
