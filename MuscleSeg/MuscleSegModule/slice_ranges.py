"""Slices in words, counted from 0 as in pictures, in tables and in the sentences of the commands."""

import re

from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError
from MuscleSegLib.runs import runs_of

_RANGE = re.compile(r"(\d+)(?:\s*[-–]\s*(\d+))?")


def slicesTitle(slices):
    """Slices in words."""
    texts = [str(first) if first == last else f"{first}–{last}" for first, last in runs_of(slices)]
    if len(slices) == 1:
        return _("slice {slices}").format(slices=texts[0])
    return _("slices {slices}").format(slices=", ".join(texts))


def slicesOf(text):
    """The slices that a person wrote, such as ``3, 7–9``, ascending.

    Raises:
        InputError: It says no slices.
    """
    slices = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _RANGE.fullmatch(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last:
            raise InputError(_("“{text}” names no slices. Write e.g. 3, 7–9; the first slice is 0.").format(text=part))
        slices.update(range(first, last + 1))
    return sorted(slices)
