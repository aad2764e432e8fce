"""``muscleseg demo``: a sample volume through Slicer's own core, to files that Slicer opens and pictures."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from MuscleSegLib.commands.extras import extra_packages
from MuscleSegLib.commands.output import output_for

HELP = "segment the sample volume through Slicer's core, and leave files for Slicer and pictures"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("-o", "--output", type=Path, default=Path("demo-output"), metavar="DIR", help="(%(default)s)")


def run(arguments: Namespace) -> None:
    """Run the demonstration; it says where to look.

    Raises:
        MuscleSegError: Slicer's core is not installed.
    """
    with extra_packages("slicer,train"):
        from MuscleSegLib.slicer.demo import run_demo
    with output_for(arguments) as out:
        run_demo(arguments.output, out.progress, report=out.text)
