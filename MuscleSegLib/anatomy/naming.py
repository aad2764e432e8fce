"""Muscles found by what a file, or a person, calls them."""

import re
from functools import cache
from typing import Literal

from MuscleSegLib.anatomy.compounds import Compound, compounds
from MuscleSegLib.anatomy.muscles import Muscle, muscles

#: What a word says of the side, in small letters.
SIDES: dict[str, Literal["right", "left"]] = {"right": "right", "left": "left", "r": "right", "l": "left"}


def find_muscle(name: str) -> tuple[Muscle | Compound | None, Literal["right", "left", ""]]:
    """The muscle or compound, and the side, that a name means.

    Args:
        name: A name or an abbreviation of the tables, in any case; the side before or after it, as a word or as R or L;
            joined by spaces, underscores, hyphens or commas. E.g. ``vastus lateralis right``, ``VL_right``, ``R VL``.

    Returns:
        The entry of the tables, None when it is no muscle of theirs; and the side, empty when the name says none.
    """
    words = [word for word in re.split(r"[\s_,()-]+", name.casefold()) if word]
    for outer, others in ((words[-1:], words[:-1]), (words[:1], words[1:])):
        word = "".join(outer)
        entry = _entries().get(" ".join(others))
        if word in SIDES and (entry is not None or len(word) > 1):
            return entry, SIDES[word]
    return _entries().get(" ".join(words)), ""


@cache
def _entries() -> dict[str, Muscle | Compound]:
    entries: list[Muscle | Compound] = [*muscles().values(), *compounds().values()]
    by_name = {entry.name.casefold(): entry for entry in entries}
    return by_name | {entry.abbreviation.casefold(): entry for entry in entries}
