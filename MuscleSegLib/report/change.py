"""What a report says of the change since an earlier visit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from MuscleSegLib.biomarkers.columns import KEYS
from MuscleSegLib.biomarkers.follow_up import MORE, NOT_KNOWN
from MuscleSegLib.report.columns import MISSING, MeasureColumn, map_means, measure_columns
from MuscleSegLib.report.content import Change, PlainTable
from MuscleSegLib.report.side_table import has_mark, side_table

if TYPE_CHECKING:
    from MuscleSegLib.biomarkers.follow_up import FollowUp

#: What is written before a change that is more than the error.
CHANGED_MARK = "●"


def change_since(follow_up: FollowUp) -> Change:
    """Lay out a follow-up: the changes of volume and of the means of the maps, and in the details all measures."""
    table = follow_up.table
    rows = {key: part.set_index("measure") for key, part in table.groupby(list(KEYS), sort=False)}
    wide = pd.DataFrame(rows.keys(), columns=list(KEYS))
    columns = measure_columns(pd.DataFrame(columns=list(dict.fromkeys(table["measure"]))))
    shown = [column for column in columns if column.quantity == "volume"] + list(map_means(columns))

    def cell(row: pd.Series, column: MeasureColumn) -> str:
        found = rows[tuple(row[name] for name in KEYS)].loc[column.name]
        text = column.signed_text(found["change"])
        return f"{CHANGED_MARK} {text}" if found["finding"] == MORE else text

    said = table[table["measure"].isin([column.name for column in shown])]
    error_known = bool(table["smallest_detectable_change"].notna().any())
    laid_out = side_table(wide, [(column, column.short_heading) for column in shown], cell)
    return Change(
        title=f"Change since {follow_up.earlier_date or 'the earlier visit'}",
        table=replace(laid_out, explanation=_explanation(said, has_mark(laid_out, CHANGED_MARK), error_known)),
        details=_details(table, {column.name: column for column in columns}),
    )


def _explanation(table: pd.DataFrame, changed: bool, error_known: bool) -> str:
    """What the numbers mean; that no error is known at all is a warning of the follow-up."""
    sentences = ["This visit minus the earlier one."]
    if changed:
        sentences.append(f"{CHANGED_MARK} more than the smallest change that can be told from the error of measuring.")
    if (table["finding"] == NOT_KNOWN).any() and error_known:
        sentences.append("Where the error of measuring is not known, no change is marked.")
    reasons = [reason for reason in dict.fromkeys(table["reason"]) if reason]
    if reasons:
        sentences.append(f"{MISSING} not compared: {', '.join(reasons)}.")
    return " ".join(sentences)


def _details(table: pd.DataFrame, columns: dict[str, MeasureColumn]) -> PlainTable:
    rows = []
    for _, row in table[table["measure"].isin(columns)].iterrows():
        column = columns[row["measure"]]
        rows.append(
            (
                row["name"],
                row["side"],
                column.heading,
                column.text(row["earlier"]),
                column.text(row["now"]),
                column.signed_text(row["change"]),
                column.text(row["smallest_detectable_change"]),
                f"{row['finding']}: {row['reason']}" if row["reason"] else row["finding"],
            )
        )
    headings = ("muscle", "side", "measure", "earlier", "now", "change", "smallest detectable change", "finding")
    return PlainTable(headings, tuple(rows))
