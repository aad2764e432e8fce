"""Volume nodes as SimpleITK images: the one place where RAS becomes LPS."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk
import slicer
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from MuscleSegLib.errors import InputError

#: Largest cosine between two axes of a volume that still counts as perpendicular: header rounding, not shear.
_PERPENDICULAR = 1e-3


def imageFromVolumeNode(volumeNode: slicer.vtkMRMLScalarVolumeNode) -> sitk.Image:
    """Copy a volume node into an image with the same voxels in the same order, placed where the node is in the world.

    Without a parent transform the origin, spacing and direction are the node's own, to the last digit (with x and y
    negated: RAS to LPS). Linear parent transforms are applied to the geometry; the voxels are not resampled.

    Slicer's own ``sitkUtils.PullVolumeFromSlicer`` is not used: it leaves parent transforms out, and the image reader
    behind it exists in the application only.

    Args:
        volumeNode: A scalar or vector volume.

    Returns:
        The image, in LPS; several components a voxel become a vector image.

    Raises:
        InputError: The node holds no voxels, or lies under a transform that turns its grid into something that is not
            a grid of boxes.
    """
    voxels = _voxels(volumeNode)
    image = sitk.GetImageFromArray(voxels, isVector=voxels.ndim == 4)
    origin, spacing, direction = _worldGeometry(volumeNode)
    image.SetOrigin(origin.tolist())
    image.SetSpacing(spacing.tolist())
    image.SetDirection(direction.ravel().tolist())
    return image


def volumeNodeFromImage(image: sitk.Image, scene: slicer.vtkMRMLScene, name: str) -> slicer.vtkMRMLScalarVolumeNode:
    """Add a volume node with the voxels and the place of a three-dimensional image of one number a voxel.

    Args:
        image: In LPS, as :func:`imageFromVolumeNode` gives it.
        scene: Where the node goes.
        name: What the user sees.
    """
    volumeNode = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    data = vtkImageData()
    data.SetDimensions(*image.GetSize())
    data.GetPointData().SetScalars(numpy_to_vtk(sitk.GetArrayFromImage(image).ravel(), deep=True))
    flip = np.array([-1.0, -1.0, 1.0])
    volumeNode.SetAndObserveImageData(data)
    volumeNode.SetOrigin(*(flip * image.GetOrigin()))
    volumeNode.SetSpacing(*image.GetSpacing())
    volumeNode.SetIJKToRASDirections(*(flip[:, None] * np.reshape(image.GetDirection(), (3, 3))).ravel())
    volumeNode.CreateDefaultDisplayNodes()
    return volumeNode


def _voxels(volumeNode: slicer.vtkMRMLScalarVolumeNode) -> NDArray[Any]:
    """The node's own voxels, not a copy: (slices, rows, columns), or (slices, rows, columns, components)."""
    imageData = volumeNode.GetImageData()
    if imageData is None or imageData.GetPointData().GetScalars() is None or imageData.GetNumberOfPoints() == 0:
        raise InputError(
            f"The volume “{volumeNode.GetName()}” holds no voxels. Load its image again, or choose another volume."
        )
    columns, rows, slices = imageData.GetDimensions()
    scalars: NDArray[Any] = vtk_to_numpy(imageData.GetPointData().GetScalars())
    return scalars.reshape(slices, rows, columns, *scalars.shape[1:])


def _worldGeometry(
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Origin (mm), spacing (mm) and 3 × 3 direction of the first voxel and the axes, in LPS and in the world."""
    origin = np.array(volumeNode.GetOrigin())
    spacing = np.array(volumeNode.GetSpacing())
    columns: list[list[float]] = [[0.0] * 3 for _ in range(3)]
    volumeNode.GetIJKToRASDirections(columns)
    direction = np.array(columns)

    toWorld = _parentTransform(volumeNode)
    if not np.array_equal(toWorld, np.eye(4)):
        origin = toWorld[:3, :3] @ origin + toWorld[:3, 3]
        axes = toWorld[:3, :3] @ direction * spacing
        spacing = np.linalg.norm(axes, axis=0)
        direction = axes / spacing

    if np.abs(direction.T @ direction - np.eye(3)).max() > _PERPENDICULAR:
        raise InputError(
            f"The axes of the volume “{volumeNode.GetName()}” are not perpendicular. Harden its transform and resample "
            "it (in Slicer: Resample Scalar/Vector/DWI Volume), then segment the result."
        )
    # Subtracting from zero, because negating 0 gives -0, which headers show.
    origin[:2] = 0.0 - origin[:2]
    direction[:2] = 0.0 - direction[:2]
    return origin, spacing, direction


def _parentTransform(volumeNode: slicer.vtkMRMLScalarVolumeNode) -> NDArray[np.float64]:
    """The 4 × 4 matrix from the node's coordinates to the world's (RAS, mm)."""
    matrix = vtkMatrix4x4()
    if not slicer.vtkMRMLTransformNode.GetMatrixTransformBetweenNodes(
        volumeNode.GetParentTransformNode(), None, matrix
    ):
        raise InputError(
            f"The volume “{volumeNode.GetName()}” is under a non-linear transform. Harden that transform (in Slicer: "
            "Transforms), which resamples the volume, then segment it."
        )
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
