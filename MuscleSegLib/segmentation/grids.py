"""Where the voxels of images lie, and whether they lie in the same places as far as their headers can tell."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

#: By how much of a voxel two headers may differ in where a voxel lies. Programs write spacings and directions with few
#: digits, which adds up over the volume: at four digits, to a twentieth of a voxel over 500.
_ROUNDING = 0.1


def same_grid(one: sitk.Image, other: sitk.Image) -> bool:
    """Whether each voxel of a three-dimensional image lies where that of ``other`` does, to a tenth of a voxel."""
    if one.GetSize() != other.GetSize():
        return False
    place = place_on_grid(one, other)
    return place is not None and not place.any()


def place_on_grid(part: sitk.Image, whole: sitk.Image) -> npt.NDArray[np.int_] | None:
    """The index (i, j, k) in ``whole`` of the first voxel of ``part``, both three-dimensional; see :func:`shift`."""
    return shift(np.linalg.inv(index_to_lps(whole)) @ index_to_lps(part), part.GetSize())


def shift(index_to_index: npt.NDArray[np.float64], size: Sequence[int]) -> npt.NDArray[np.int_] | None:
    """By how many voxels indices of one grid differ from those of another, the voxels of which lie in the same places.

    Args:
        index_to_index: The 4 × 4 matrix from indices of the one grid to those of the other.
        size: How many voxels the one has along each axis.

    Returns:
        (3,), or None where some voxel lies more than a tenth of a voxel off.
    """
    corners = np.array(list(product(*((0, count - 1) for count in size))))  # Elsewhere voxels lie no farther off.
    reached = corners @ index_to_index[:3, :3].T + index_to_index[:3, 3]
    nearest = np.rint(reached[0])
    return nearest.astype(int) if np.abs(reached - corners - nearest).max() <= _ROUNDING else None


def index_to_lps(image: sitk.Image) -> npt.NDArray[np.float64]:
    """The 4 × 4 matrix from indices of a three-dimensional image to points (mm)."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    matrix[:3, 3] = image.GetOrigin()
    return matrix
