"""Measuring again while a person corrects a segmentation: only what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pandas as pd

from MuscleSegLib.biomarkers.columns import KEYS
from MuscleSegLib.biomarkers.mapped_labels import map_labels_to_each
from MuscleSegLib.biomarkers.measures import measure
from MuscleSegLib.biomarkers.remarks import remarks
from MuscleSegLib.biomarkers.rows import Arrangement, arrange
from MuscleSegLib.biomarkers.sides import remarks_of_sides
from MuscleSegLib.biomarkers.statistics import part_without_value
from MuscleSegLib.biomarkers.voxels import LabelledVoxels, values_in

if TYPE_CHECKING:
    import SimpleITK as sitk

    from MuscleSegLib.biomarkers.mapped_labels import Exclusion, MappedLabels
    from MuscleSegLib.biomarkers.measurements import Measurements
    from MuscleSegLib.maps.parameter_map import ParameterMap
    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, VolumeLabel

#: What a label is known by from one time to the next; its number may change.
_Identity = tuple[str, str, str, str]


class RepeatedMeasures:
    """Measures of a label map that changes, in maps that do not.

    Attributes:
        measured_again: Name and side of the muscles that the last call of :meth:`measure` went through.
    """

    def __init__(
        self,
        maps: Sequence[ParameterMap] = (),
        *,
        transforms: Mapping[str, sitk.Transform] | None = None,
        exclusions: Mapping[str, Sequence[Exclusion]] | None = None,
        erosion_mm: float = 0.0,
        pseudonym: str = "",
        scan_date: str = "",
        inputs: Mapping[str, str] | None = None,
    ) -> None:
        """Say what to measure in, see :func:`MuscleSegLib.biomarkers.map_labels_to_each` and ``measure``."""
        self._maps = tuple(maps)
        self._transforms = transforms
        self._exclusions = exclusions
        self._settings: dict[str, Any] = {
            "erosion_mm": erosion_mm,
            "pseudonym": pseudonym,
            "scan_date": scan_date,
            "inputs": inputs,
        }
        self._fingerprints: dict[_Identity, int] = {}
        self._last: Measurements | None = None
        self.measured_again: tuple[str, ...] = ()

    def measure(self, labels: LabelledVolume) -> Measurements:
        """The same numbers as measuring all of it, of which only changed muscles and their groups are measured anew.

        Raises:
            InputError: As :func:`MuscleSegLib.biomarkers.measures.measure`; the next call measures all.
        """
        last, self._last = self._last, None
        mapped = map_labels_to_each(labels, self._maps, transforms=self._transforms, exclusions=self._exclusions)
        arrangement = arrange(labels.labels, values_in(labels.image))
        voxels = [LabelledVoxels.of(grid, arrangement.values) for grid in _distinct([labels.image, *_grids(mapped)])]
        before, self._fingerprints = self._fingerprints, _fingerprints(labels.labels, arrangement, voxels)
        changed = _changed(labels.labels, arrangement, {} if last is None else before, self._fingerprints)
        self.measured_again = tuple(label.title for label in changed)
        parts = []
        if changed or last is None:
            parts.append(measure(replace(labels, labels=changed), mapped, **self._settings))
        if last is None:
            self._last = parts[0]
            return parts[0]
        parts.append(last)
        muscles = _rows([part.muscles for part in parts], arrangement)
        profile = _rows([part.profile for part in parts], arrangement)
        without_value = {
            one.map.quantity: part_without_value(one.values_at(of_grid.places))
            for one in mapped
            for of_grid in voxels
            if of_grid.grid is one.label_map
        }
        of_sides = remarks_of_sides(arrangement.rows, voxels[0])
        about = parts[0].about | {"models": list(labels.models)}
        result = replace(
            parts[0],
            muscles=muscles,
            profile=profile,
            about=about,
            warnings=remarks(labels, mapped, muscles, without_value, of_sides),
        )
        self._last = result
        return result


def _grids(mapped: Sequence[MappedLabels]) -> list[sitk.Image]:
    return [one.label_map for one in mapped]


def _distinct(images: Sequence[sitk.Image]) -> list[sitk.Image]:
    return list({id(image): image for image in images}.values())


def _identity(label: VolumeLabel) -> _Identity:
    return (label.name, label.side, label.abbreviation, label.group)


def _fingerprints(
    labels: Sequence[VolumeLabel], arrangement: Arrangement, voxels: Sequence[LabelledVoxels]
) -> dict[_Identity, int]:
    """A checksum of where each label is, on its own grid and those of the maps."""
    rank = {value: n for n, value in enumerate(arrangement.values)}
    found = {}
    for label in labels:
        if label.value in rank:
            checksum = 0
            for one in voxels:
                first, end = one.bounds[rank[label.value]], one.bounds[rank[label.value] + 1]
                checksum = crc32(one.places[first:end].tobytes(), checksum)
            found[_identity(label)] = checksum
    return found


def _changed(
    labels: Sequence[VolumeLabel],
    arrangement: Arrangement,
    before: Mapping[_Identity, int],
    now: Mapping[_Identity, int],
) -> tuple[VolumeLabel, ...]:
    """The labels to measure: those that are not as they were, and their groups."""
    different = {key for key in {*before, *now} if before.get(key) != now.get(key)}
    groups = {(side, group) for _, side, _, group in different if group}
    return tuple(
        label
        for label in labels
        if label.value in arrangement.values and (_identity(label) in different or (label.side, label.group) in groups)
    )


def _rows(tables: Sequence[pd.DataFrame], arrangement: Arrangement) -> pd.DataFrame:
    """The rows of each muscle and group from the first table that has them, in the arrangement's order."""
    keys = [(row.kind, row.abbreviation, row.name, row.side) for row in arrangement.rows]
    by_key: dict[tuple[str, ...], pd.DataFrame] = {}
    for table in tables:
        for key, rows in table.groupby(list(KEYS), sort=False):
            by_key.setdefault(key, rows)
    return pd.concat([by_key[key] for key in keys if key in by_key], ignore_index=True)
