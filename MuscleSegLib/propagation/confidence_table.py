"""How sure each slice of each label is, as a table."""

import csv
import math
from pathlib import Path

from MuscleSegLib import __version__
from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.propagation.result import Propagation
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume


def write_confidence_table(result: Propagation, labels: LabelledVolume, path: Path) -> None:
    """Write one row a label and slice, tab-separated: index, name, side, slice, key_slice, expected_dsc.

    Slices without the label are left out. Lines that begin with # say what made the table.

    Raises:
        InputError: The file cannot be written.
    """
    names = {label.value: label for label in labels.labels}
    with written_atomically(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# MuscleSeg {__version__}, propagation. For research; not for diagnostic use.\n")
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(("index", "name", "side", "slice", "key_slice", "expected_dsc"))
        for value, row in zip(result.values, result.confidence.tolist(), strict=True):
            for n, expected in enumerate(row):
                if not math.isnan(expected):
                    key = "yes" if n in result.key_slices[value] else "no"
                    writer.writerow((value, names[value].name, names[value].side, n, key, f"{expected:.3f}"))
