"""``muscleseg map ready-made``: a map as the scanner made it, its scale found out."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from MuscleSegLib.commands.map_plan import MapPlan

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


def plan(arguments: Namespace) -> MapPlan:
    """The map in the unit of its quantity."""
    from MuscleSegLib.maps.parameter_map import read_map

    def make(_: Progress) -> list[ParameterMap]:
        return [read_map(arguments.map, arguments.quantity, scale=arguments.scale)]

    return MapPlan([arguments.map], (arguments.quantity,), make)
