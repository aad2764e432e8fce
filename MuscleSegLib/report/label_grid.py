"""A label map on exactly the grid of the image that it was made on."""

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.grids import place_on_grid


def labels_on_grid(labels: sitk.Image, grid: sitk.Image, name: str = "image") -> sitk.Image:
    """The label map on the grid of an image; labels are moved by whole voxels at most.

    Args:
        labels: On the image's grid, or on a part of it, as Slicer crops segmentations.
        grid: The image.
        name: What an error calls the image.

    Raises:
        InputError: The label map lies on another grid, or reaches beyond the image: it was made on another one.
    """
    if labels.GetDimension() != grid.GetDimension() or place_on_grid(labels, grid) is None:
        raise InputError(
            f"The segmentation does not lie on the grid of the {name}. Give the {name} that was segmented."
        )
    moved = sitk.Resample(labels, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0, labels.GetPixelID())
    if np.count_nonzero(sitk.GetArrayViewFromImage(moved)) != np.count_nonzero(sitk.GetArrayViewFromImage(labels)):
        raise InputError(f"The segmentation reaches beyond the {name}. Give the {name} that was segmented, complete.")
    return moved
