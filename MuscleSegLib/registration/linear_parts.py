"""What a linear transform is made of."""

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray


def matrix_and_offset(transform: sitk.Transform) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The 3 × 3 matrix of a linear transform, its columns the images of the axes, and where it takes the origin (mm).

    Unlike SimpleITK's own, of any class of transform, composite ones too.
    """
    offset = np.array(transform.TransformPoint((0.0, 0.0, 0.0)))
    columns = [np.subtract(transform.TransformPoint(axis), offset) for axis in np.eye(3).tolist()]
    return np.stack(columns, 1), offset
