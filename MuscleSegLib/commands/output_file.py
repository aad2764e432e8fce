"""The file that a command writes, as every command with one of them takes it."""

from argparse import ArgumentParser
from pathlib import Path


def add_output(parser: ArgumentParser, written: str) -> None:
    """Declare ``-o`` and ``--overwrite``.

    Args:
        parser: Of the command.
        written: The help: which endings the name may have, and what each gives.
    """
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help=written)
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it is there")
