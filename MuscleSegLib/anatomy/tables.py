"""Reads the tab-separated tables of ``Resources/Anatomy``."""

import csv

from MuscleSegLib.resources import resources_dir

RGB = tuple[int, int, int]


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of ``Resources/Anatomy/<name>.tsv``, each a dictionary by column name."""
    path = resources_dir() / "Anatomy" / f"{name}.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def parse_color(text: str) -> RGB:
    """``#RRGGBB`` as red, green and blue from 0 to 255."""
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue
