"""The values of a map in each muscle, summed up."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from MuscleSegLib.biomarkers.erosion import inside
from MuscleSegLib.biomarkers.voxels import LabelledVoxels, LimbAxis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from MuscleSegLib.biomarkers.mapped_labels import MappedLabels
    from MuscleSegLib.biomarkers.rows import Row

_NAN = float("nan")
#: A map that has a value in less of a muscle's voxels tells nothing of the muscle: what is left is chance, or the
#: border.
LEAST_TOLD_PERCENT = 10.0


@dataclass(frozen=True)
class Statistics:
    """Values of a muscle or group in the unit of the map.

    NaN where no voxel, or for ``sd`` no second one, was used, and where the map has a value in less than
    :data:`LEAST_TOLD_PERCENT` of the voxels.

    Attributes:
        mean, sd: Mean and sample standard deviation (n − 1).
        median, p5, p95: Percentiles, interpolated linearly between the two nearest values.
        voxels_used: How many voxels the values are of.
        voxels_left_out: Voxels of the label on the map's grid that were eroded, excluded or without a value.
    """

    mean: float
    sd: float
    median: float
    p5: float
    p95: float
    voxels_used: int
    voxels_left_out: int


class MapStatistics:
    """The values of one map, sorted by muscle."""

    def __init__(self, mapped: MappedLabels, voxels: LabelledVoxels, kept: NDArray[np.bool_]) -> None:
        """Take the map's values at the labels' voxels, once.

        Args:
            mapped: The map.
            voxels: Of ``mapped.label_map``.
            kept: Which of them erosion left.
        """
        self.mapped = mapped
        self.voxels = voxels
        values = mapped.values_at(voxels.places)
        finite = np.isfinite(values)
        #: Which part of all muscles' voxels, 0 to 1, has no value or exactly 0, as air has in most maps.
        self.without_value = part_without_value(values)
        self._inside = np.concatenate([[0], np.cumsum(kept)])[voxels.bounds]
        kept = kept & finite
        self._told = np.concatenate([[0], np.cumsum(kept)])[voxels.bounds]
        for exclusion in mapped.exclusions:
            kept &= exclusion.kept(voxels.places)
        self._used = np.concatenate([[0], np.cumsum(kept)])[voxels.bounds]
        values[~kept] = 0
        self._sums = voxels.sum_by_section(values)
        self._counts = voxels.section_counts if kept.all() else voxels.sum_by_section(kept)
        self._values = values[kept]
        for first, end in itertools.pairwise(self._used):
            self._values[first:end].sort()

    def of(self, row: Row) -> Statistics:
        """The values of a muscle or group: of a group, all its voxels together."""
        values = self._values[self._used[row.first] : self._used[row.end]]
        left_out = self.label_voxels(row) - values.size
        if not values.size or self.told_percent(row) < LEAST_TOLD_PERCENT:
            return Statistics(_NAN, _NAN, _NAN, _NAN, _NAN, int(values.size), left_out)
        if row.end - row.first > 1:
            values = np.sort(values, kind="stable")  # which is quick where runs are sorted already
        p5, median, p95 = (_percentile(values, fraction) for fraction in (0.05, 0.5, 0.95))
        mean = float(values.mean(dtype=np.float64))
        sd = float(values.std(dtype=np.float64, ddof=1)) if values.size > 1 else _NAN
        return Statistics(mean, sd, median, p5, p95, int(values.size), left_out)

    def told_percent(self, row: Row) -> float:
        """In which part of the row's voxels that erosion left the map has a value; NaN where it left none."""
        inside = int(self._inside[row.end] - self._inside[row.first])
        return 100 * int(self._told[row.end] - self._told[row.first]) / inside if inside else _NAN

    def label_voxels(self, row: Row) -> int:
        """How many voxels of the row lie on the map's grid."""
        return int(self.voxels.bounds[row.end] - self.voxels.bounds[row.first])

    def covered_percent(self, row: Row, volume_cm3: float) -> float:
        """Which part of the row's volume lies on the map's grid; 100 where rounding to voxels makes it more."""
        on_grid = self.label_voxels(row) * float(np.prod(self.voxels.grid.GetSpacing())) / 1000
        return min(100.0, 100 * on_grid / volume_cm3)

    def profile(self, row: Row, onto: LimbAxis) -> NDArray[np.float64]:
        """The mean values of a muscle or group along the limb, on the slices of another grid.

        Args:
            row: The muscle or group: of a group, all its voxels in a slice together.
            onto: The slices of the label map that the labels were moved from.

        Returns:
            Of each slice of ``onto`` the mean of the map's slice in which its position lies; NaN where there is none,
            and everywhere when the map tells nothing of the row (:data:`LEAST_TOLD_PERCENT`). Values are not
            interpolated.
        """
        members = slice(row.first, row.end)
        with np.errstate(invalid="ignore"):
            means: NDArray[np.float64] = self._sums[members].sum(0) / self._counts[members].sum(0)
        if self.told_percent(row) < LEAST_TOLD_PERCENT:
            means = np.full_like(means, np.nan)
        if onto is self.voxels.limb_axis:
            return means
        profile = np.full(len(onto.positions_mm), np.nan)
        filled = np.flatnonzero(np.isfinite(means))
        if not filled.size:
            return profile
        grid, transform, centres = self.voxels.grid, self.mapped.to_labels, self._centres(members)
        points = [grid.TransformContinuousIndexToPhysicalPoint(centres[k].tolist()) for k in filled]
        if transform is not None:
            points = [transform.TransformPoint(point) for point in points]
        positions = np.array(points) @ onto.normal
        distances = np.abs(onto.positions_mm[:, None] - positions)
        nearest = distances.argmin(1)
        covered = distances.min(1) <= self.voxels.limb_axis.spacing_mm / 2 * (1 + 1e-6)
        profile[covered] = means[filled[nearest[covered]]]
        return profile

    def _centres(self, members: slice) -> NDArray[np.float64]:
        """(slices, 3) the centre of the cross-section of several labels together, continuous i, j, k."""
        counts = self.voxels.section_counts[members, :, None]
        with np.errstate(invalid="ignore"):
            centres: NDArray[np.float64] = np.nansum(counts * self.voxels.centres[members], 0) / counts.sum(0)
        return centres


