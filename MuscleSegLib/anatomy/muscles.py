"""The one table of muscles and bones that everything else refers to by abbreviation."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal, cast

from MuscleSegLib.anatomy.tables import RGB, parse_color, read_table
from MuscleSegLib.anatomy.terminology import code_or_generic

Region = Literal["hip", "thigh", "leg"]
Kind = Literal["muscle", "bone"]


@dataclass(frozen=True)
class Muscle:
    """One muscle (or bone) of the lower limb.

    Attributes:
        index: The table's own number; label sets number their labels themselves.
        abbreviation: Unique, e.g. ``VL``.
        name: The field's name, in lower case, without a side.
        snomed_code, snomed_meaning: SNOMED CT concept of the muscle; where no code of exactly this muscle could be
            verified, that of the muscle it is part of, or of skeletal muscle in general. The table's columns
            ``snomed_match`` and ``snomed_seen_in`` say which, and where it was seen.
        color: Red, green and blue from 0 to 255; muscles of one region differ clearly from each other.
        region: Part of the limb in which most of it lies.
        group: Anatomical group or compartment, e.g. ``quadriceps``.
        kind: ``muscle``, or ``bone`` for what only helps the networks.
    """

    index: int
    abbreviation: str
    name: str
    snomed_code: str
    snomed_meaning: str
    color: RGB
    region: Region
    group: str
    kind: Kind


@cache
def muscles() -> Mapping[str, Muscle]:
    """Every muscle and bone of ``Resources/Anatomy/muscles.tsv``, by abbreviation, in the table's order."""
    table = {}
    for row in read_table("muscles"):
        code, meaning = code_or_generic(row["snomed_code"], row["snomed_meaning"])
        table[row["abbreviation"]] = Muscle(
            index=int(row["index"]),
            abbreviation=row["abbreviation"],
            name=row["name"],
            snomed_code=code,
            snomed_meaning=meaning,
            color=parse_color(row["color"]),
            region=cast(Region, row["region"]),
            group=row["group"],
            kind=cast(Kind, row["kind"]),
        )
    return MappingProxyType(table)
