"""Arguments by which several commands compare with earlier visits."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path

from MuscleSegLib.commands.paths import check_given_once
from MuscleSegLib.errors import InputError


def add_retest(parser: ArgumentParser) -> None:
    """Declare ``--retest``."""
    parser.add_argument(
        "--retest", type=Path, metavar="JSON", help="what muscleseg agreement made of test–retest scans"
    )


def check_earlier_visits(arguments: Namespace, visits: Iterable[str | Path]) -> None:
    """Refuse a visit that is given twice, and ``--retest`` where there is nothing that it tells of.

    Args:
        arguments: Of the command, ``--since`` and ``--retest`` among them.
        visits: The file by which each visit is known.

    Raises:
        InputError: That is so.
    """
    check_given_once(visits, "visit")
    if arguments.retest and not arguments.since:
        raise InputError(
            "An agreement tells which changes are more than the error: name an earlier visit with --since."
        )
