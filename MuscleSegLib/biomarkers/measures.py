"""Measures of every muscle: a label map and parameter maps in, tables out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from MuscleSegLib import __version__
from MuscleSegLib.biomarkers.columns import STATISTICS, statistic_column
from MuscleSegLib.biomarkers.fatty_muscles import G20_PERCENT, expected_error
from MuscleSegLib.biomarkers.measurements import Measurements
from MuscleSegLib.biomarkers.remarks import COVERED_PERCENT, remarks
from MuscleSegLib.biomarkers.rows import Arrangement, Row, arrange
from MuscleSegLib.biomarkers.shape import Shapes
from MuscleSegLib.biomarkers.sides import remarks_of_sides
from MuscleSegLib.biomarkers.statistics import MapStatistics, map_statistics
from MuscleSegLib.biomarkers.voxels import LabelledVoxels, values_in
from MuscleSegLib.biomarkers.whose import check_whose
from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.parameter_map import NOTICE
from MuscleSegLib.networks import find_models
from MuscleSegLib.progress import Progress, silent

if TYPE_CHECKING:
    from MuscleSegLib.biomarkers.mapped_labels import MappedLabels
    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume

__all__ = ["Measurements", "measure"]


def measure(
    labels: LabelledVolume,
    maps: Sequence[MappedLabels] = (),
    *,
    erosion_mm: float = 0.0,
    pseudonym: str = "",
    scan_date: str = "",
    inputs: Mapping[str, str] | None = None,
    registered: Mapping[str, Sequence[str]] | None = None,
    progress: Progress = silent,
) -> Measurements:
    """Measure every muscle, and every anatomical group of which several muscles are there, on each side.

    Sizes are measured on the label map as it is. Values are those of the maps' own voxels, never interpolated. The
    voxels of a label map are sorted once, however many muscles and maps there are; maps that share one share that.

    Args:
        labels: The label map.
        maps: One a quantity, from :func:`MuscleSegLib.biomarkers.mapped_labels.map_labels`.
        erosion_mm: Values are taken without the border of each muscle, this far (see
            :func:`MuscleSegLib.biomarkers.erosion.inside`); sizes are not eroded.
        pseudonym: How to call the patient; never the name.
        scan_date: Of the visit, ISO 8601, or empty.
        inputs: File name by role, for the record. Names only: folders may be named for patients.
        registered: What registration warned of where it found the transform of a map, by quantity; transforms of other
            maps are taken for a person's own.
        progress: Told how far the work is; what it raises stops the work.

    Raises:
        InputError: The label map is empty, two labels have the same name, two maps show the same quantity, the erosion
            is negative or no number, or pseudonym or date cannot stand in a table (see
            :func:`MuscleSegLib.biomarkers.whose.check_whose`).
    """
    check_whose(pseudonym, scan_date)
    _check(maps, erosion_mm)
    progress(0.0, "Sorting voxels by muscle")
    arrangement = arrange(labels.labels, values_in(labels.image))
    voxels = LabelledVoxels.of(labels.image, arrangement.values)
    shapes = Shapes(voxels)
    progress(0.3, "Taking the values of the maps")
    statistics = map_statistics(maps, voxels, arrangement.values, erosion_mm)
    progress(0.7, "Summing up each muscle")
    muscles = pd.DataFrame([_muscle(row, shapes, statistics) for row in arrangement.rows])
    profile = _profile(arrangement, shapes, statistics)
    about: dict[str, Any] = {
        "pseudonym": pseudonym,
        "scan_date": scan_date,
        "inputs": dict(inputs or {}),
        "maps": {mapped.map.quantity: mapped.map.provenance for mapped in maps},
        "models": list(labels.models),
        "erosion_mm": erosion_mm,
        "exclusions": {mapped.map.quantity: [one.text for one in mapped.exclusions] for mapped in maps},
        "placement": {mapped.map.quantity: _placement(mapped, registered or {}) for mapped in maps},
        "g20_expected_error": expected_error(labels.models, find_models().cards),
        "version": __version__,
        "notice": NOTICE,
    }
    progress(1.0, "Measured")
    without_value = {one.mapped.map.quantity: one.without_value for one in statistics}
    of_sides = remarks_of_sides(arrangement.rows, voxels)
    warnings = (*_of_registration(registered or {}), *remarks(labels, maps, muscles, without_value, of_sides))
    return Measurements(muscles, profile, about, tuple(dict.fromkeys(warnings)))


def _check(maps: Sequence[MappedLabels], erosion_mm: float) -> None:
    if not erosion_mm >= 0 or not np.isfinite(erosion_mm):
        raise InputError(f"Muscles cannot be eroded by {erosion_mm:g} mm. Give a distance of 0 mm or more.")
    quantities = [mapped.map.quantity for mapped in maps]
    for quantity in quantities:
        if quantities.count(quantity) > 1:
            raise InputError(
                f"There are {quantities.count(quantity)} {quantity} maps. Measure each by itself, or join them first."
            )


def _placement(mapped: MappedLabels, registered: Mapping[str, Sequence[str]]) -> str:
    """By what the muscles came to where they are in a map."""
    if mapped.map.quantity in registered:
        return "registration"
    return "scanner coordinates" if mapped.to_labels is None else "transform"


def _of_registration(registered: Mapping[str, Sequence[str]]) -> list[str]:
    """What registration warned of, once for all maps that it says the same of."""
    quantities: dict[str, list[str]] = {}
    for quantity, texts in registered.items():
        for text in texts:
            quantities.setdefault(text, []).append(quantity)
    return [f"{' and '.join(of)} {'map' if len(of) == 1 else 'maps'}: {text}" for text, of in quantities.items()]


def _muscle(row: Row, shapes: Shapes, statistics: Sequence[MapStatistics]) -> dict[str, Any]:
    """One row of the table of muscles."""
    shape = shapes.of(row)
    cells: dict[str, Any] = {
        "kind": row.kind,
        "abbreviation": row.abbreviation,
        "name": row.name,
        "side": row.side,
        "members": ", ".join(row.members),
        **asdict(shape),
    }
    fat: dict[str, Any] = {}
    of_maps: dict[str, Any] = {}
    for of_map in statistics:
        quantity, unit = of_map.mapped.map.quantity, of_map.mapped.map.unit
        values = of_map.of(row)
        covered_percent = of_map.covered_percent(row, shape.volume_cm3)
        if quantity == "FF":
            fat = _fat(values.mean, covered_percent, shape.volume_cm3)
        of_maps |= {statistic_column(quantity, name, unit): getattr(values, name) for name in STATISTICS}
        of_maps[f"{quantity.lower()}_voxels_used"] = values.voxels_used
        of_maps[f"{quantity.lower()}_voxels_left_out"] = values.voxels_left_out
        of_maps[f"{quantity.lower()}_told_percent"] = of_map.told_percent(row)
        of_maps[f"{quantity.lower()}_covered_percent"] = covered_percent
    return cells | fat | of_maps


def _fat(mean_percent: float, covered_percent: float, volume_cm3: float) -> dict[str, Any]:
    """Fat and lean volume, and the group by fat fraction; noise below 0 % or above 100 % makes no volume negative."""
    fat = float(np.clip(mean_percent, 0, 100)) / 100 * volume_cm3
    if covered_percent < COVERED_PERCENT:
        fat = float("nan")
    g20 = "" if np.isnan(mean_percent) else "G20+" if mean_percent > G20_PERCENT else "G20-"
    return {"lean_volume_cm3": volume_cm3 - fat, "fat_volume_cm3": fat, "g20": g20}


def _profile(arrangement: Arrangement, shapes: Shapes, statistics: Sequence[MapStatistics]) -> pd.DataFrame:
    axis = shapes.limb_axis
    upwards = np.argsort(axis.positions_mm)
    tables = []
    for row in arrangement.rows:
        areas = shapes.areas_mm2(row)
        slices = upwards[areas[upwards] > 0]
        columns: dict[str, Any] = {
            "kind": row.kind,
            "abbreviation": row.abbreviation,
            "name": row.name,
            "side": row.side,
            "slice": slices,
            "position_mm": axis.positions_mm[slices],
            "area_mm2": areas[slices],
        }
        for one in statistics:
            name = statistic_column(one.mapped.map.quantity, "mean", one.mapped.map.unit)
            columns[name] = one.profile(row, axis)[slices]
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)
