"""The voxels without a number that ITK 5 loses: it reads NaN and infinity in NIfTI files as 0.

ITK 6 keeps them (InsightSoftwareConsortium/ITK pull request 6683); SimpleITK 2.5 and Slicer 5.10 are built on ITK 5. A
voxel that could not be fitted must not become one whose T2 is 0 ms, so the file is looked at once more.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Size of the header of NIfTI-1, which is its first number.
_HEADER = 348
#: Element type by NIfTI's code.
_FLOATS = {16: "f4", 64: "f8"}


def not_finite_in_nifti(path: Path, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Where a NIfTI-1 file of one volume holds no finite number.

    Args:
        path: Any file.
        shape: (slices, rows, columns) of the volume as ITK read it.

    Returns:
        Bool of ``shape``; None when the file is no such file, or holds integers, which are always finite.
    """
    if not path.name.endswith((".nii", ".nii.gz")):
        return None
    with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as file:
        content = file.read()
    for order in "<>":
        if len(content) > _HEADER and np.frombuffer(content, order + "i4", 1)[0] == _HEADER:
            break
    else:
        return None
    datatype = int(np.frombuffer(content, order + "i2", 1, offset=70)[0])
    start = int(np.frombuffer(content, order + "f4", 1, offset=108)[0])
    if datatype not in _FLOATS:
        return None
    count = int(np.prod(shape))
    element = np.dtype(order + _FLOATS[datatype])
    if len(content) != start + count * element.itemsize:
        return None
    return ~np.isfinite(np.frombuffer(content, element, count, offset=start).reshape(shape))
