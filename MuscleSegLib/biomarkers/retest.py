"""What the user's own test–retest scans tell of the error of each measure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from MuscleSegLib import __version__
from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.biomarkers.columns import unit_of
from MuscleSegLib.biomarkers.measurements import Measurements
from MuscleSegLib.biomarkers.visits import (
    check_same_patient,
    differing_settings,
    pair_visits,
    settings_of,
    settings_that_differ,
)
from MuscleSegLib.errors import InputError
from MuscleSegLib.evaluation.agreement import agreement
from MuscleSegLib.maps.parameter_map import NOTICE

_FORMAT = "MuscleSeg agreement"
#: Pairs from which on a muscle's own error is taken, not that of all muscles together.
_ENOUGH_PAIRS = 10
_FEWEST_PAIRS = 3
#: What the error of a measure is found by.
_NEEDED = ("measure", "kind", "name", "pairs", "smallest_detectable_change")


@dataclass(frozen=True)
class Retest:
    """The agreement of test and retest.

    Attributes:
        table: A row for each measure and all muscles together (``name`` empty), then for each measure and muscle or
            group, both sides together: ``measure``, ``unit``, ``kind``, ``name``, and the members of
            :class:`MuscleSegLib.evaluation.agreement.Agreement` in that unit; of the correlations also ``…_low`` and
            ``…_high``.
        warnings: Sentences about what a person should know before using the numbers.
        about: The settings that the first visit was measured with, as
            :attr:`MuscleSegLib.biomarkers.measurements.Measurements.about` has them; ``warnings`` say where others
            were measured otherwise. Empty when it comes from a file of an older version.
    """

    table: pd.DataFrame
    warnings: tuple[str, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)

    def smallest_detectable_change(self, measure: str, kind: str, name: str) -> float:
        """What a change of a measure must exceed to be more than the error.

        Args:
            measure: The column, e.g. ``ff_mean_percent``.
            kind: ``muscle`` or ``group``: in some label sets a muscle is called as a group is.
            name: The muscle's or group's, without a side. A muscle's own error is taken where there are at least 10
                pairs of it, else that of all muscles together. A group's is always its own: it is larger than a
                muscle, and so is its error.

        Returns:
            In the unit of the measure; NaN when it is not known.
        """
        of_measure = self.table[self.table["measure"] == measure]
        found = of_measure[(of_measure["kind"] == kind) & (of_measure["name"] == name)]
        if kind == "muscle" and not (found["pairs"] >= _ENOUGH_PAIRS).any():
            found = of_measure[of_measure["name"] == ""]
        return float(found["smallest_detectable_change"].iat[0]) if len(found) else float("nan")

    def to_json(self) -> str:
        """All of it as JSON; NaN as null."""
        rows = self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        content = {
            "format": _FORMAT,
            "version": __version__,
            "notice": NOTICE,
            "about": self.about,
            "warnings": list(self.warnings),
            "agreement": rows,
        }
        return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def compare_retest(test: Sequence[Measurements], retest: Sequence[Measurements]) -> Retest:
    """Compare repeated visits.

    Args:
        test: Measures of one visit of each patient.
        retest: Of a second one, so close that nothing changed between them, in the same order.

    Raises:
        InputError: The numbers of visits differ, the visits of a pair are of different patients, or fewer than three
            pairs of a measure are there.
    """
    if len(test) != len(retest):
        raise InputError(f"There are {len(test)} tests but {len(retest)} retests. Give both of each patient, in order.")
    tables = []
    warnings: list[str] = []
    for subject, (first, second) in enumerate(zip(test, retest, strict=True), start=1):
        check_same_patient(first, second)
        tables.append(pair_visits(first, second))
        warnings += [f"Pair {subject}: {warning}" for warning in differing_settings(first, second)]
        warnings += [
            f"Pair {subject} was measured with other {name} than pair 1: the error of measuring is a mixture of both."
            for name in settings_that_differ(test[0].about, first.about)
        ]
    pairs = pd.concat(tables, ignore_index=True)
    pairs = pairs[pairs["reason"] == ""]
    rows = []
    for measure, of_measure in pairs.groupby("measure", sort=False):
        muscles = of_measure[of_measure["kind"] == "muscle"]
        parts = [(("muscle", ""), muscles), *of_measure.groupby(["kind", "name"], sort=False)]
        rows += [_row(str(measure), kind, name, part) for (kind, name), part in parts if len(part) >= _FEWEST_PAIRS]
    if not rows:
        raise InputError(
            "No muscle was measured in test and retest three times or more. Give more pairs of visits, with the same "
            "muscles."
        )
    rows.sort(key=lambda row: row["name"] != "")
    return Retest(pd.DataFrame(rows), tuple(warnings), settings_of(test[0].about))


def summary(retest: Retest) -> str:
    """The agreement of all muscles together, a measure a line."""
    lines = [f"{'measure':26}{'pairs':>6}{'bias':>9}{'95 % limits':>20}{'ICC(2,1)':>10}{'ICC(3,1)':>10}{'CV, %':>8}"]
    for row in retest.table[retest.table["name"] == ""].to_dict("records"):
        limits = f"{row['lower_limit']:.3g} to {row['upper_limit']:.3g}"
        lines.append(
            f"{row['measure']:26}{row['pairs']:6d}{row['bias']:9.3g}{limits:>20}"
            f"{row['icc_2_1']:10.3f}{row['icc_3_1']:10.3f}{row['cv_percent']:8.3g}"
        )
    return "\n".join(lines)


def write_retest(retest: Retest, path: Path) -> None:
    """Write it as ``.json``, which :func:`read_retest` gives back, or as a table, ``.csv``.

    Raises:
        InputError: The name's ending is neither, or the file cannot be written.
    """
    if path.suffix not in (".json", ".csv"):
        raise InputError(f"Agreement cannot be written as {path.name}. Let the name end in .json or .csv.")
    with written_atomically(path) as unfinished:
        if path.suffix == ".json":
            unfinished.write_text(retest.to_json(), encoding="utf-8")
        else:
            retest.table.assign(version=__version__, notice=NOTICE).to_csv(unfinished, index=False)


def read_retest(path: Path) -> Retest:
    """Read what :func:`write_retest` wrote as JSON.

    Raises:
        InputError: There is no such file, or it is something else.
    """
    if not path.is_file():
        raise InputError(f"There is no file of agreement {path}.")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        if content["format"] != _FORMAT:
            raise ValueError("another format")
        table = pd.DataFrame(content["agreement"])
        if not set(table.columns).issuperset(_NEEDED):
            raise ValueError("columns are missing")
        for name in table.columns.difference(["measure", "unit", "kind", "name"]):
            table[name] = pd.to_numeric(table[name])
        return Retest(table, tuple(content["warnings"]), dict(content.get("about", {})))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path.name} holds no agreement of MuscleSeg. Give a .json file that muscleseg agreement wrote."
        ) from error


def _row(measure: str, kind: str, name: str, pairs: pd.DataFrame) -> dict[str, Any]:
    found = asdict(agreement(pairs["earlier"], pairs["now"]))
    for coefficient in ("icc_2_1", "icc_3_1"):
        parts = found.pop(coefficient)
        found |= {coefficient: parts["value"], f"{coefficient}_low": parts["low"], f"{coefficient}_high": parts["high"]}
    return {"measure": measure, "unit": unit_of(measure), "kind": kind, "name": name, **found}
