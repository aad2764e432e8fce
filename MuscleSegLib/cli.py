"""The command ``muscleseg``: it parses, calls and prints."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from types import ModuleType

from MuscleSegLib import __version__
from MuscleSegLib.commands import demo, evaluate, models, segment, train
from MuscleSegLib.errors import Cancelled, MuscleSegError

#: In the order of the help.
_COMMANDS: dict[str, ModuleType] = {
    "segment": segment,
    "demo": demo,
    "models": models,
    "train": train,
    "evaluate": evaluate,
}
#: Exit codes: what the user can put right, and what the user stopped (as a shell reports Ctrl-C).
_USER_ERROR, _STOPPED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: Without the program's name; those of the process by default.

    Returns:
        The exit code: 0, 2 when something that was given cannot be used, 130 when the user stopped it.
    """
    parsed = _parser().parse_args(arguments)
    try:
        parsed.run(parsed)
    except (KeyboardInterrupt, Cancelled):
        print("muscleseg: stopped", file=sys.stderr)
        return _STOPPED
    except MuscleSegError as error:
        print(f"muscleseg: {error}", file=sys.stderr)
        return _USER_ERROR
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="muscleseg",
        description="The muscles of thigh and leg in MRI, segmented. For research; not for diagnostic use.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in _COMMANDS.items():
        own = commands.add_parser(name, help=command.HELP, description=command.HELP)
        command.add_arguments(own)
        own.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
