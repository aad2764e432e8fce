"""Whether an image shows anything, and a limb; if not, a sentence that says what is the matter."""

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.limbs import Limbs
from MuscleSegLib.segmentation.orientation import check_right_angles

#: What is larger than this is no limb.
_LARGEST_LIMB_MM = 350.0
#: Nor is what is smaller on every slice: the coarse grid adds a centimetre to a limb, so that a child's ankle passes.
#: Two thighs whose voxels are given in cm are smaller even in one piece, as no scanner sees more than half a metre.
_SMALLEST_LIMB_MM = 50.0


def check_image(image: sitk.Image, name: str = "the image") -> None:
    """Refuse what is not a three-dimensional scalar image with signal.

    Args:
        image: Any.
        name: What a sentence is to call it.

    Raises:
        InputError: The image is not three-dimensional, has several components a voxel, is complex, has axes that are
            not at right angles, holds no finite value, or holds the same value everywhere.
    """
    dimension = image.GetDimension()
    if dimension != 3:
        raise InputError(
            f"A single three-dimensional volume is needed, but {name} has {dimension} dimensions. Of a series over "
            "time or echoes, give one volume."
        )
    components = image.GetNumberOfComponentsPerPixel()
    if components != 1:
        raise InputError(
            f"One grey value is needed, but {name} has {components} values at each voxel (a colour image, or several "
            "echoes). Convert it to grey values, or give one of its components."
        )
    if "complex" in image.GetPixelIDTypeAsString():
        raise InputError(f"Magnitudes are needed, but {name} is complex. Give its magnitude.")
    check_right_angles(image, name)
    array = sitk.GetArrayViewFromImage(image)
    low, high = array.min(), array.max()
    if not np.isfinite(low) or not np.isfinite(high):
        finite = array[np.isfinite(array)]
        if finite.size == 0:
            raise InputError(f"No voxel of {name} holds a number (all are NaN or infinite). Export it again.")
        low, high = finite.min(), finite.max()
    if low == high:
        raise InputError(
            f"Every voxel of {name} holds the same value ({low:g}), so it shows nothing. Check that the right file was "
            "given."
        )


def check_limbs(limbs: Limbs) -> None:
    """Refuse an image in which no limb, or none of a limb's size, was found.

    Raises:
        InputError: That is so; the text says what an image should be.
    """
    sizes_mm = [max(limb.size_mm) for side in limbs.by_side.values() for limb in side]
    if not sizes_mm:
        raise InputError(
            "No limb was found in the image. It should show one or two thighs or legs, brighter than the air around "
            "them, and say the size of its voxels in mm."
        )
    if np.median(sizes_mm) > _LARGEST_LIMB_MM:
        raise InputError(
            f"What stands out in the image is {np.median(sizes_mm):.0f} mm wide, which no limb is. Give a magnitude "
            "image, in which air is dark and no signal is 0, and check the size of its voxels."
        )
    if max(sizes_mm) < _SMALLEST_LIMB_MM:
        raise InputError(
            f"What stands out in the image is only {max(sizes_mm):.0f} mm wide, which no limb is. Check the size of "
            "the voxels in its header: it should be in mm, not in cm."
        )


def count_non_finite(image: sitk.Image) -> int:
    """The number of voxels that are NaN or infinite; 0 for integers."""
    array = sitk.GetArrayViewFromImage(image)
    if not np.issubdtype(array.dtype, np.floating):
        return 0
    return int(array.size - np.count_nonzero(np.isfinite(array)))
