"""The DICOM series that was segmented: what results of DICOM's own kinds refer to and take their patient from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pydicom
import SimpleITK as sitk
from pydicom.errors import InvalidDicomError

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.dicom_series import scan_date
from MuscleSegLib.segmentation.image_reading import dicom_files, read_image

#: Without these in its slices, neither a segmentation nor a report can be filed with a series.
_NEEDED = ("StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID", "SOPInstanceUID", "FrameOfReferenceUID")
#: What an image must have, if empty (type 2 of PS3.3), and what some programs take away nevertheless.
_MAY_BE_EMPTY = (
    "PatientName PatientID PatientBirthDate PatientSex StudyDate StudyTime StudyID AccessionNumber "
    "ReferringPhysicianName"
).split()


@dataclass(frozen=True)
class DicomSource:
    """A series of DICOM slices.

    Attributes:
        image: The volume as SimpleITK reads it (LPS, mm).
        slices: A dataset a file, in the order of the volume's slices, without the pixels.
        folder: Where the files are.
    """

    image: sitk.Image
    slices: tuple[pydicom.Dataset, ...]
    folder: Path

    @property
    def series_uid(self) -> str:
        """The series' identifier."""
        return str(self.slices[0].SeriesInstanceUID)

    @property
    def patient_name(self) -> str:
        """The patient's name as a person writes it; empty where the series has none."""
        name = self.slices[0].get("PatientName")
        return " ".join(filter(None, (name.given_name, name.family_name))) if name else ""

    @property
    def scan_date(self) -> str:
        """When it was acquired (ISO), as measuring takes it from a series; empty where it does not say."""
        return scan_date(str(self.slices[0].filename))


def read_dicom_source(path: str | Path) -> DicomSource:
    """Read the series that an image came from.

    Args:
        path: As of :func:`MuscleSegLib.segmentation.image_reading.read_image`.

    Raises:
        InputError: It is no DICOM series, cannot be read, or lacks what another DICOM object refers to it by.
    """
    files = dicom_files(path)
    if not files:
        raise InputError(
            f"{path} is no DICOM series, and results in DICOM refer to one. Give the folder of the series that was "
            "segmented, or leave the DICOM results out."
        )
    try:
        slices = tuple(pydicom.dcmread(file, stop_before_pixels=True) for file in files)
    except (InvalidDicomError, OSError) as error:
        raise InputError(f"The DICOM series {path} could not be read. Export it again.") from error
    lacking = [name for name in _NEEDED if not all(dataset.get(name) for dataset in slices)]
    if lacking:
        raise InputError(
            f"Slices of the DICOM series {path} lack {', '.join(lacking)}, by which DICOM results refer to them. "
            "Export the series again, or leave the DICOM results out."
        )
    for dataset in slices:
        for name in _MAY_BE_EMPTY:
            if name not in dataset:
                setattr(dataset, name, "")
    return DicomSource(read_image(path), slices, files[0].parent)
