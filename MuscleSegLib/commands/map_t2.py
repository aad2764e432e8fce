"""``muscleseg map t2``: T2 of muscle from a multi-echo spin-echo series."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from MuscleSegLib.commands.echo_times import add_echo_times
from MuscleSegLib.commands.map_plan import MapPlan
from MuscleSegLib.commands.option_checks import refuse_foreign

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from MuscleSegLib.maps.parameter_map import ParameterMap
    from MuscleSegLib.progress import Progress

    #: The quantities that a fit makes, and the fit.
    _Fit: TypeAlias = tuple[tuple[str, ...], Callable[..., Sequence[ParameterMap]]]

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


def plan(arguments: Namespace) -> MapPlan:
    """T2, and what is fitted with it.

    Raises:
        InputError: An option is of another method.
    """
    from MuscleSegLib.maps.echo_reading import echo_files, read_echoes

    refuse_foreign(arguments, _OPTIONS, f"--method {arguments.method}")
    quantities, fit = _METHODS[arguments.method](arguments)

    def make(progress: Progress) -> Sequence[ParameterMap]:
        series = read_echoes(arguments.echoes, arguments.echo_times)
        return fit(series, noise_sd=arguments.noise_sd, progress=progress)

    return MapPlan(echo_files(arguments.echoes), quantities, make)


def _epg(arguments: Namespace) -> _Fit:
    from MuscleSegLib.maps.slice_profile import SINC_PULSES
    from MuscleSegLib.maps.t2_epg import QUANTITIES, fit_water_t2

    pulses = None if arguments.no_slice_profile else SINC_PULSES
    return QUANTITIES, partial(fit_water_t2, fat_t2_ms=arguments.fat_t2, pulses=pulses)


def _monoexponential(arguments: Namespace) -> _Fit:
    from MuscleSegLib.maps.t2_monoexponential import QUANTITIES, fit_t2

    return QUANTITIES, partial(fit_t2, leave_out_first=not arguments.keep_first_echo)


_METHODS = {"epg": _epg, "monoexponential": _monoexponential}
