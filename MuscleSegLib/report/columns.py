"""The columns of a table of measures, told apart by their names: what is measured, how summed up, in which unit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: What stands where nothing could be measured.
MISSING = "–"

#: As a column's name ends: how the unit is written, and the decimals with which a person reads it.
_UNITS = {
    "percent": ("%", 1),
    "ms": ("ms", 1),
    "hz": ("Hz", 1),
    "per_s": ("1/s", 1),
    "cm3": ("cm³", 1),
    "mm2": ("mm²", 0),
    "mm": ("mm", 0),
    "": ("", 2),
}
_SHAPES = {
    "volume": "Volume",
    "lean_volume": "Lean volume",
    "fat_volume": "Fat volume",
    "largest_area": "Largest area",
    "mean_area": "Mean area",
    "length": "Length",
}
_STATISTICS = {
    "mean": "mean",
    "sd": "SD",
    "median": "median",
    "p5": "5th percentile",
    "p95": "95th percentile",
    "told": "part told",
    "covered": "covered part",
}
_VOXELS = {"voxels_used": "voxels used", "voxels_left_out": "voxels left out"}

_SHAPE_NAME = re.compile(rf"(?P<quantity>{'|'.join(_SHAPES)})_(?P<unit>cm3|mm2|mm)")
_MAP_NAME = re.compile(
    rf"(?P<quantity>.+?)_(?P<statistic>{'|'.join(_STATISTICS)})(?:_(?P<unit>{'|'.join(filter(None, _UNITS))}))?"
)
_VOXELS_NAME = re.compile(rf"(?P<quantity>.+?)_(?P<statistic>{'|'.join(_VOXELS)})")


@dataclass(frozen=True)
class MeasureColumn:
    """A column that holds numbers.

    Attributes:
        name: The column's, e.g. ``ff_mean_percent``.
        quantity: In lower case, e.g. ``ff`` or ``largest_area``.
        statistic: Of a map: ``mean``, ``sd``, ``median``, ``p5``, ``p95``, ``told``, ``covered``,
            ``voxels_used`` or ``voxels_left_out``; empty for what is measured on the label map alone.
        unit: As the name ends: ``percent``, ``ms``, ``hz``, ``per_s``, ``cm3``, ``mm2`` or ``mm``; empty for a count,
            or for a map without a unit.
    """

    name: str
    quantity: str
    statistic: str
    unit: str

    @classmethod
    def of(cls, name: str) -> MeasureColumn | None:
        """What the column of this name holds; None where it is no measure."""
        if match := _SHAPE_NAME.fullmatch(name):
            return cls(name, match["quantity"], "", match["unit"])
        if match := _VOXELS_NAME.fullmatch(name) or _MAP_NAME.fullmatch(name):
            return cls(name, match["quantity"], match["statistic"], match.groupdict().get("unit") or "")
        return None

    @property
    def quantity_title(self) -> str:
        """E.g. ``Largest area``, or ``FF``."""
        return _SHAPES.get(self.quantity, self.quantity.upper().replace("_", " "))

    @property
    def title(self) -> str:
        """What a person reads above the column, without the unit: e.g. ``FF mean``."""
        return f"{self.quantity_title} {(_STATISTICS | _VOXELS).get(self.statistic, '')}".strip()

    @property
    def unit_text(self) -> str:
        """The unit as it is written, e.g. ``cm³``."""
        return _UNITS[self.unit][0]

    @property
    def heading(self) -> str:
        """Title and unit, e.g. ``FF mean, %``."""
        return f"{self.title}, {self.unit_text}" if self.unit else self.title

    @property
    def short_heading(self) -> str:
        """Quantity and unit, where the statistic is said elsewhere: e.g. ``FF, %``."""
        return f"{self.quantity_title}, {self.unit_text}" if self.unit else self.quantity_title

    def text(self, value: float) -> str:
        """A value as a person reads it: rounded, in ``unit_text``; a dash where nothing could be measured."""
        if isnan(value):
            return MISSING
        decimals = 0 if self.statistic in _VOXELS else _UNITS[self.unit][1]
        # A value that rounds to zero has no sign.
        return f"{round(float(value), decimals) + 0.0:.{decimals}f}".replace("-", "−")

    def signed_text(self, change: float) -> str:
        """A difference of two values, as :meth:`text`, with its sign."""
        text = self.text(change)
        return f"+{text}" if change > 0 and float(text) > 0 else text


def measure_columns(table: pd.DataFrame) -> tuple[MeasureColumn, ...]:
    """The measures of a table, in its order."""
    return tuple(column for name in table.columns if (column := MeasureColumn.of(str(name))))


def map_means(columns: Iterable[MeasureColumn]) -> tuple[MeasureColumn, ...]:
    """Of each map the column of its mean."""
    return tuple(column for column in columns if column.statistic == "mean")
