"""Muscles that a paper, or a model, outlines as one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from MuscleSegLib.anatomy.muscles import muscles
from MuscleSegLib.anatomy.tables import RGB, parse_color, read_table
from MuscleSegLib.anatomy.terminology import code_or_generic


@dataclass(frozen=True)
class Compound:
    """Several muscles under one name, e.g. the anterior compartment of the leg.

    Attributes:
        abbreviation: Unique among compounds and muscles, e.g. ``AC``.
        name: In lower case, without a side.
        members: Abbreviations of its muscles.
        snomed_code, snomed_meaning, color: As in :class:`~MuscleSegLib.anatomy.muscles.Muscle`.
    """

    abbreviation: str
    name: str
    members: tuple[str, ...]
    snomed_code: str
    snomed_meaning: str
    color: RGB


@cache
def compounds() -> Mapping[str, Compound]:
    """Every compound of ``Resources/Anatomy/compounds.tsv``, by abbreviation."""
    table = {}
    for row in read_table("compounds"):
        code, meaning = code_or_generic(row["snomed_code"], row["snomed_meaning"])
        table[row["abbreviation"]] = Compound(
            abbreviation=row["abbreviation"],
            name=row["name"],
            members=tuple(row["members"].split()),
            snomed_code=code,
            snomed_meaning=meaning,
            color=parse_color(row["color"]),
        )
    return MappingProxyType(table)


def members_of(abbreviation: str) -> tuple[str, ...]:
    """The muscles behind an abbreviation: those of a compound, or the muscle itself.

    Raises:
        KeyError: Neither a compound nor a muscle has this abbreviation.
    """
    if abbreviation in compounds():
        return compounds()[abbreviation].members
    return (muscles()[abbreviation].abbreviation,)
