"""How large muscles are: measured on the label map alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from MuscleSegLib.biomarkers.voxels import LabelledVoxels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.biomarkers.rows import Row


@dataclass(frozen=True)
class Shape:
    """Size of a muscle or a group.

    Attributes:
        volume_cm3: Of its voxels; gaps between slices count to the slices beside them.
        largest_area_mm2, mean_area_mm2: Of its cross-sections: in the slices across the limb in which it is.
        length_mm: From the lower border of its lowest slice to the upper border of its highest.
        cut_by_field_of_view: Whether it reaches a border of the image, so that there may be more of it.
    """

    volume_cm3: float
    largest_area_mm2: float
    mean_area_mm2: float
    length_mm: float
    cut_by_field_of_view: bool


class Shapes:
    """The sizes of all muscles of a label map; :meth:`of` gives that of a row."""

    def __init__(self, voxels: LabelledVoxels) -> None:
        """Count the voxels of each label, slice by slice."""
        self.limb_axis = voxels.limb_axis
        self._counts = voxels.section_counts
        self._voxel_cm3 = float(np.prod(voxels.grid.GetSpacing())) / 1000
        self._cut = _at_border(voxels)

    def of(self, row: Row) -> Shape:
        """The size of a muscle or group."""
        counts = self._counts[row.first : row.end].sum(0)
        slices = np.flatnonzero(counts)
        areas = counts[slices] * self.limb_axis.area_mm2
        return Shape(
            volume_cm3=float(counts.sum()) * self._voxel_cm3,
            largest_area_mm2=float(areas.max()),
            mean_area_mm2=float(areas.mean()),
            length_mm=float(slices[-1] - slices[0] + 1) * self.limb_axis.spacing_mm,
            cut_by_field_of_view=bool(self._cut[row.first : row.end].any()),
        )

    def areas_mm2(self, row: Row) -> NDArray[np.float64]:
        """The area of a row's cross-section in each slice as stored; 0 where it is not."""
        areas: NDArray[np.float64] = self._counts[row.first : row.end].sum(0) * self.limb_axis.area_mm2
        return areas


def _at_border(voxels: LabelledVoxels) -> NDArray[np.bool_]:
    """Whether each label has a voxel in an outermost plane of the grid."""
    touching = np.zeros(len(voxels.places), bool)
    for axis, size in enumerate(voxels.grid.GetSize()[::-1]):
        indices = voxels.indices(axis)
        touching |= (indices == 0) | (indices == size - 1)
    return np.bincount(voxels.ranks[touching], minlength=len(voxels.counts)) > 0
