"""The command ``muscleseg``: it parses, calls and prints."""

import sys
import traceback
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from types import ModuleType
from typing import Any, NoReturn

from MuscleSegLib import __version__
from MuscleSegLib.commands import (
    agreement,
    collect,
    demo,
    devices,
    evaluate,
    measure,
    models,
    propagate,
    register,
    report,
    segment,
    train,
)
from MuscleSegLib.commands import map as map_command
from MuscleSegLib.commands.failures import failure_of_machine, fault_of_program
from MuscleSegLib.commands.option_checks import refuse_empty
from MuscleSegLib.commands.output import output_for
from MuscleSegLib.commands.stopping import interrupted_by_end_of_input, interrupted_by_sigterm
from MuscleSegLib.errors import Cancelled, MuscleSegError
from MuscleSegLib.segmentation.file_names import check_file_name

#: In the order of the help.
_COMMANDS: dict[str, ModuleType] = {
    "segment": segment,
    "map": map_command,
    "register": register,
    "propagate": propagate,
    "measure": measure,
    "collect": collect,
    "agreement": agreement,
    "report": report,
    "demo": demo,
    "models": models,
    "devices": devices,
    "train": train,
    "evaluate": evaluate,
}
#: Exit codes: a fault of this program, what the user can put right, what the user stopped (as a shell reports Ctrl-C).
_FAULT, _USER_ERROR, _STOPPED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: Without the program's name; those of the process by default.

    Returns:
        The exit code: 0, 1 for a fault of this program, 2 when something that was given cannot be used, 130 when the
        user stopped it.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    parsed = Namespace(json_lines=False)
    try:
        _parser().parse_args(given, parsed)
    except _UsageError as error:
        output_for(parsed).error(str(error), error.usage if parsed.json_lines else "")
        return _USER_ERROR
    output = output_for(parsed)
    try:
        with ExitStack() as stopping:
            stopping.enter_context(interrupted_by_sigterm())
            if parsed.json_lines:
                stopping.enter_context(interrupted_by_end_of_input())
            _refuse_empty(given)
            for argument in given:
                check_file_name(argument)
            parsed.run(parsed)
    except (KeyboardInterrupt, Cancelled):
        output.error("stopped")
        return _STOPPED
    except MuscleSegError as error:
        output.error(str(error))
        return _USER_ERROR
    except Exception as error:
        if sentence := failure_of_machine(error):
            output.error(sentence)
            return _USER_ERROR
        output.error(fault_of_program(error), traceback.format_exc())
        return _FAULT
    output.done()
    return 0


def _refuse_empty(arguments: Sequence[str]) -> None:
    """Refuse an argument, or what follows the equals sign of one, that is empty."""
    for before, text in pairwise(["muscleseg", *arguments]):
        option, equals, value = text.partition("=") if text.startswith("--") else (before, "=", text)
        if equals:
            refuse_empty(value, option)


class _UsageError(Exception):
    """What was given is not how the command is called; ``usage`` is, for who writes a program that calls it."""

    def __init__(self, text: str, usage: str) -> None:
        super().__init__(text)
        self.usage = usage


class _Parser(ArgumentParser):
    """Leaves it to the caller to say what is wrong: as text, or as JSON."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.register("type", float, _number)

    def error(self, message: str) -> NoReturn:
        raise _UsageError(f"{message.rstrip('.')}. See {self.prog} --help.", self.format_usage())


def _number(text: str) -> float:
    """``text`` as a number, for every argument that is declared with ``type=float``."""
    try:
        return float(text)
    except ValueError:
        raise ArgumentTypeError(f"'{text}' is no number, such as 2.5 (with a point, not a comma)") from None


def _parser() -> ArgumentParser:
    parser = _Parser(
        prog="muscleseg",
        description="The muscles of thigh and leg in MRI, segmented. For research; not for diagnostic use.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument(
        "--json-lines",
        action="store_true",
        help="say everything as JSON, one object a line, on standard output; closing a piped standard input stops it",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in _COMMANDS.items():
        own = commands.add_parser(name, help=command.HELP, description=command.HELP)
        command.add_arguments(own)
        own.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
