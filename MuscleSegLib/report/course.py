"""What a report says of the course over several visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from MuscleSegLib.biomarkers.columns import KEYS
from MuscleSegLib.report.columns import MeasureColumn, map_means, measure_columns
from MuscleSegLib.report.content import Course
from MuscleSegLib.report.side_table import side_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from MuscleSegLib.biomarkers.follow_up import FollowUp

_ARROW = " → "


def course_over(follow_ups: Sequence[FollowUp]) -> Course:
    """Lay out the means of the maps, or without maps the volume, from the first visit to this one.

    Args:
        follow_ups: The changes since each earlier visit, from the first to the last.
    """
    visits = [one.table.set_index([*KEYS, "measure"]) for one in follow_ups]
    values = [visit["earlier"] for visit in visits] + [visits[-1]["now"]]
    rows = visits[-1].reset_index()[list(KEYS)].drop_duplicates()
    columns = measure_columns(pd.DataFrame(columns=list(dict.fromkeys(visits[-1].reset_index()["measure"]))))
    shown = map_means(columns) or [column for column in columns if column.quantity == "volume"]

    def cell(row: pd.Series, column: MeasureColumn) -> str:
        key = (*(row[name] for name in KEYS), column.name)
        return _ARROW.join(column.text(float(of_visit.get(key, float("nan")))) for of_visit in values)

    dates = [one.earlier_date or "no date" for one in follow_ups] + [follow_ups[-1].date or "this visit"]
    table = side_table(rows, [(column, column.short_heading) for column in shown], cell)
    return Course(f"Course over {len(dates)} visits: {_ARROW.join(dates)}", table)
