"""``muscleseg demo``: a sample volume through Slicer's own core, to files that Slicer opens and pictures."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from MuscleSegLib.commands.extras import extra_packages

HELP = "segment the sample volume through Slicer's core, and leave files for Slicer and pictures"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("-o", "--output", type=Path, default=Path("demo-output"), metavar="DIR", help="(%(default)s)")


def run(arguments: Namespace) -> None:
    """Run the demonstration; it says where to look.

    Raises:
        MuscleSegError: Slicer's core is not installed.
    """
    from MuscleSegLib.commands.terminal import ProgressBar

    with extra_packages("slicer,train"):
        from MuscleSegLib.slicer.demo import run_demo
    with ProgressBar() as progress:
        run_demo(arguments.output, progress)
