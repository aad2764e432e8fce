"""Distances to the border of a mask."""

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray


def signed_distance_mm(mask: sitk.Image) -> NDArray[np.float32]:
    """Distance (mm) of every pixel of a mask of 0 and 1 to its border, positive inside.

    Measured from either side to the nearest pixel of the other, less half a pixel. ITK's own distances inside are to
    the outermost pixels inside, and those that touch the other side by a corner alone count as outermost too: along a
    slanted border they are up to a pixel too small.

    All of an empty mask, or of a full one, is far from any border.
    """
    inside = sitk.GetArrayViewFromImage(mask) != 0
    to_inside, to_outside = (
        sitk.GetArrayFromImage(sitk.SignedMaurerDistanceMap(other, squaredDistance=False, useImageSpacing=True))
        for other in (mask, 1 - mask)
    )
    half = np.float32(min(mask.GetSpacing()) / 2)
    return np.where(inside, to_outside - half, half - to_inside)
