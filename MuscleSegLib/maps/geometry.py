"""Whether images can be combined voxel by voxel: volumes of real numbers, on one grid, and not one given twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.grids import same_grid

if TYPE_CHECKING:
    from collections.abc import Mapping


def check_scalar_volumes(images: Mapping[str, sitk.Image]) -> None:
    """Make sure that each image, by the name that a sentence is to call it, is a volume of one real number a voxel.

    Raises:
        InputError: One is not.
    """
    for name, image in images.items():
        if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
            raise InputError(f"{name} must be three-dimensional, one number a voxel. Export one volume of it.")
        if "complex" in image.GetPixelIDTypeAsString():
            raise InputError(f"{name} is complex. Give its magnitude.")


def check_same_grid(images: Mapping[str, sitk.Image]) -> None:
    """Make sure that images can be combined voxel by voxel.

    Args:
        images: By the name that a sentence is to call them.

    Raises:
        InputError: One is not three-dimensional and of one number a voxel, or two lie on different grids.
    """
    check_scalar_volumes(images)
    (first, reference), *others = images.items()
    for name, image in others:
        if not same_grid(reference, image):
            raise InputError(
                f"{first} and {name} lie on different grids (size, spacing, position or direction). Give images of one "
                "acquisition, or resample one to the other's grid first (in Slicer: Resample Scalar/Vector/DWI Volume)."
            )


def check_different(one: sitk.Image, other: sitk.Image, names: tuple[str, str]) -> None:
    """Make sure that the two images of a pair are not one, given twice.

    Args:
        one, other: The images.
        names: What a sentence is to call them.

    Raises:
        InputError: They hold the same values.
    """
    values, others = (sitk.GetArrayViewFromImage(image) for image in (one, other))
    if np.array_equal(values, others, equal_nan=True):
        raise InputError(f"{names[0]} and {names[1]} hold the same values. Give the two images that make up the pair.")
