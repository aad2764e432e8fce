"""Muscles without their border, where a voxel holds something else too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.biomarkers.voxels import LabelledVoxels


def inside(voxels: LabelledVoxels, distance_mm: float) -> NDArray[np.bool_]:
    """Which voxels stay when each label is eroded by a distance.

    Partial volume with fat and fasciae is kept out so in Rohm et al., Diagnostics 11:1747 (2021), and Schlaffke et al.,
    J Magn Reson Imaging 50:1534 (2019).

    Args:
        voxels: Of a label map.
        distance_mm: Voxels whose centre is at most this far from that of a voxel of anything else are left out, in
            three dimensions, so that slices thicker than it are eroded in their plane alone. The border of the image is
            nothing else: a muscle that goes on beyond it is not eroded there.

    Returns:
        One truth value a voxel, in their order.
    """
    kept = np.ones(len(voxels.places), bool)
    if distance_mm <= 0:
        return kept
    shape = voxels.grid.GetSize()[::-1]
    spacing = np.array(voxels.grid.GetSpacing()[::-1])
    margin = np.ceil(distance_mm / spacing).astype(int)
    for first, end in zip(voxels.bounds[:-1], voxels.bounds[1:], strict=True):
        if first == end:
            continue
        indices = np.array(np.unravel_index(voxels.places[first:end], shape))
        lowest = np.maximum(indices.min(1) - margin, 0)
        highest = np.minimum(indices.max(1) + margin, np.array(shape) - 1)
        mask = np.zeros(highest - lowest + 1, bool)
        local = tuple(indices - lowest[:, None])
        mask[local] = True
        if not mask.all():
            kept[first:end] = ndimage.distance_transform_edt(mask, sampling=spacing)[local] > distance_mm
    return kept
