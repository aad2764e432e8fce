"""``muscleseg collect``: the measures of many visits in one table."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from MuscleSegLib.commands.extras import extra_packages
from MuscleSegLib.commands.output import output_for
from MuscleSegLib.commands.output_file import add_output
from MuscleSegLib.commands.paths import check_free, check_given_once

HELP = "put the measures of many visits into one table, for statistics over patients"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("measures", nargs="+", metavar="MEASURES", help="what muscleseg measure wrote (.json or .csv)")
    add_output(
        parser, ".csv: a row for each visit, muscle and side; the profiles are written beside it (OUT_profile.csv)"
    )


def run(arguments: Namespace) -> None:
    """Read, put together, and write.

    Raises:
        MuscleSegError: Something cannot be used, or packages are not installed; nothing was written.
    """
    with extra_packages("measure"), output_for(arguments) as out:
        from MuscleSegLib.biomarkers.measurement_files import measurement_files, measurement_paths, read_measurements
        from MuscleSegLib.biomarkers.study import collect
        from MuscleSegLib.errors import InputError

        if arguments.output.suffix != ".csv":
            raise InputError(f"A table cannot be written as {arguments.output.name}. Let the name end in .csv.")
        read = [file for path in arguments.measures for file in measurement_files(Path(path))]
        check_free(measurement_paths(arguments.output), overwrite=arguments.overwrite, inputs=read)
        check_given_once(arguments.measures, "visit")
        study = collect({path: read_measurements(path) for path in arguments.measures})
        files = study.write_csv(arguments.output)
        for warning in study.warnings:
            out.warning(warning)
        for file in files:
            out.file(file)
