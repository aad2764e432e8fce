"""Tables that a report shows: a muscle a row, the right beside the left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from MuscleSegLib.report.columns import MISSING, MeasureColumn, map_means, measure_columns

if TYPE_CHECKING:
    import pandas as pd

#: In the order of a picture that is looked at from the feet: the patient's right is on the left.
_SIDES = ("right", "left", "")
_SIDE_TITLES = {"right": "right", "left": "left", "": "no side"}
#: What is written before the number that it qualifies: numbers stay in line.
CUT_MARK, FATTY_MARK = "†", "▲"
_NOTES = {
    CUT_MARK: "cut by the field of view: there is more of the muscle than was measured",
    FATTY_MARK: "fat fraction above 20 % (G20+)",
}


@dataclass(frozen=True)
class SideTableColumn:
    """A measure of one side.

    Attributes:
        measure: With its unit; consecutive columns of the same measure stand under one heading.
        side: ``right``, ``left`` or ``no side``; empty where the measures know no sides at all.
    """

    measure: str
    side: str


@dataclass(frozen=True)
class SideTableRow:
    """A muscle, or a group of muscles.

    Attributes:
        name: As in the measures, in lower case, without a side; with the abbreviation that the body map uses.
        is_group: Whether it sums up muscles of other rows.
        cells: A text for each column of the table.
    """

    name: str
    is_group: bool
    cells: tuple[str, ...]


@dataclass(frozen=True)
class SideTable:
    """Texts only, so that a page and a printed sheet show the same ones.

    Attributes:
        columns, rows: Each row has a cell for each column; groups come last.
        explanation: What the numbers and the marks beside them mean.
    """

    columns: tuple[SideTableColumn, ...]
    rows: tuple[SideTableRow, ...]
    explanation: str

    @property
    def measures(self) -> list[tuple[str, int]]:
        """The measures of the columns, and how many columns each has."""
        return [(measure, len(list(same))) for measure, same in groupby(column.measure for column in self.columns)]


def measures_table(muscles: pd.DataFrame, expected_error: str = "") -> SideTable:
    """The volume, and of each map mean ± standard deviation.

    Args:
        muscles: The measures, one row a muscle or group and side.
        expected_error: What is known of the error of muscles with much fat; said where there is one.
    """
    columns = measure_columns(muscles)
    shown = [column for column in columns if column.quantity == "volume"] + list(map_means(columns))
    table = side_table(muscles, [(column, column.short_heading) for column in shown], _cell)
    sentences = ["Maps: mean ± standard deviation of the voxels of the muscle."] if len(shown) > 1 else []
    sentences += [f"{mark} {note}." for mark, note in _NOTES.items() if has_mark(table, mark)]
    if expected_error and has_mark(table, FATTY_MARK):
        sentences.append(f"Expected error of such a muscle's fat fraction: {expected_error}.")
    return SideTable(table.columns, table.rows, " ".join(sentences))


def side_table(
    rows: pd.DataFrame,
    measures: Sequence[tuple[MeasureColumn, str]],
    cell: Callable[[pd.Series, MeasureColumn], str],
) -> SideTable:
    """Lay out one row a muscle and side as one row a muscle.

    Args:
        rows: With the columns ``kind``, ``abbreviation``, ``name`` and ``side``, and what ``cell`` needs.
        measures: What is shown, each with its heading.
        cell: The text of a measure of a row.
    """
    sides = [side for side in _SIDES if (rows["side"] == side).any()]
    columns = tuple(
        SideTableColumn(heading, _SIDE_TITLES[side] if any(sides) else "") for _, heading in measures for side in sides
    )
    by_key = {(row["kind"] == "group", _title(row), row["side"]): row for _, row in rows.iterrows()}
    names = dict.fromkeys((is_group, name) for is_group, name, _ in by_key)

    def cells(is_group: bool, name: str) -> tuple[str, ...]:
        found = [by_key.get((is_group, name, side)) for side in sides]
        return tuple(MISSING if row is None else cell(row, measure) for measure, _ in measures for row in found)

    laid_out = [SideTableRow(name, is_group, cells(is_group, name)) for is_group, name in names]
    return SideTable(columns, tuple(sorted(laid_out, key=lambda row: row.is_group)), "")


def _title(row: pd.Series) -> str:
    return f"{row['name']} ({row['abbreviation']})" if row["abbreviation"] else row["name"]


def has_mark(table: SideTable, mark: str) -> bool:
    """Whether a mark stands in any cell."""
    return any(mark in cell for row in table.rows for cell in row.cells)


def _cell(row: pd.Series, column: MeasureColumn) -> str:
    text = column.text(row[column.name])
    if text == MISSING:
        return text
    if column.quantity == "volume":
        return f"{CUT_MARK} {text}" if row["cut_by_field_of_view"] else text
    deviation = column.name.replace("_mean", "_sd", 1)
    if deviation in row.index:
        text = f"{text} ± {column.text(row[deviation])}"
    return f"{FATTY_MARK} {text}" if column.quantity == "ff" and row.get("g20") == "G20+" else text
