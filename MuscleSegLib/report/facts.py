"""The head of a report: who, when, which scan, by what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from MuscleSegLib.report.content import Fact

_UNKNOWN = "not given"


def facts(about: Mapping[str, Any], patient: str, made_on: date | None) -> tuple[Fact, ...]:
    """Tell where measures come from.

    Args:
        about: As :class:`MuscleSegLib.biomarkers.measurements.Measurements` has it.
        patient: How to call the patient; by the pseudonym when empty.
        made_on: The day of the report; left out when None.
    """
    found = [
        Fact("Patient", patient or about.get("pseudonym") or _UNKNOWN),
        Fact("Date of scan", about.get("scan_date") or _UNKNOWN),
        Fact("Files", ", ".join(f"{role}: {name}" for role, name in about.get("inputs", {}).items()) or _UNKNOWN),
        Fact("Segmented by", "; ".join(about.get("models", ())) or _UNKNOWN),
    ]
    found += [
        Fact(f"{quantity} map", _sentence(str(made.get("method") or _UNKNOWN)) + _placement(about, quantity))
        for quantity, made in about.get("maps", {}).items()
    ]
    report = f"MuscleSeg {about.get('version', '')}".strip()
    found.append(Fact("Measured by", f"{report}, {_selection(about)}"))
    if made_on:
        found.append(Fact("Report of", made_on.isoformat()))
    return tuple(found)


def _placement(about: Mapping[str, Any], quantity: str) -> str:
    """By what the muscles came to where they are in a map; empty where that was not recorded."""
    placement = about.get("placement", {}).get(quantity)
    return f"; muscles placed by {placement}" if placement else ""


def _selection(about: Mapping[str, Any]) -> str:
    """Which voxels values were taken from."""
    erosion_mm = about.get("erosion_mm")
    if erosion_mm is None:
        parts = ["erosion not recorded"]
    elif erosion_mm:
        parts = [f"without the outer {erosion_mm:g} mm of each muscle"]
    else:
        parts = ["with the border of each muscle"]
    left_out = [f"{quantity} where {text}" for quantity, texts in about.get("exclusions", {}).items() for text in texts]
    return ", left out: ".join([*parts, *([", ".join(left_out)] if left_out else [])])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
