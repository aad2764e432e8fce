"""The rows of a table of measures: every muscle, and every group of muscles on one side."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.labelled_volume import check_titles

if TYPE_CHECKING:
    from MuscleSegLib.segmentation.labelled_volume import VolumeLabel


@dataclass(frozen=True)
class Row:
    """A muscle, or a group of muscles.

    Attributes:
        kind: Which of them.
        abbreviation: The muscle's; empty for a group, and for a label of the user's own.
        name, side: As in :class:`MuscleSegLib.segmentation.labelled_volume.VolumeLabel`; a group has the name of the
            anatomical group.
        members: Abbreviations, or names where there are none, of what is in it.
        first, end: Its place in the order of :class:`Arrangement`: labels from ``first`` up to ``end``.
    """

    kind: Literal["muscle", "group"]
    abbreviation: str
    name: str
    side: str
    members: tuple[str, ...]
    first: int
    end: int

    @property
    def title(self) -> str:
        """Name and side."""
        return f"{self.name} {self.side}".rstrip()


@dataclass(frozen=True)
class Arrangement:
    """Labels in an order in which each group of one side is a run of neighbours.

    Statistics of a group are then those of a slice of what was sorted once.

    Attributes:
        values: The labels' numbers, in that order.
        rows: What is measured: muscles as the label map lists them, then groups.
    """

    values: tuple[int, ...]
    rows: tuple[Row, ...]


def arrange(labels: Sequence[VolumeLabel], present: Collection[int]) -> Arrangement:
    """Arrange the labels that have voxels.

    Args:
        labels: Of a label map.
        present: The numbers that occur in it.

    Returns:
        A row for each label that is present, and for each anatomical group and side of which several are.

    Raises:
        InputError: Nothing is present, or two labels have the same name and side.
    """
    found = [label for label in labels if label.value in present]
    if not found:
        raise InputError("The label map is empty: none of its labels has a voxel. Segment the image first.")
    check_titles(found)
    listed = {label.value: position for position, label in enumerate(found)}
    ordered = sorted(found, key=lambda label: (label.side, label.group, listed[label.value]))
    muscles: list[Row] = []
    groups: list[Row] = []
    for (side, group), run in groupby(ordered, key=lambda label: (label.side, label.group)):
        members = list(run)
        first = len(muscles)
        muscles += [
            Row("muscle", label.abbreviation, label.name, side, (_short(label),), first + place, first + place + 1)
            for place, label in enumerate(members)
        ]
        if group and len(members) > 1:
            groups.append(Row("group", "", group, side, tuple(map(_short, members)), first, first + len(members)))
    values = tuple(label.value for label in ordered)
    in_list = sorted(muscles, key=lambda row: listed[values[row.first]])
    groups.sort(key=lambda row: min(listed[value] for value in values[row.first : row.end]))
    return Arrangement(values, (*in_list, *groups))


def _short(label: VolumeLabel) -> str:
    return label.abbreviation or label.name