def part_without_value(values: NDArray[np.floating]) -> float:
    """Which part of some values, 0 to 1, is not finite or exactly 0."""
    return 1 - int(np.count_nonzero(values[np.isfinite(values)])) / max(values.size, 1)


def _percentile(values: NDArray[np.float32], fraction: float) -> float:
    """Of sorted values, between the two nearest ones, as numpy's default is."""
    place = fraction * (len(values) - 1)
    lower = int(place)
    upper = min(lower + 1, len(values) - 1)
    return float(values[lower]) + (place - lower) * (float(values[upper]) - float(values[lower]))


def map_statistics(
    maps: Sequence[MappedLabels], voxels: LabelledVoxels, values: Sequence[int], erosion_mm: float
) -> list[MapStatistics]:
    """The statistics of each map; maps with one and the same label map share the sorting and the erosion.

    Args:
        maps: Maps with their labels.
        voxels: Of the label map that was measured, for maps that lie on its grid.
        values: The labels' numbers in the order of an :class:`MuscleSegLib.biomarkers.rows.Arrangement`.
        erosion_mm: See :func:`MuscleSegLib.biomarkers.erosion.inside`.
    """
    known = {id(voxels.grid): voxels}
    kept: dict[int, NDArray[np.bool_]] = {}
    for mapped in maps:
        key = id(mapped.label_map)
        if key not in known:
            known[key] = LabelledVoxels.of(mapped.label_map, values)
        if key not in kept:
            kept[key] = inside(known[key], erosion_mm)
    return [MapStatistics(one, known[id(one.label_map)], kept[id(one.label_map)]) for one in maps]
