"""``muscleseg map ready-made``: a map as the scanner made it, its scale found out."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from MuscleSegLib.maps.parameter_map import ParameterMap
    from MuscleSegLib.progress import Progress

HELP = "a map that the scanner or another program made, brought to percent or ms: its scale is found out, and said"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("quantity", choices=("FF", "T2", "MTR"), help="what it shows")
    parser.add_argument("map", help="a file of any format that SimpleITK reads, or the folder of a DICOM series")
    parser.add_argument(
        "--scale", help="its scale, where it is found out wrongly: 0-1, 0-100, 0-1000; T2: s, ms, 0.1ms"
    )


def inputs(arguments: Namespace) -> list[Path]:
    """The map that is read."""
    from MuscleSegLib.segmentation.image_reading import split_choice

    return [split_choice(arguments.map)[0]]


def make(arguments: Namespace, _: Progress) -> list[ParameterMap]:
    """The map in the unit of its quantity.

    Raises:
        MuscleSegError: It cannot be used, or its scale is not clear.
    """
    from MuscleSegLib.maps.parameter_map import read_map

    return [read_map(arguments.map, arguments.quantity, scale=arguments.scale)]
