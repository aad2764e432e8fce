"""Whether measures that come from a file say what was measured: a spreadsheet changes numbers, dates and rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING

import pandas as pd

from MuscleSegLib.biomarkers.columns import CUT, KEYS, SIZES, STATISTICS, TEXT_COLUMNS, statistic_column
from MuscleSegLib.biomarkers.shape import Shape
from MuscleSegLib.biomarkers.whose import is_date
from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.parameter_map import UNITS

if TYPE_CHECKING:
    from MuscleSegLib.biomarkers.measurements import Measurements

_NEEDED = (*KEYS, "members", *(field.name for field in fields(Shape)))
#: No measure of a muscle is larger, in any of our units; squares of what is much larger are no numbers any more.
_LARGEST = 1e12
#: Nor smaller than this: noise brings a fat fraction somewhat below 0 %, and no size below nothing.
_LEAST = dict.fromkeys((*SIZES, "area_mm2"), 0.0) | {
    statistic_column("FF", name, UNITS["FF"]): -100.0 for name in STATISTICS
}
_KINDS_OF_ABOUT = {
    "pseudonym": str,
    "scan_date": str,
    "inputs": dict,
    "maps": dict,
    "models": list,
    "erosion_mm": int | float,
    "exclusions": dict,
    "placement": dict,
}


def check_measurements(measurements: Measurements, name: str) -> None:
    """Refuse measures that were changed so that they cannot be understood, or would be misunderstood.

    Args:
        measurements: As they were read.
        name: The file's, for the sentence.

    Raises:
        InputError: The text says what was changed.
    """
    if fault := next(_faults(measurements), ""):
        raise InputError(f"{name} is not as muscleseg measure wrote it: {fault}. Give the file as it was written.")


def _faults(measurements: Measurements) -> Iterator[str]:
    table, about = measurements.muscles, measurements.about
    yield from (f"the column {column} is missing" for column in _NEEDED if column not in table)
    for column in TEXT_COLUMNS:
        for value in [*table.get(column, ()), *measurements.profile.get(column, ())]:
            if not isinstance(value, str):
                yield f"the column {column} holds '{value}', which is no text"
    for row in table[table.duplicated(list(KEYS))].itertuples():
        yield f"the {row.name} {row.side}".rstrip() + " is in it twice"
    if table[CUT].dtype != bool:
        yield f"the column {CUT} does not hold True or False in every row"
    for measures in (table, measurements.profile):
        for column in measures.columns.difference([*TEXT_COLUMNS, CUT]):
            numbers = pd.to_numeric(measures[column], errors="coerce")
            possible = numbers.between(_LEAST.get(column, -_LARGEST), _LARGEST)
            for value in measures[column][~possible & measures[column].notna()]:
                yield f"the column {column} holds '{value}', which is no number that can be measured"
    for key, kind in _KINDS_OF_ABOUT.items():
        if key in about and not isinstance(about[key], kind):
            yield f"what it says of {key} cannot be read"
    if (day := about.get("scan_date", "")) and not is_date(day):
        yield f"the date of the scan, '{day}', is not written as year-month-day, e.g. 2024-05-31"
