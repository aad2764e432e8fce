"""The names of the columns that hold measures; each ends in its unit."""

from collections.abc import Iterable, Mapping

from MuscleSegLib.maps.parameter_map import UNITS

#: How the units of maps end a column's name; a pure number has no ending.
_ENDINGS: Mapping[str, str] = {"%": "_percent", "ms": "_ms", "Hz": "_hz", "1/s": "_per_s", "": ""}

KEYS = ("kind", "abbreviation", "name", "side")
#: Columns that hold words; all others hold numbers or truth values.
TEXT_COLUMNS = (*KEYS, "members", "g20")
STATISTICS = ("mean", "sd", "median", "p5", "p95")
#: Measures of how large a muscle is: of no use where the field of view cuts it.
SIZES = ("volume_cm3", "largest_area_mm2", "mean_area_mm2", "length_mm", "lean_volume_cm3", "fat_volume_cm3")
CUT = "cut_by_field_of_view"
#: How the columns end that say how many voxels of a muscle a map has values of.
_COUNTS = ("_voxels_used", "_voxels_left_out", "_told_percent", "_covered_percent")
_OF_PROFILES = ("slice", "position_mm", "area_mm2")


def statistic_column(quantity: str, statistic: str, unit: str) -> str:
    """E.g. ``ff_mean_percent``."""
    return f"{quantity.lower()}_{statistic}{_ENDINGS[unit]}"


def unit_of(column: str) -> str:
    """The unit that a column's name ends in, as it is written; empty for a pure number."""
    endings = {"_cm3": "cm³", "_mm2": "mm²", "_mm": "mm"} | {ending: unit for unit, ending in _ENDINGS.items() if unit}
    return next((unit for ending, unit in endings.items() if column.endswith(ending)), "")


def compared_columns(columns: Iterable[str]) -> list[str]:
    """Of the columns of a table of muscles, the measures of the muscles: not the counts of voxels they are of."""
    return [column for column in columns if column not in (CUT, *TEXT_COLUMNS) and not column.endswith(_COUNTS)]


def own_columns(columns: Iterable[str]) -> list[str]:
    """Of the columns of a table of muscles or of a profile, those that measuring writes: not what a person added."""
    statistics = {statistic_column(quantity, name, unit) for quantity, unit in UNITS.items() for name in STATISTICS}
    counts = {f"{quantity.lower()}{ending}" for quantity in UNITS for ending in _COUNTS}
    known = {CUT, *TEXT_COLUMNS, *SIZES, *_OF_PROFILES, *statistics, *counts}
    return [column for column in columns if column in known]
