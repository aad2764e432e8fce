"""Echo times, as every map that is made of echoes takes them."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import _ActionsContainer


def add_echo_times(parser: _ActionsContainer) -> None:
    """Declare ``--echo-times``."""
    parser.add_argument(
        "--echo-times",
        type=_times,
        metavar="MS,MS,…",
        help="in the order of the echoes, ms (from the headers, or JSON files beside)",
    )


def _times(text: str) -> list[float]:
    try:
        return [float(time) for time in text.replace(";", ",").split(",")]
    except ValueError:
        raise ArgumentTypeError(f'"{text}" is no list of times in ms, such as 10,20,30') from None
