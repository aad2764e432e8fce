"""A label map on exactly the grid of the image that it was made on."""

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError

#: Voxels may lie this far apart, as a part of the smallest spacing: what a file format rounds.
_TOLERANCE = 0.01


def labels_on_grid(labels: sitk.Image, grid: sitk.Image, name: str = "image") -> sitk.Image:
    """The label map on the grid of an image; labels are moved by whole voxels at most.

    Args:
        labels: On the image's grid, or on a part of it, as Slicer crops segmentations.
        grid: The image.
        name: What an error calls the image.

    Raises:
        InputError: The label map lies on another grid, or reaches beyond the image: it was made on another one.
    """
    if labels.GetDimension() != grid.GetDimension() or _misplacement_mm(labels, grid) > _TOLERANCE * min(
        grid.GetSpacing()
    ):
        raise InputError(
            f"The segmentation does not lie on the grid of the {name}. Give the {name} that was segmented."
        )
    moved = sitk.Resample(labels, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0, labels.GetPixelID())
    if np.count_nonzero(sitk.GetArrayViewFromImage(moved)) != np.count_nonzero(sitk.GetArrayViewFromImage(labels)):
        raise InputError(f"The segmentation reaches beyond the {name}. Give the {name} that was segmented, complete.")
    return moved


def _misplacement_mm(labels: sitk.Image, grid: sitk.Image) -> float:
    """How far the corners of a label map lie from the nearest grid points that would be theirs if it were a part."""
    first = np.round(grid.TransformPhysicalPointToContinuousIndex(labels.GetOrigin()))
    last = np.array(labels.GetSize()) - 1.0
    corners = [last * chosen for chosen in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))]
    return max(
        float(
            np.linalg.norm(
                np.subtract(
                    labels.TransformContinuousIndexToPhysicalPoint(corner.tolist()),
                    grid.TransformContinuousIndexToPhysicalPoint((first + corner).tolist()),
                )
            )
        )
        for corner in corners
    )
