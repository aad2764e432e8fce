"""The table beside a label map that says what its numbers mean."""

import csv
from collections.abc import Iterable
from pathlib import Path

from MuscleSegLib.anatomy import SidedLabel


def write_label_table(labels: Iterable[SidedLabel], path: Path) -> None:
    """Write the labels as tab-separated values.

    The columns are ``index``, ``name``, ``abbreviation``, ``side`` and ``color`` (``#RRGGBB``), as in the
    ``_dseg.tsv`` files of BIDS (Brain Imaging Data Structure 1.9, Common image-derived labels).
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(("index", "name", "abbreviation", "side", "color"))
        for sided in labels:
            color = f"#{bytes(sided.label.color).hex().upper()}"
            writer.writerow((sided.value, sided.name, sided.label.abbreviation, sided.side, color))
