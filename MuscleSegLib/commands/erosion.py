"""How far from the border of a muscle its values are taken, as every command that measures takes it."""

from argparse import ArgumentParser


def add_erode(parser: ArgumentParser) -> None:
    """Declare ``--erode``."""
    parser.add_argument(
        "--erode",
        type=float,
        default=0.0,
        metavar="MM",
        help="take values in maps this far from the border of each muscle (%(default)g)",
    )
