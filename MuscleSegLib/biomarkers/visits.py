"""Two visits of one patient, muscle by muscle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from MuscleSegLib.biomarkers.columns import KEYS, SIZES, compared_columns, unit_of
from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from MuscleSegLib.biomarkers.measurements import Measurements

#: What has to be the same, for numbers to be comparable: as ``about`` calls it, and as a sentence does.
_SETTINGS = {
    "erosion_mm": "erosion",
    "exclusions": "exclusion of voxels",
    "placement": "placement of the muscles in the maps",
    "models": "models",
    "version": "version",
}


def check_same_patient(one: Measurements, other: Measurements) -> None:
    """Make sure that two visits do not say that they are of different patients.

    Raises:
        InputError: Both have a pseudonym, and not the same.
    """
    names = {visit.about.get("pseudonym") or "" for visit in (one, other)} - {""}
    if len(names) > 1:
        raise InputError(
            f"These are measures of different patients: {' and '.join(sorted(names))}. Give visits of one patient."
        )


def differing_settings(one: Measurements, other: Measurements) -> tuple[str, ...]:
    """Sentences about what was done differently in two visits, as far as both say how they were measured."""
    return tuple(
        f"The two visits were measured with different {name}: differences may come from that."
        for name in settings_that_differ(one.about, other.about)
    )


def settings_of(about: Mapping[str, Any]) -> dict[str, Any]:
    """Of what a visit says about its making, the settings that :func:`settings_that_differ` compares."""
    return {key: about[key] for key in _SETTINGS if key in about}


def settings_that_differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    """What was done differently in two visits, in words, as far as what is said about both tells."""
    names = []
    for key, name in _SETTINGS.items():
        if key not in one or key not in other:
            continue
        before, now = one[key], other[key]
        if isinstance(before, dict) and isinstance(now, dict):  # by map: only of those that both visits have
            before, now = ({of: own[of] for of in before.keys() & now.keys()} for own in (before, now))
        if before != now:
            names.append(name)
    return tuple(names)


def pair_visits(earlier: Measurements, now: Measurements) -> pd.DataFrame:
    """Put the measures of two visits beside each other.

    Returns:
        A row for each muscle or group and measure that either visit has: ``kind``, ``abbreviation``, ``name``,
        ``side``, ``measure`` (the column), ``unit``, ``earlier``, ``now``, and ``reason``: why the two must not be
        compared, empty where they may.

    Raises:
        InputError: The visits have no muscle and side in common.
    """
    before, after = (_by_key(visit.muscles) for visit in (earlier, now))
    if not before.keys() & after.keys():
        raise InputError(
            "The two visits have no muscle of the same name and side in common. Are they of the same region, and "
            "segmented with the same set of labels?"
        )
    measures = compared_columns(dict.fromkeys([*now.muscles.columns, *earlier.muscles.columns]))
    rows = []
    for key in dict.fromkeys([*after, *before]):
        one, other = before.get(key, {}), after.get(key, {})
        for measure in measures:
            values = {"earlier": one.get(measure, float("nan")), "now": other.get(measure, float("nan"))}
            reason = _reason(measure, one, other, values)
            names = dict(zip(KEYS, key, strict=True))
            rows.append({**names, "measure": measure, "unit": unit_of(measure), **values, "reason": reason})
    return pd.DataFrame(rows)


def _by_key(muscles: pd.DataFrame) -> dict[tuple[str, ...], dict[str, Any]]:
    return {tuple(row[name] for name in KEYS): row for row in muscles.to_dict("records")}


def _reason(measure: str, earlier: Mapping[str, Any], now: Mapping[str, Any], values: Mapping[str, float]) -> str:
    for visit, when in ((values["earlier"], "in the earlier visit"), (values["now"], "in this visit")):
        if pd.isna(visit):
            return f"not measured {when}"
    if earlier["members"] != now["members"]:
        return "other muscles in the group"
    if measure in SIZES and (earlier["cut_by_field_of_view"] or now["cut_by_field_of_view"]):
        return "cut by the field of view"
    return ""
