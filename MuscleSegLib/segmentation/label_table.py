"""The table beside a label map that says what its numbers mean."""

import csv
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from MuscleSegLib.anatomy.naming import SIDES
from MuscleSegLib.anatomy.tables import RGB, parse_color
from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.labelled_volume import (
    VolumeLabel,
    join_models,
    join_slices,
    split_models,
    split_slices,
)

_COLUMNS = ("index", "name", "abbreviation", "side", "color", "models", "key_slices")
_GREY = "#808080"
#: How BIDS writes that a value is missing.
_NOT_KNOWN = "n/a"


def write_label_table(
    labels: Iterable[VolumeLabel], models: Sequence[str], key_slices: Mapping[int, Collection[int]], path: Path
) -> None:
    """Write the labels, and what made them, as tab-separated values.

    The columns are ``index``, ``name``, ``abbreviation``, ``side`` and ``color`` (``#RRGGBB``), as in the
    ``_dseg.tsv`` files of BIDS (Brain Imaging Data Structure 1.9, Common image-derived labels), then ``models`` and
    ``key_slices`` (by value, the slices that a person drew).
    """
    made_by = join_models(models) or _NOT_KNOWN
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(_COLUMNS)
        for label in labels:
            color = f"#{bytes(label.color).hex().upper()}"
            drawn = join_slices(key_slices.get(label.value, ())) or _NOT_KNOWN
            writer.writerow((label.value, label.title, label.abbreviation, label.side, color, made_by, drawn))


@dataclass(frozen=True)
class TableRow:
    """A label: number, name, side (``right``, ``left`` or empty), colour (0 to 255), what made it, what was drawn."""

    value: int
    name: str
    side: str
    color: RGB
    models: tuple[str, ...]
    key_slices: tuple[int, ...]


def read_label_table(path: Path) -> list[TableRow]:
    """Read a table that :func:`write_label_table` wrote, or another ``_dseg.tsv`` of BIDS; background is left out.

    Raises:
        OSError: There is none, or it cannot be read.
        ValueError: It is no such table.
        InputError: It is one, but a side is neither right nor left.
    """
    rows = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file, delimiter="\t")
        if not {"index", "name"} <= set(table.fieldnames or ()):
            raise ValueError("there is no column index, or none of names")
        for line in table:
            row = {name: line[name] for name in _COLUMNS if (line.get(name) or "").strip() not in ("", _NOT_KNOWN)}
            if not row:
                continue
            if "index" not in row or "name" not in row:
                raise ValueError("a row lacks an index or a name")
            color = parse_color(row.get("color", _GREY))
            models = split_models(row.get("models", ""))
            drawn = split_slices(row.get("key_slices", ""))
            side = row.get("side", "").strip()
            if side and side.casefold() not in SIDES:
                raise InputError(
                    f'{path.name} says "{side}" for the side of {row["name"]}. Write right or left there, or '
                    f"{_NOT_KNOWN} where it is not known."
                )
            rows.append(TableRow(int(row["index"]), row["name"], SIDES.get(side.casefold(), ""), color, models, drawn))
    if len({row.value for row in rows}) < len(rows):
        raise ValueError("an index is there twice")
    return [row for row in rows if row.value != 0]
