"""What a report says, before it becomes a page or a printed sheet: every number is already text."""

from __future__ import annotations

from dataclasses import dataclass

from MuscleSegLib.report.pictures import Picture
from MuscleSegLib.report.side_table import SideTable

NOTICE = "For research. Not for diagnostic use."


@dataclass(frozen=True)
class Fact:
    """One line of the head: who, when, which scan, by what."""

    name: str
    text: str


@dataclass(frozen=True)
class PlainTable:
    """Headings, and rows of as many cells."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Change:
    """What changed since an earlier visit.

    Attributes:
        title: Since when.
        table: Changes, right beside left, marked where they are more than measuring again would show.
        details: Before, now, change and smallest detectable change, a measure a row.
    """

    title: str
    table: SideTable
    details: PlainTable


@dataclass(frozen=True)
class Course:
    """Measures from the first visit to this one.

    Attributes:
        title: Over which visits.
        table: The values of all visits in each cell, right beside left.
    """

    title: str
    table: SideTable


@dataclass(frozen=True)
class Report:
    """A report; pictures, change and course are None where there is nothing to show.

    Attributes:
        version: Of MuscleSeg.
        all_measures: Every column of the measures, rounded as everywhere in the report.
        warnings: Sentences.
    """

    title: str
    notice: str
    version: str
    facts: tuple[Fact, ...]
    table: SideTable
    all_measures: PlainTable
    body_map: Picture | None
    slices: Picture | None
    profiles: Picture | None
    change: Change | None
    course: Course | None
    warnings: tuple[str, ...]
