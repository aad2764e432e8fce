"""What changed since an earlier visit, beside what measuring again would change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.biomarkers.visits import check_same_patient, differing_settings, pair_visits, settings_that_differ
from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from MuscleSegLib.biomarkers.measurements import Measurements
    from MuscleSegLib.biomarkers.retest import Retest

#: What is found of a change.
NOT_COMPARED, NOT_KNOWN, MORE, WITHIN = "not compared", "error not known", "more than the error", "within the error"


@dataclass(frozen=True)
class FollowUp:
    """The change between two visits.

    Attributes:
        table: A row for each muscle or group and measure: ``kind``, ``abbreviation``, ``name``, ``side``, ``measure``
            (the column of the measures), ``unit``, then in that unit ``earlier``, ``now``, ``change`` and
            ``smallest_detectable_change`` (NaN where not known); ``finding``: :data:`MORE`, :data:`WITHIN`,
            :data:`NOT_KNOWN` or :data:`NOT_COMPARED`; and ``reason``, why not.
        earlier_date, date: When the visits were; ISO, or empty.
        warnings: Sentences about what a person should know before using the numbers, besides those of this visit; those
            of the earlier one that this one lacks are among them.
    """

    table: pd.DataFrame
    earlier_date: str = ""
    date: str = ""
    warnings: tuple[str, ...] = ()


def follow_up(earlier: Measurements, now: Measurements, retest: Retest | None = None) -> FollowUp:
    """Compare a visit with an earlier one.

    The smallest detectable change comes from test–retest data alone: the confidence intervals that Hostin 2023
    publishes are of another network and not known to this program, and its mean biases do not tell it.

    Args:
        earlier: The measures then.
        now: The measures now.
        retest: From :func:`MuscleSegLib.biomarkers.retest.compare_retest`; without it, no change is called one.

    Raises:
        InputError: The visits are of different patients, have no muscle in common, or the earlier one is the later.
    """
    check_same_patient(earlier, now)
    then, today = (str(visit.about.get("scan_date") or "") for visit in (earlier, now))
    if then and today and date.fromisoformat(then) > date.fromisoformat(today):
        raise InputError(f"The earlier visit ({then}) is after this one ({today}). Give them the other way round.")
    table = pair_visits(earlier, now)
    table["change"] = (table["now"] - table["earlier"]).where(table["reason"] == "")
    table["smallest_detectable_change"] = [
        retest.smallest_detectable_change(row.measure, row.kind, row.name) if retest else float("nan")
        for row in table[["measure", "kind", "name"]].itertuples(index=False)
    ]
    known = table["smallest_detectable_change"].notna()
    table["finding"] = WITHIN
    table.loc[table["change"].abs() > table["smallest_detectable_change"], "finding"] = MORE
    table.loc[~known, "finding"] = NOT_KNOWN
    table.loc[table["reason"] != "", "finding"] = NOT_COMPARED
    warnings = list(differing_settings(earlier, now))
    if retest:
        warnings += [
            f"The test–retest scans were measured with other {name} than this visit: the error of measuring may be "
            "another."
            for name in settings_that_differ(retest.about, now.about)
        ]
    warnings += [f"Earlier visit: {text}" for text in earlier.warnings if text not in now.warnings]
    if not known.any():
        warnings.append(
            "No change is marked: the error of measuring is not known without test–retest scans (muscleseg agreement)."
        )
    reason = table.pop("reason")
    return FollowUp(table.assign(reason=reason), then, today, tuple(warnings))


def follow_ups(earlier: Sequence[Measurements], now: Measurements, retest: Retest | None = None) -> list[FollowUp]:
    """Compare a visit with several earlier ones.

    Args:
        earlier: The measures then, in any order; those without a date come first, in the order given.
        now: The measures now.
        retest: As for :func:`follow_up`.

    Returns:
        The changes since each, from the first visit to the last.

    Raises:
        InputError: As :func:`follow_up`.
    """
    return [
        follow_up(visit, now, retest) for visit in sorted(earlier, key=lambda visit: visit.about.get("scan_date") or "")
    ]


def write_follow_ups(changes: Sequence[FollowUp], now: Measurements, path: Path) -> None:
    """Write the changes since one or more earlier visits as one CSV table.

    Raises:
        InputError: It cannot be written.
    """
    tables = []
    for number, one in enumerate(changes, start=1):
        table = one.table.copy()
        table.insert(0, "earlier_visit", number)
        table.insert(1, "earlier_date", one.earlier_date)
        tables.append(table)
    signed = now.signed(pd.concat(tables, ignore_index=True))
    with written_atomically(path) as unfinished:
        signed.to_csv(unfinished, index=False)
