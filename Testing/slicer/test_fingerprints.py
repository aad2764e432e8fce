"""Measures are out of date exactly when a muscle, its name, or a transform is another."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkCommonTransforms import vtkThinPlateSplineTransform

from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, VolumeLabel
from MuscleSegLib.slicer.fingerprints import fingerprint
from MuscleSegLib.slicer.transforms import transformNodeFromTransform


@pytest.fixture
def labels():
    image = sitk.Image(20, 15, 6, sitk.sitkUInt16)
    image.SetSpacing((2.0, 2.0, 5.0))
    image[5, 5, 3] = 1
    return LabelledVolume(image, (VolumeLabel(1, "gracilis", "Gr", "right", (1, 2, 3)),))


def test_nothing_changed(labels):
    assert fingerprint(labels) == fingerprint(replace(labels, image=sitk.Image(labels.image)))


def test_a_voxel_a_name_and_the_grid_count_and_a_colour_does_not(labels):
    painted, moved = sitk.Image(labels.image), sitk.Image(labels.image)
    painted[6, 5, 3] = 1
    moved.SetOrigin((0.1, 0.0, 0.0))
    (label,) = labels.labels
    renamed = replace(labels, labels=(replace(label, side="left"),))

    found = {
        fingerprint(one) for one in (labels, replace(labels, image=painted), replace(labels, image=moved), renamed)
    }

    assert len(found) == 4
    assert fingerprint(replace(labels, labels=(replace(label, color=(9, 9, 9)),))) == fingerprint(labels)


def test_a_transform_counts_wherever_it_moves_the_image(labels, fresh_scene):
    node = transformNodeFromTransform(sitk.Transform(3, sitk.sitkIdentity), fresh_scene, "found")
    before = fingerprint(labels, [node])
    assert before != fingerprint(labels)

    matrix = vtkMatrix4x4()
    matrix.SetElement(2, 3, 0.5)
    node.SetMatrixTransformToParent(matrix)
    moved = fingerprint(labels, [node])
    points, targets = vtkPoints(), vtkPoints()
    for corner in ((0, 0, 0), (-40, 0, 0), (0, -30, 0), (0, 0, 30)):
        points.InsertNextPoint(corner)
        targets.InsertNextPoint(np.add(corner, (0, 0, 2) if corner == (0, 0, 30) else 0))
    bent = vtkThinPlateSplineTransform()
    bent.SetBasisToR()
    bent.SetSourceLandmarks(points)
    bent.SetTargetLandmarks(targets)
    node.SetAndObserveTransformToParent(bent)

    assert len({before, moved, fingerprint(labels, [node])}) == 3
