"""``muscleseg map t2``: T2 of muscle from a multi-echo spin-echo series."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from MuscleSegLib.commands.echo_times import add_echo_times
from MuscleSegLib.commands.option_checks import refuse_foreign

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from MuscleSegLib.maps.parameter_map import ParameterMap
    from MuscleSegLib.progress import Progress

HELP = "T2 in ms from a multi-echo spin-echo series: of water, with B1 and fat, or of one exponential"
#: What only one method takes.
_OPTIONS = {
    "--method epg": ("--fat-t2", "--no-slice-profile"),
    "--method monoexponential": ("--keep-first-echo",),
}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "echoes",
        nargs="+",
        metavar="ECHOES",
        help="a file of all echoes, one file an echo, a folder of either, or a folder of DICOM files",
    )
    parser.add_argument(
        "--method",
        choices=("epg", "monoexponential"),
        default="epg",
        help="extended phase graphs: water T2, B1 and fat; or one exponential for all (%(default)s)",
    )
    add_echo_times(parser)
    parser.add_argument(
        "--noise-sd",
        type=float,
        metavar="SD",
        help="standard deviation of the noise in the image's unit (measured in the air around the body)",
    )
    parser.add_argument("--fat-t2", type=float, metavar="MS", help="epg: T2 of fat, ms (found in fat in the images)")
    parser.add_argument(
        "--no-slice-profile", action="store_true", help="epg: the pulses act alike on all of a slice, as in 3D"
    )
    parser.add_argument("--keep-first-echo", action="store_true", help="monoexponential: fit the first echo as well")


def inputs(arguments: Namespace) -> list[Path]:
    """The images that are read."""
    from MuscleSegLib.maps.echo_reading import echo_files

    return echo_files(arguments.echoes)


def make(arguments: Namespace, progress: Progress) -> Sequence[ParameterMap]:
    """T2, and what was fitted with it.

    Raises:
        MuscleSegError: The echoes cannot be used, or an option is of another method.
    """
    from MuscleSegLib.maps.echo_reading import read_echoes
    from MuscleSegLib.maps.slice_profile import SINC_PULSES
    from MuscleSegLib.maps.t2_epg import fit_water_t2
    from MuscleSegLib.maps.t2_monoexponential import fit_t2

    refuse_foreign(arguments, _OPTIONS, f"--method {arguments.method}")
    series = read_echoes(arguments.echoes, arguments.echo_times)
    if arguments.method == "monoexponential":
        return fit_t2(
            series,
            leave_out_first=not arguments.keep_first_echo,
            noise_sd=arguments.noise_sd,
            progress=progress,
        )
    return fit_water_t2(
        series,
        fat_t2_ms=arguments.fat_t2,
        pulses=None if arguments.no_slice_profile else SINC_PULSES,
        noise_sd=arguments.noise_sd,
        progress=progress,
    )
