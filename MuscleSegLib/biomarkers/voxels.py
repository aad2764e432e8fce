"""The voxels of a label map, sorted by label once: whatever is measured afterwards is read from runs of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.segmentation.orientation import AxialVolume

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class LimbAxis:
    """The slices of a grid across the limb: those of the axis that is nearest to superior.

    Attributes:
        axis: Which axis of the array (k, j, i) it is.
        normal: Unit vector across the slices, towards superior (LPS).
        spacing_mm: From slice to slice, gaps included.
        area_mm2: Of a voxel, in the slice.
        positions_mm: Of each slice as stored: how far along ``normal`` it lies from the scanner's origin. For axial
            slices, that is the superior coordinate.
    """

    axis: int
    normal: NDArray[np.float64]
    spacing_mm: float
    area_mm2: float
    positions_mm: NDArray[np.float64]

    @classmethod
    def of(cls, grid: sitk.Image) -> LimbAxis:
        """The axis of a three-dimensional grid."""
        volume = AxialVolume.of(grid)
        axis = volume.axes[0]
        direction = np.reshape(grid.GetDirection(), (3, 3))[:, 2 - axis]
        normal = -direction if volume.flipped[0] else direction
        slices = np.arange(grid.GetSize()[2 - axis])
        spacing, rows, columns = volume.spacing
        steps = -spacing if volume.flipped[0] else spacing
        return cls(axis, normal, spacing, rows * columns, normal @ np.array(grid.GetOrigin()) + steps * slices)


@dataclass(frozen=True)
class LabelledVoxels:
    """Where the voxels of some labels are.

    Attributes:
        grid: The label map.
        places: Places in the flattened array (k, j, i) of the label map, sorted by label.
        bounds: (labels + 1,): the voxels of label n are ``places[bounds[n]:bounds[n + 1]]``.
    """

    grid: sitk.Image
    places: NDArray[np.intp]
    bounds: NDArray[np.intp]

    @classmethod
    def of(cls, label_map: sitk.Image, values: Sequence[int]) -> LabelledVoxels:
        """Sort the voxels of a label map.

        Args:
            label_map: Three-dimensional, whole numbers from 0.
            values: The numbers to look at, in the order that the result shall have; others are left out.
        """
        flat = sitk.GetArrayViewFromImage(label_map).ravel()
        none = len(values)
        ranks = np.full(max(int(flat.max(initial=0)), *values) + 1, none, np.min_scalar_type(none))
        ranks[list(values)] = np.arange(none)
        rank = ranks[flat]
        places = np.flatnonzero(rank != none)
        rank = rank[places]
        bounds = np.concatenate([[0], np.cumsum(np.bincount(rank, minlength=none))])
        return cls(label_map, places[np.argsort(rank, kind="stable")], bounds)

    @property
    def counts(self) -> NDArray[np.intp]:
        """How many voxels each label has."""
        return np.diff(self.bounds)

    @cached_property
    def ranks(self) -> NDArray[np.int32]:
        """Of each voxel, the place of its label in the order."""
        return np.repeat(np.arange(len(self.counts), dtype=np.int32), self.counts)

    @cached_property
    def limb_axis(self) -> LimbAxis:
        """The slices of the grid across the limb."""
        return LimbAxis.of(self.grid)

    @cached_property
    def sections(self) -> NDArray[np.intp]:
        """Of each voxel, which cross-section of which label it is in: ``rank * slices + slice``."""
        slices = self.indices(self.limb_axis.axis)
        return (self.ranks * len(self.limb_axis.positions_mm) + slices).astype(np.intp)

    def indices(self, axis: int) -> NDArray[np.integer]:
        """Of each voxel, its index along an axis of the array (0 for k, 1 for j, 2 for i)."""
        shape = self.grid.GetSize()[::-1]
        lines = self._small_places // math.prod(shape[axis + 1 :])
        return lines if axis == 0 else lines - lines // shape[axis] * shape[axis]

    @cached_property
    def _small_places(self) -> NDArray[np.integer]:
        """Places in the smallest type that holds them: dividing those is what takes time."""
        return self.places.astype(np.min_scalar_type(-self.grid.GetNumberOfPixels()))

    @cached_property
    def section_counts(self) -> NDArray[np.intp]:
        """How many voxels each cross-section has, (labels, slices)."""
        return self._by_section(np.bincount(self.sections, minlength=self._section_number))

    def sum_by_section(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """What the values of the voxels of each cross-section add up to, (labels, slices)."""
        return self._by_section(np.bincount(self.sections, values, self._section_number))

    @property
    def _section_number(self) -> int:
        return len(self.counts) * len(self.limb_axis.positions_mm)

    def _by_section(self, numbers: NDArray[Any]) -> NDArray[Any]:
        return numbers.reshape(len(self.counts), -1)

    @cached_property
    def centres(self) -> NDArray[np.float64]:
        """The centre of each cross-section as continuous indices (i, j, k), (labels, slices, 3); NaN where none is."""
        sums = [self.sum_by_section(self.indices(axis)) for axis in (2, 1, 0)]
        with np.errstate(invalid="ignore"):
            return np.stack(sums, axis=-1) / self.section_counts[..., None]


def values_in(label_map: sitk.Image) -> set[int]:
    """The numbers that occur in a label map, without background."""
    planes = sitk.GetArrayViewFromImage(label_map)
    found = np.zeros(int(planes.max(initial=0)) + 1, bool)
    for plane in planes:  # one by one, which stay in the cache
        found |= np.bincount(plane.ravel(), minlength=len(found)) > 0
    return set(np.flatnonzero(found).tolist()) - {0}
