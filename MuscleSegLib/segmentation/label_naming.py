"""What a segment is, told by its name and its terminology."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from MuscleSegLib.anatomy import find_muscle
from MuscleSegLib.anatomy.naming import SIDES
from MuscleSegLib.segmentation.labelled_volume import VolumeLabel, group_of

if TYPE_CHECKING:
    from MuscleSegLib.anatomy.tables import RGB


def named_label(value: int, name: str, color: RGB, *, side: str = "", terminology: str = "") -> VolumeLabel:
    """The label of a segment that a file or a person named.

    Args:
        value: Its number in the label map.
        name: Of a muscle or compound, see :func:`MuscleSegLib.anatomy.find_muscle`; or any other, which is kept.
        color: Red, green and blue from 0 to 255.
        side: ``right`` or ``left``, ``R`` or ``L``, where it is told apart from the name; the name's own counts first.
        terminology: An entry as Slicer serialises it: tells the side when nothing else does, and the code of what is no
            muscle of the tables.
    """
    entry, named_side = find_muscle(name)
    (scheme, code, meaning), (_, _, modifier) = _codes(terminology)
    told = (SIDES.get(word.casefold()) for word in (named_side, side, modifier))
    known: Literal["right", "left", ""] = next(filter(None, told), "")
    if entry is not None:
        group = group_of([entry.abbreviation])
        codes = (entry.snomed_code, entry.snomed_meaning)
        return VolumeLabel(value, entry.name, entry.abbreviation, known, color, group, *codes)
    codes = (code, meaning) if scheme == "SCT" else ("", "")
    return VolumeLabel(value, _without_side(name.strip(), known), "", known, color, "", *codes)


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
