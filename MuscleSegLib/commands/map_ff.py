"""``muscleseg map ff``: the fat fraction from Dixon images."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from MuscleSegLib.commands.echo_times import add_echo_times
from MuscleSegLib.commands.option_checks import refuse_foreign
from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    from MuscleSegLib.maps.parameter_map import ParameterMap
    from MuscleSegLib.progress import Progress

HELP = "fat fraction in percent, from fat and water, from complex echoes, or from in and opposed phase"
_SEPARATED, _ECHOES = "--fat and --water", "--magnitude and --phase"
#: What only one set of images takes.
_OPTIONS = {_SEPARATED: ("--trust-order",), _ECHOES: ("--echo-times", "--field-strength-t", "--method")}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    separated = parser.add_argument_group("from the scanner's fat and water images")
    separated.add_argument("--fat", metavar="IMAGE")
    separated.add_argument("--water", metavar="IMAGE")
    separated.add_argument("--trust-order", action="store_true", help="go on where fat and water look swapped")
    echoes = parser.add_argument_group("from three or more gradient echoes, each as magnitude and phase")
    echoes.add_argument("--magnitude", nargs="+", metavar="IMAGE", help="one an echo; FILE#2 is volume 2 of a 4D file")
    echoes.add_argument("--phase", nargs="+", metavar="IMAGE", help="one an echo; their unit is found out")
    add_echo_times(echoes)
    echoes.add_argument("--field-strength-t", type=float, metavar="T", help="(from the headers, or JSON files beside)")
    echoes.add_argument(
        "--method",
        choices=("multi-peak", "glover-schneider"),
        help="fat of six spectral lines with R2*, or Glover and Schneider 1991 with three echoes (multi-peak)",
    )
    phases = parser.add_argument_group("from magnitudes in and in opposed phase: ambiguous above 50 %%")
    phases.add_argument("--in-phase", metavar="IMAGE")
    phases.add_argument("--opposed-phase", metavar="IMAGE")


def inputs(arguments: Namespace) -> list[Path]:
    """The images that are read."""
    from MuscleSegLib.segmentation.image_reading import split_choice

    single = (arguments.fat, arguments.water, arguments.in_phase, arguments.opposed_phase)
    echoes = (*(arguments.magnitude or ()), *(arguments.phase or ()))
    return [split_choice(given)[0] for given in (*single, *echoes) if given is not None]


def make(arguments: Namespace, progress: Progress) -> list[ParameterMap]:
    """FF; with the multi-peak method also field, R2*, water and fat.

    Raises:
        MuscleSegError: What was given is not one complete set of images, goes with another, or cannot be used.
    """
    sources = {
        _SEPARATED: (arguments.fat, arguments.water),
        _ECHOES: (arguments.magnitude, arguments.phase),
        "--in-phase and --opposed-phase": (arguments.in_phase, arguments.opposed_phase),
    }
    begun = [name for name, given in sources.items() if any(value is not None for value in given)]
    if len(begun) != 1:
        raise InputError(f"Give one of these sets: {'; '.join(sources)}.")
    if any(value is None for value in sources[begun[0]]):
        raise InputError(f"{begun[0]} belong together: give all of them.")
    refuse_foreign(arguments, _OPTIONS, begun[0])
    if arguments.fat is not None:
        return [_of_fat_and_water(arguments)]
    if arguments.in_phase is not None:
        return [_of_phases(arguments)]
    return _of_echoes(arguments, progress)


def _of_fat_and_water(arguments: Namespace) -> ParameterMap:
    from MuscleSegLib.maps.fat_fraction import fat_fraction
    from MuscleSegLib.segmentation.image_reading import read_image

    return fat_fraction(
        read_image(arguments.fat),
        read_image(arguments.water),
        names=(Path(arguments.fat).name, Path(arguments.water).name),
        trust_order=arguments.trust_order,
    )


def _of_phases(arguments: Namespace) -> ParameterMap:
    from MuscleSegLib.maps.opposed_phase import fat_fraction_of_phases
    from MuscleSegLib.segmentation.image_reading import read_image

    return fat_fraction_of_phases(
        read_image(arguments.in_phase),
        read_image(arguments.opposed_phase),
        names=(Path(arguments.in_phase).name, Path(arguments.opposed_phase).name),
    )


def _of_echoes(arguments: Namespace, progress: Progress) -> list[ParameterMap]:
    from MuscleSegLib.maps.complex_echoes import read_complex_echoes
    from MuscleSegLib.maps.glover_schneider import glover_schneider
    from MuscleSegLib.maps.multi_peak import multi_peak

    echoes = read_complex_echoes(
        arguments.magnitude, arguments.phase, arguments.echo_times, arguments.field_strength_t
    )
    if arguments.method == "glover-schneider":
        return [glover_schneider(echoes)]
    made = multi_peak(echoes, progress=progress)
    return [made.fat_fraction, made.field, *([made.decay] if made.decay else []), made.water, made.fat]
