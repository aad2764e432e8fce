"""The measures of many visits, of one patient or of many, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from MuscleSegLib.biomarkers.columns import own_columns
from MuscleSegLib.biomarkers.measurements import WHOSE, write_tables
from MuscleSegLib.biomarkers.visits import settings_that_differ
from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from MuscleSegLib.biomarkers.measurements import Measurements


@dataclass(frozen=True)
class Study:
    """The measures of many visits.

    Attributes:
        muscles, profile: The tables of all visits below each other, with the columns of
            :meth:`~MuscleSegLib.biomarkers.measurements.Measurements.signed`; empty where a visit lacks a measure.
        warnings: Sentences about what was done differently.
    """

    muscles: pd.DataFrame
    profile: pd.DataFrame
    warnings: tuple[str, ...]

    def write_csv(self, path: Path) -> list[Path]:
        """Write the table of muscles and, beside it, that of the profiles (``…_profile.csv``): both, or neither.

        Returns:
            The files written.

        Raises:
            InputError: They cannot be written.
        """
        return write_tables(path, self.muscles, self.profile)


def collect(visits: Mapping[str, Measurements]) -> Study:
    """Put the measures of ``visits`` (by the name of their file) into one table.

    Raises:
        InputError: A visit has no pseudonym, by which its rows could be told from those of others, or two visits have
            the same pseudonym and date.
    """
    whose: dict[tuple[str, str], str] = {}
    for file, visit in visits.items():
        pseudonym, day = (visit.about.get(key) or "" for key in ("pseudonym", "scan_date"))
        if not pseudonym:
            raise InputError(f"{file} does not say whose measures it holds: measure with --pseudonym.")
        if other := whose.get((pseudonym, day)):
            when = f"of {day}" if day else "without a date"
            raise InputError(
                f"{other} and {file} are both measures of {pseudonym} {when}: leave one out, or measure with --date."
            )
        whose[pseudonym, day] = file
    return Study(
        _below_each_other([visit.signed(visit.muscles) for visit in visits.values()]),
        _below_each_other([visit.signed(visit.profile) for visit in visits.values()]),
        tuple(_differences(visits)),
    )


def _below_each_other(signed: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables, those of no rows left out, with what says whose each row is first and by what it was made last."""
    whole = pd.concat([table for table in signed if len(table)] or signed[:1], ignore_index=True)
    own = own_columns(whole.columns)
    made_by = [name for name in whole.columns if name not in {*WHOSE, *own}]
    return whole[[*WHOSE, *own, *made_by]]


def _differences(visits: Mapping[str, Measurements]) -> list[str]:
    """A sentence for each setting with which some visits were measured otherwise than the first."""
    (first, one), *others = visits.items()
    otherwise: dict[str, list[str]] = {}
    for file, other in others:
        for setting in settings_that_differ(one.about, other.about):
            otherwise.setdefault(setting, []).append(file)
    return [
        f"{len(files)} of {len(visits)} visits, such as {files[0]}, were measured with other {setting} than {first}: "
        "differences may come from that."
        for setting, files in otherwise.items()
    ]
