"""Whether images that are combined voxel by voxel lie on one grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.grids import same_grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    import SimpleITK as sitk


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
