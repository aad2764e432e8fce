"""What a segment is, told by its name and its terminology."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Literal

from MuscleSegLib.anatomy import compounds, find_muscle, muscles
from MuscleSegLib.anatomy.naming import SIDES
from MuscleSegLib.anatomy.tables import read_table
from MuscleSegLib.segmentation.labelled_volume import VolumeLabel, group_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from MuscleSegLib.anatomy import Compound, Muscle
    from MuscleSegLib.anatomy.tables import RGB


def named_label(value: int, name: str, color: RGB, *, side: str = "", terminology: str = "") -> VolumeLabel:
    """The label of a segment that a file or a person named.

    Args:
        value: Its number in the label map.
        name: Of a muscle or compound, see :func:`MuscleSegLib.anatomy.find_muscle`; or any other, which is kept.
        color: Red, green and blue from 0 to 255.
        side: ``right`` or ``left`` where it is told apart from the name; the name's own counts first.
        terminology: An entry as Slicer serialises it: tells the side when nothing else does, and the code of what is no
            muscle of the tables, see :func:`known_by_code`.
    """
    entry, named_side = find_muscle(name)
    (scheme, code, meaning), (_, _, modifier) = _codes(terminology)
    told = (SIDES.get(word.casefold()) for word in (named_side, side, modifier))
    known: Literal["right", "left", ""] = next(filter(None, told), "")
    codes = (code, meaning) if scheme == "SCT" else ("", "")
    label = VolumeLabel(value, _without_side(name.strip(), known), "", known, color, "", *codes)
    return label if entry is None else _as(label, entry)


def known_by_code(labels: Sequence[VolumeLabel]) -> tuple[tuple[VolumeLabel, ...], list[str]]:
    """Tell muscles whose names are not known, such as those of another language, by their SNOMED CT codes.

    A label stays what its name says where it would be called as another one: it is a part or a copy of that.

    Args:
        labels: All of a label map, see :func:`named_label`.

    Returns:
        The labels, and a sentence about those that the code told.
    """
    entries = _entries_by_code()
    told = [
        label if label.abbreviation or label.snomed_code not in entries else _as(label, entries[label.snomed_code])
        for label in labels
    ]
    titles = Counter(label.title for label in told)
    known = tuple(new if titles[new.title] == 1 else old for old, new in zip(labels, told, strict=True))
    found = ", ".join(f"{old.name} as {new.title}" for old, new in zip(labels, known, strict=True) if new != old)
    if not found:
        return known, []
    return known, [
        f"Known by terminology, not by name: {found}. If one is no such muscle, change its terminology in Slicer."
    ]


def _as(label: VolumeLabel, entry: Muscle | Compound) -> VolumeLabel:
    """A label as that of an entry of the tables."""
    return replace(
        label,
        name=entry.name,
        abbreviation=entry.abbreviation,
        group=group_of([entry.abbreviation]),
        snomed_code=entry.snomed_code,
        snomed_meaning=entry.snomed_meaning,
    )


@cache
def _entries_by_code() -> dict[str, Muscle | Compound]:
    """What has a code of its own: that of the quadriceps, by which two vasti go, tells none of them."""
    entries: dict[str, Muscle | Compound] = {**muscles(), **compounds()}
    rows = [*read_table("muscles"), *read_table("compounds")]
    uses = Counter(row["snomed_code"] for row in rows)
    return {
        row["snomed_code"]: entries[row["abbreviation"]]
        for row in rows
        if row["snomed_match"] == "exact" and uses[row["snomed_code"]] == 1
    }


def _without_side(name: str, side: str) -> str:
    """A name that begins or ends with its side, without it."""
    words = name.split()
    if len(words) > 1 and words[-1].casefold() == side:
        return " ".join(words[:-1])
    if len(words) > 1 and words[0].casefold() == side:
        return " ".join(words[1:])
    return name


def _codes(terminology: str) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    """Scheme, value and meaning of the type, and of its modifier, in a terminology entry as Slicer serialises it."""
    codes = [[*code.split("^"), "", ""] for code in [*terminology.split("~"), "", "", ""]]
    (scheme, value, meaning, *_), (side_scheme, side_value, side_meaning, *_) = codes[2:4]
    return (scheme, value, meaning), (side_scheme, side_value, side_meaning)
