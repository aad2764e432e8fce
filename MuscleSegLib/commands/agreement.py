"""``muscleseg agreement``: what test–retest scans tell of the error of each measure."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from MuscleSegLib.commands.extras import extra_packages
from MuscleSegLib.commands.output import output_for
from MuscleSegLib.commands.output_file import add_output
from MuscleSegLib.commands.paths import check_free, check_given_once

HELP = "compare measures of test and retest: bias, limits of agreement, ICC, coefficient of variation"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--test", nargs="+", required=True, metavar="FILE", help="measures of a visit of each patient (.json or .csv)"
    )
    parser.add_argument(
        "--retest", nargs="+", required=True, metavar="FILE", help="of a second visit of each, in the same order"
    )
    add_output(parser, ".json, which muscleseg measure takes as --retest, or .csv")


def run(arguments: Namespace) -> None:
    """Compare, write, and show the agreement of all muscles together.

    Raises:
        MuscleSegError: Something cannot be used, or packages are not installed; nothing was written.
    """
    with extra_packages("measure"), output_for(arguments) as out:
        from MuscleSegLib.biomarkers.measurement_files import measurement_files, read_measurements
        from MuscleSegLib.biomarkers.retest import compare_retest, summary, write_retest

        measured = [file for path in (*arguments.test, *arguments.retest) for file in measurement_files(Path(path))]
        check_free([arguments.output], overwrite=arguments.overwrite, inputs=measured)
        check_given_once((*arguments.test, *arguments.retest), "visit")
        test, retest = ([read_measurements(path) for path in paths] for paths in (arguments.test, arguments.retest))
        found = compare_retest(test, retest)
        write_retest(found, arguments.output)
        for warning in found.warnings:
            out.warning(warning)
        out.text(summary(found))
        out.file(arguments.output)
