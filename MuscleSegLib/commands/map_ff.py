"""``muscleseg map ff``: the fat fraction from Dixon images."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from MuscleSegLib.commands.echo_times import add_echo_times
from MuscleSegLib.commands.map_plan import MapPlan, plan_for_pair
from MuscleSegLib.commands.option_checks import refuse_foreign
from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from MuscleSegLib.maps.parameter_map import ParameterMap
    from MuscleSegLib.progress import Progress

HELP = "fat fraction in percent, from fat and water, from complex echoes, or from in and opposed phase"
_SEPARATED, _ECHOES, _PHASES = "--fat and --water", "--magnitude and --phase", "--in-phase and --opposed-phase"
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
    phases = parser.add_argument_group("from magnitudes in and in opposed phase: ambiguous above 50 %")
    phases.add_argument("--in-phase", metavar="IMAGE")
    phases.add_argument("--opposed-phase", metavar="IMAGE")


def plan(arguments: Namespace) -> MapPlan:
    """FF; with the multi-peak method also field, R2*, water and fat.

    Raises:
        InputError: What was given is not one complete set of images, or an option goes with another.
    """
    given = {name: [vars(arguments)[image] for image in images] for name, (images, _) in _SETS.items()}
    begun = [name for name, images in given.items() if any(image is not None for image in images)]
    if len(begun) != 1:
        raise InputError(f"Give one of these sets: {'; '.join(_SETS)}.")
    if None in given[begun[0]]:
        raise InputError(f"{begun[0]} belong together: give all of them.")
    refuse_foreign(arguments, _OPTIONS, begun[0])
    return _SETS[begun[0]][1](arguments)


def _of_fat_and_water(arguments: Namespace) -> MapPlan:
    from MuscleSegLib.maps.fat_fraction import fat_fraction

    return plan_for_pair(
        (arguments.fat, arguments.water),
        "FF",
        lambda fat, water, names, _: fat_fraction(fat, water, names=names, trust_order=arguments.trust_order),
    )


def _of_phases(arguments: Namespace) -> MapPlan:
    from MuscleSegLib.maps.opposed_phase import fat_fraction_of_phases

    return plan_for_pair(
        (arguments.in_phase, arguments.opposed_phase),
        "FF",
        lambda in_phase, opposed_phase, names, _: fat_fraction_of_phases(in_phase, opposed_phase, names=names),
    )


def _of_echoes(arguments: Namespace) -> MapPlan:
    from MuscleSegLib.maps import multi_peak
    from MuscleSegLib.maps.complex_echoes import read_complex_echoes
    from MuscleSegLib.maps.glover_schneider import glover_schneider

    one_line = arguments.method == "glover-schneider"

    def make(progress: Progress) -> Sequence[ParameterMap]:
        echoes = read_complex_echoes(
            arguments.magnitude, arguments.phase, arguments.echo_times, arguments.field_strength_t
        )
        return [glover_schneider(echoes)] if one_line else multi_peak.multi_peak(echoes, progress=progress).all

    return MapPlan([*arguments.magnitude, *arguments.phase], ("FF",) if one_line else multi_peak.QUANTITIES, make)


#: Sets of images, by how they are written: the arguments that hold them, and what is planned with them.
_SETS = {
    _SEPARATED: (("fat", "water"), _of_fat_and_water),
    _ECHOES: (("magnitude", "phase"), _of_echoes),
    _PHASES: (("in_phase", "opposed_phase"), _of_phases),
}
