"""Labels kept in as many pieces as they were drawn in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

if TYPE_CHECKING:
    from numpy.typing import NDArray


def pieces(mask: NDArray[np.bool_]) -> int:
    """The number of pieces of (rows, columns) ``mask``; pixels that share a corner are of one piece."""
    return int(_numbered(mask).max(initial=0))


def small_pieces(mask: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """All but the ``most`` largest pieces of (rows, columns) ``mask``."""
    small: NDArray[np.bool_] = _numbered(mask) > most
    return small


def _numbered(mask: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """The number of the piece of each pixel, from 1, the largest first; 0 outside."""
    numbered = np.zeros(mask.shape, np.uint32)
    rows, columns = (np.flatnonzero(mask.any(1 - axis)) for axis in (0, 1))
    if rows.size:
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        components = sitk.ConnectedComponent(sitk.GetImageFromArray(mask[box].astype(np.uint8)), True)
        numbered[box] = sitk.GetArrayFromImage(sitk.RelabelComponent(components))
    return numbered
