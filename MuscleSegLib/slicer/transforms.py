"""Transforms as nodes that the user sees, hardens or replaces: Slicer's own reader and writer turn LPS into RAS.

A :class:`SimpleITK.Transform` here maps points of a fixed image to points of a moving image. Slicer's node that holds
it is the one that the *moving* volume, or its segmentation, is put under to lie over the fixed one.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import SimpleITK as sitk
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform

from MuscleSegLib.errors import MuscleSegError
from MuscleSegLib.itk_paths import itk_path
from MuscleSegLib.registration.grids import averaged

#: Transforms that ITK has no name for are sampled on voxels of at most this size.
_SAMPLED_MM = 5.0


def transformNodeFromTransform(
    transform: sitk.Transform, scene: slicer.vtkMRMLScene, name: str
) -> slicer.vtkMRMLTransformNode:
    """Add a node to ``scene`` that lays the moving volume over the fixed one.

    Args:
        transform: From fixed to moving points (LPS, mm), as
            :attr:`MuscleSegLib.registration.Registration.transform`.
        scene: Where the node goes.
        name: What the user sees.

    Raises:
        MuscleSegError: Slicer cannot hold such a transform.
    """
    transformNode = scene.AddNewNodeByClass("vtkMRMLTransformNode", name)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "transform.h5"
        sitk.WriteTransform(transform, itk_path(path))
        storageNode = slicer.vtkMRMLTransformStorageNode()
        storageNode.SetFileName(str(path))
        if not storageNode.ReadData(transformNode):
            scene.RemoveNode(transformNode)
            raise MuscleSegError(f"Slicer cannot hold the transform “{name}” ({transform.GetName()}).")
    return transformNode


def transformFromTransformNode(transformNode: slicer.vtkMRMLTransformNode, fixedImage: sitk.Image) -> sitk.Transform:
    """The transform from fixed to moving points (LPS, mm) that a node, and its parents, stand for.

    What ITK knows is taken over as it is. Others, such as thin plates or a deformation that is stored the other way
    around, become a displacement field over ``fixedImage``.

    Args:
        transformNode: What the moving volume is under, from wherever it came.
        fixedImage: The image that the moving volume is laid over.
    """
    fromWorld = vtkGeneralTransform()
    transformNode.GetTransformFromWorld(fromWorld)
    flat = slicer.vtkMRMLTransformNode()
    flat.SetAndObserveTransformFromParent(fromWorld)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "transform.h5"
        storageNode = slicer.vtkMRMLTransformStorageNode()
        storageNode.SetFileName(str(path))
        if storageNode.WriteData(flat) and path.is_file():
            try:
                return sitk.ReadTransform(itk_path(path))
            except RuntimeError:
                pass  # of a class that only Slicer has
    return _sampled(fromWorld, averaged(fixedImage, _SAMPLED_MM))


def _sampled(fromWorld: vtkGeneralTransform, grid: sitk.Image) -> sitk.Transform:
    """A transform between RAS points as displacements on ``grid``, LPS."""
    positions = sitk.GetArrayFromImage(
        sitk.PhysicalPointSource(
            sitk.sitkVectorFloat64, grid.GetSize(), grid.GetOrigin(), grid.GetSpacing(), grid.GetDirection()
        )
    )
    flip = np.array([-1.0, -1.0, 1.0])
    points, moved = vtkPoints(), vtkPoints()
    points.SetData(numpy_to_vtk((positions * flip).reshape(-1, 3), deep=True))
    fromWorld.TransformPoints(points, moved)
    displacements = vtk_to_numpy(moved.GetData()).reshape(positions.shape) * flip - positions
    field = sitk.GetImageFromArray(displacements, isVector=True)
    field.CopyInformation(grid)
    return sitk.DisplacementFieldTransform(sitk.Cast(field, sitk.sitkVectorFloat64))
