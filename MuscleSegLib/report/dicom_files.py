"""The DICOM results as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from MuscleSegLib.atomic import written_atomically, written_together
from MuscleSegLib.errors import InputError
from MuscleSegLib.report.dicom_segmentation import dicom_segmentation
from MuscleSegLib.report.dicom_source import DicomSource
from MuscleSegLib.report.structured_report import structured_report

if TYPE_CHECKING:
    from MuscleSegLib.biomarkers.measurements import Measurements
    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume

#: The one character set in which names of any alphabet can be written, whatever that of the series is.
_UTF_8 = "ISO_IR 192"


def dicom_paths(folder: Path) -> tuple[Path, Path]:
    """Where the segmentation and the measures are written in a folder; neither name says whose they are."""
    return folder / "segmentation.dcm", folder / "measures.dcm"


def write_dicom(measurements: Measurements, labels: LabelledVolume, source: DicomSource, folder: Path) -> None:
    """Write a DICOM Segmentation and a structured report that refers to it; both or neither.

    Args:
        measurements: Of ``labels``.
        labels: On the grid of the series.
        source: The series that was segmented. What is written carries its patient.
        folder: Where :func:`dicom_paths` says; it is made if it is not there.

    Raises:
        InputError: The label map does not lie on the series' grid, or is empty; or the folder is that of the series.
    """
    if folder.resolve() == source.folder.resolve():
        raise InputError(
            f"{folder} is the folder of the series that was segmented: DICOM results in it would be taken for slices. "
            "Choose another folder."
        )
    segmentation = dicom_segmentation(labels, source)
    report = structured_report(measurements, segmentation, source)
    folder.mkdir(exist_ok=True)
    with written_together():
        for dataset, path in zip((segmentation, report), dicom_paths(folder), strict=True):
            dataset.SpecificCharacterSet = _UTF_8
            with written_atomically(path) as unfinished:
                dataset.save_as(unfinished)
