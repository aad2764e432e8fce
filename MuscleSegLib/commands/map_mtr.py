"""``muscleseg map mtr``: the magnetisation transfer ratio from a pair of images."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from MuscleSegLib.commands.map_plan import MapPlan, plan_for_pair

HELP = "magnetisation transfer ratio in percent units, from images without and with MT pulse"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--without-pulse", required=True, metavar="IMAGE", help="S₀")
    parser.add_argument("--with-pulse", required=True, metavar="IMAGE", help="S_MT")
    parser.add_argument("--no-align", action="store_true", help="take the images as they lie: the patient kept still")


def plan(arguments: Namespace) -> MapPlan:
    """MTR on the grid of the image without the pulse."""
    from MuscleSegLib.maps.mtr import magnetisation_transfer_ratio

    return plan_for_pair(
        (arguments.without_pulse, arguments.with_pulse),
        "MTR",
        lambda without_pulse, with_pulse, names, progress: magnetisation_transfer_ratio(
            without_pulse, with_pulse, names=names, align=not arguments.no_align, progress=progress
        ),
    )
