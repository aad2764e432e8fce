"""``muscleseg report``: measures as a page, as printed sheets, and as DICOM."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from MuscleSegLib.atomic import written_together
from MuscleSegLib.commands.earlier_visits import add_retest, check_earlier_visits
from MuscleSegLib.commands.extras import extra_packages
from MuscleSegLib.commands.output import output_for
from MuscleSegLib.commands.paths import check_free
from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    from MuscleSegLib.biomarkers import Measurements
    from MuscleSegLib.report.dicom_source import DicomSource

HELP = "write what was measured as a report: HTML, PDF, DICOM"
_SUFFIXES = (".html", ".pdf")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("measures", type=Path, help="the .json file that muscleseg measure wrote")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        nargs="+",
        default=[],
        metavar="OUT",
        help=".html, or .pdf (two pages of A4); one or both",
    )
    parser.add_argument("--segmentation", metavar="SEG", help="what was measured: for the body map, and for --dicom")
    parser.add_argument("--image", metavar="IMAGE", help="what was segmented: for pictures, and for --dicom")
    parser.add_argument(
        "--since",
        type=Path,
        action="append",
        default=[],
        metavar="MEASURES",
        help="those of an earlier visit, once for each: what changed since the last, and the course over all",
    )
    add_retest(parser)
    parser.add_argument(
        "--dicom",
        type=Path,
        metavar="FOLDER",
        help="write a DICOM Segmentation and a structured report here, with the patient of the DICOM series IMAGE",
    )
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--patient", default="", metavar="TEXT", help="call the patient so, not by the pseudonym")
    who.add_argument("--with-name", action="store_true", help="call the patient by the name in the DICOM series IMAGE")
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")


def run(arguments: Namespace) -> None:
    """Write the report, and say what to look at.

    Raises:
        MuscleSegError: Something cannot be used, or packages are not installed; nothing was written.
    """
    with extra_packages("measure"), output_for(arguments) as out:
        from MuscleSegLib.biomarkers.follow_up import follow_ups
        from MuscleSegLib.biomarkers.measurement_files import read_measurements
        from MuscleSegLib.biomarkers.retest import read_retest
        from MuscleSegLib.report.assembly import make_report
        from MuscleSegLib.report.dicom_files import dicom_paths, write_dicom
        from MuscleSegLib.report.dicom_source import read_dicom_source
        from MuscleSegLib.report.html import write_html
        from MuscleSegLib.report.measured_labels import check_measured
        from MuscleSegLib.report.pdf import write_pdf
        from MuscleSegLib.segmentation.image_reading import read_image
        from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume

        written = [*arguments.output, *(dicom_paths(arguments.dicom) if arguments.dicom else ())]
        _check(arguments, written)
        measurements = read_measurements(arguments.measures)
        retest = read_retest(arguments.retest) if arguments.retest else None
        changes = follow_ups([read_measurements(path) for path in arguments.since], measurements, retest)
        labels = read_labelled_volume(arguments.segmentation) if arguments.segmentation else None
        if labels:
            check_measured(labels, measurements)
        source = read_dicom_source(arguments.image) if arguments.dicom or arguments.with_name else None
        if source:
            _check_date(measurements, source)
        image = source.image if source else read_image(arguments.image) if arguments.image else None
        patient = _name(source) if source and arguments.with_name else arguments.patient
        if arguments.output:
            report = make_report(
                measurements,
                labels=labels,
                image=image,
                follow_ups=changes,
                patient=patient,
                made_on=date.today(),
                progress=out.progress,
            )
        with written_together():
            if arguments.dicom and labels and source:
                out.progress(1.0, "Writing DICOM")
                write_dicom(measurements, labels, source, arguments.dicom)
            for path in arguments.output:
                (write_html if path.suffix.lower() == ".html" else write_pdf)(report, path)
        for warning in dict.fromkeys([*measurements.warnings, *(text for one in changes for text in one.warnings)]):
            out.warning(warning)
        for path in written:
            out.file(path)


def _check(arguments: Namespace, written: list[Path]) -> None:
    """Find out before the work whether its results can be written."""
    if not written:
        raise InputError("There is nothing to write. Name a report with -o, or a folder with --dicom.")
    for path in arguments.output:
        if path.suffix.lower() not in _SUFFIXES:
            raise InputError(f"A report is written as .html or .pdf; let its name end so, which {path.name} does not.")
    new_folders = [arguments.dicom] if arguments.dicom and not arguments.dicom.exists() else []
    measured = [arguments.measures, *arguments.since]
    check_free(
        [*new_folders, *(path for path in written if path.parent not in new_folders)],
        overwrite=arguments.overwrite,
        inputs=[*measured, arguments.segmentation, arguments.image, arguments.retest],
    )
    if arguments.dicom and not (arguments.image and arguments.segmentation):
        raise InputError(
            "For DICOM results, give the DICOM series with --image, and its segmentation with --segmentation."
        )
    check_earlier_visits(arguments, measured)
    if arguments.with_name and not arguments.image:
        raise InputError("The name is taken from a DICOM series: give that with --image, or the name with --patient.")
    if arguments.with_name and not arguments.segmentation:
        raise InputError(
            "The name of another patient would not be noticed: give the segmentation of --image too, or the name with "
            "--patient."
        )
    if arguments.image and not arguments.segmentation:
        raise InputError("Pictures show the outlines of the muscles: give the segmentation of --image as well.")


def _check_date(measurements: Measurements, source: DicomSource) -> None:
    """Make sure that a series, whose patient the results would carry, is not of another day than what was measured."""
    measured, scanned = measurements.about.get("scan_date"), source.scan_date
    if measured and scanned and measured != scanned:
        raise InputError(
            f"The measures are of {measured}, but the DICOM series was scanned on {scanned}: it may be another "
            "patient's. Give the series that was segmented, or measure again with its date."
        )


def _name(source: DicomSource) -> str:
    if not source.patient_name:
        raise InputError("The DICOM series has no patient's name in it. Give the name with --patient, or leave it out.")
    return source.patient_name
