"""``muscleseg map mtr``: the magnetisation transfer ratio from a pair of images."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from MuscleSegLib.maps.parameter_map import ParameterMap
    from MuscleSegLib.progress import Progress

HELP = "magnetisation transfer ratio in percent units, from images without and with MT pulse"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--without-pulse", required=True, metavar="IMAGE", help="S₀")
    parser.add_argument("--with-pulse", required=True, metavar="IMAGE", help="S_MT")
    parser.add_argument("--no-align", action="store_true", help="take the images as they lie: the patient kept still")


def inputs(arguments: Namespace) -> list[Path]:
    """The images that are read."""
    from MuscleSegLib.segmentation.image_reading import split_choice

    return [split_choice(given)[0] for given in (arguments.without_pulse, arguments.with_pulse)]


def make(arguments: Namespace, progress: Progress) -> list[ParameterMap]:
    """MTR on the grid of the image without the pulse.

    Raises:
        MuscleSegError: The images cannot be used.
    """
    from MuscleSegLib.maps.mtr import magnetisation_transfer_ratio
    from MuscleSegLib.segmentation.image_reading import read_image

    return [
        magnetisation_transfer_ratio(
            read_image(arguments.without_pulse),
            read_image(arguments.with_pulse),
            names=(Path(arguments.without_pulse).name, Path(arguments.with_pulse).name),
            align=not arguments.no_align,
            progress=progress,
        )
    ]
