"""Whether an image can be segmented at all; if not, a sentence that says why."""

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError


def check_image(image: sitk.Image) -> None:
    """Refuse what is not a three-dimensional scalar image with signal.

    Raises:
        InputError: The image is not three-dimensional, has several components a voxel, is complex, holds no finite
            value, or holds the same value everywhere.
    """
    dimension = image.GetDimension()
    if dimension != 3:
        raise InputError(
            f"The image has {dimension} dimensions, but a single three-dimensional volume is needed. "
            "Of a series over time or echoes, give one volume."
        )
    components = image.GetNumberOfComponentsPerPixel()
    if components != 1:
        raise InputError(
            f"The image has {components} values at each voxel (a colour image, or several echoes), but one grey value "
            "is needed. Convert it to grey values, or give one of its components."
        )
    if "complex" in image.GetPixelIDTypeAsString():
        raise InputError("The image is complex. Give its magnitude.")
    array = sitk.GetArrayViewFromImage(image)
    low, high = array.min(), array.max()
    if not np.isfinite(low) or not np.isfinite(high):
        finite = array[np.isfinite(array)]
        if finite.size == 0:
            raise InputError("No voxel of the image holds a number (all are NaN or infinite). Export the image again.")
        low, high = finite.min(), finite.max()
    if low == high:
        raise InputError(
            f"Every voxel of the image holds the same value ({low:g}), so there is nothing to segment. "
            "Check that the right file was given."
        )


def count_non_finite(image: sitk.Image) -> int:
    """The number of voxels that are NaN or infinite; 0 for integers."""
    array = sitk.GetArrayViewFromImage(image)
    if not np.issubdtype(array.dtype, np.floating):
        return 0
    return int(array.size - np.count_nonzero(np.isfinite(array)))
