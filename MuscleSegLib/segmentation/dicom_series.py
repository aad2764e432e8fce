"""A volume from a folder of DICOM slices."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from MuscleSegLib.errors import InputError
from MuscleSegLib.itk_paths import itk_path
from MuscleSegLib.segmentation.file_names import check_file_name
from MuscleSegLib.segmentation.itk_warnings import without_itk_warnings

_SERIES_NUMBER = "0020|0011"
_SERIES_DESCRIPTION = "0008|103e"
_POSITION = "0020|0032"
_ORIENTATION = "0020|0037"
#: Dates of acquisition, series and study: the first that a file has is when its image was made.
_DATES = ("0008|0022", "0008|0021", "0008|0020")
#: As what a file is stored, which its head says: as an MR image, of one frame or several.
_MR_IMAGE = re.compile(rb"1\.2\.840\.10008\.5\.1\.4\.1\.1\.4(\.[134])?[^.\d]")
_HEAD_BYTES = 1024

#: How far a slice may lie from its place in an even stack, as a part of the distance between slices.
_UNEVENNESS = 0.02


@dataclass(frozen=True)
class Series:
    """One series of a folder; its files in the order of their slices."""

    files: Sequence[str]
    number: str
    description: str


def read_dicom_series(folder: Path, series_number: int | None = None) -> sitk.Image:
    """Read the DICOM series in a folder as a volume.

    Args:
        folder: Holds the files of the slices; folders in it are not searched.
        series_number: Which series, where the folder holds several.

    Returns:
        The volume, in LPS coordinates in mm.

    Raises:
        InputError: The folder holds no DICOM image, several series of which none was chosen, or slices that are not an
            even stack. Texts name series by number and description only, never a patient.
    """
    return _read_slices(folder, [str(file) for file in dicom_series_files(folder, series_number)])


def read_stack(folder: Path, files: Sequence[str]) -> sitk.Image:
    """Read slices of a folder, in the order in which they lie, as a volume.

    Raises:
        InputError: They are not an even stack, or cannot be read.
    """
    _refuse_uneven_stack(folder, files)
    return _read_slices(folder, files)


def dicom_series_files(folder: Path, series_number: int | None = None) -> list[Path]:
    """The files of the DICOM series that :func:`read_dicom_series` reads, in the order of their slices.

    Raises:
        InputError: As of :func:`read_dicom_series`.
    """
    series = choose_series(folder, series_in(folder), series_number)
    _refuse_uneven_stack(folder, series.files)
    return [Path(file) for file in series.files]


def series_in(folder: Path) -> list[Series]:
    """The DICOM series whose files are directly in a folder, by their numbers.

    Raises:
        InputError: A file begins as an MR image, and is of none of them: it would be missing without a word.
    """
    found = _readable_series(folder)
    readable = {Path(file) for series in found for file in series.files}
    for file in sorted(set(folder.iterdir()) - readable):
        if file.is_file() and _begins_as_image(file):
            raise InputError(
                f"{file} begins as a DICOM image, but is incomplete or damaged. Export the series again, or take the "
                "file out of the folder if it is not one of its slices."
            )
    return found


def _begins_as_image(file: Path) -> bool:
    with file.open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    return head[128:132] == b"DICM" and _MR_IMAGE.search(head) is not None


def _readable_series(folder: Path) -> list[Series]:
    for file in folder.iterdir():
        check_file_name(file)
    found = []
    with without_itk_warnings():
        uids = sitk.ImageSeriesReader.GetGDCMSeriesIDs(itk_path(folder))
    for uid in uids:
        files = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(itk_path(folder), uid)
        header = read_header(files[0])
        found.append(Series(files, header_value(header, _SERIES_NUMBER), header_value(header, _SERIES_DESCRIPTION)))
    return sorted(found, key=lambda series: (len(series.number), series.number))


def path_of_series(files: Iterable[Path]) -> str:
    """The path by which :func:`MuscleSegLib.segmentation.image_reading.read_image` reads the series of some files.

    Returns:
        Their folder, as ``FOLDER#2`` where it holds several series; empty where they are not there, or not of one
        series in one folder.
    """
    wanted = set(files)
    folders = {file.parent for file in wanted}
    if len(folders) != 1 or not all(file.is_file() for file in wanted):
        return ""
    folder = folders.pop()
    found = _readable_series(folder)
    own = next((series for series in found if wanted <= set(map(Path, series.files))), None)
    return "" if own is None else path_to(own, folder, found)


def path_to(series: Series, folder: Path, found: Sequence[Series]) -> str:
    """The path by which one of the series that were found in a folder is read: ``FOLDER#2`` where there are several."""
    return f"{folder}#{series.number}" if len(found) > 1 and series.number else str(folder)


def choose_series(folder: Path, found: list[Series], series_number: int | None) -> Series:
    """The series of this number, or the only one.

    Raises:
        InputError: There is none, or there are several.
    """
    if not found:
        raise InputError(f"The folder {folder} holds no DICOM images. Give the folder that the slices are directly in.")
    chosen = [series for series in found if series_number is None or series.number == str(series_number)]
    if len(chosen) == 1:
        return chosen[0]
    listing = "; ".join(
        f"{series.number or 'no number'} “{series.description}” ({len(series.files)} slices)"
        for series in chosen or found
    )
    if not chosen:
        raise InputError(f"The folder {folder} holds no series number {series_number}. It holds: {listing}.")
    numbers = {series.number for series in chosen}
    advice = (
        f"Choose one by its number, as in {folder}#{min(numbers)}"
        if len(numbers) == len(chosen) and "" not in numbers
        else "Put the one you want into a folder of its own"
    )
    raise InputError(f"The folder {folder} holds {len(chosen)} DICOM series: {listing}. {advice}.")


def _read_slices(folder: Path, files: Sequence[str]) -> sitk.Image:
    try:
        with without_itk_warnings():
            return sitk.ReadImage(itk_path(files[0]) if len(files) == 1 else [itk_path(file) for file in files])
    except RuntimeError as error:
        raise InputError(
            f"The DICOM series in {folder} could not be read. A file may be damaged or missing, or the slices may "
            "differ in size: export the series again."
        ) from error


def _refuse_uneven_stack(folder: Path, files: Sequence[str]) -> None:
    """Refuse slices that a single spacing and orientation cannot describe."""
    if len(files) == 1:
        return
    headers = [read_header(file) for file in files]
    try:
        positions = np.array([_numbers(header, _POSITION) for header in headers])
        orientations = np.array([_numbers(header, _ORIENTATION) for header in headers])
        rows, columns = orientations[:, :3], orientations[:, 3:]
    except (ValueError, IndexError) as error:
        raise InputError(
            f"Slices of the DICOM series in {folder} do not say where they lie. Export the series again, as images of "
            "the scanner."
        ) from error
    if np.ptp(orientations, axis=0).max() > 1e-3:
        raise InputError(
            f"The DICOM series in {folder} has slices of several orientations, as a localiser has. Choose another."
        )
    normal = np.cross(rows[0], columns[0])
    steps = np.diff(positions, axis=0)
    distances = steps @ normal
    if distances.min() < 1e-3:
        raise InputError(
            f"The DICOM series in {folder} has several images at the same place (echoes, phases or time points). "
            "Put the slices of one of them into a folder of its own."
        )
    spacing = float(np.median(distances))
    astray = np.linalg.norm(steps - spacing * normal, axis=1) > _UNEVENNESS * spacing
    if astray.any():
        first = int(np.argmax(astray))
        raise InputError(
            f"The slices of the DICOM series in {folder} are not evenly stacked: most are {spacing:.2f} mm apart, but "
            f"slices {first} and {first + 1}, counted from 0, are not ({distances[first]:.2f} mm along the stack). "
            "A slice may be missing: export the series again."
        )


def read_header(file: str) -> sitk.ImageFileReader:
    """A reader that knows the header of a DICOM file."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(itk_path(file))
    reader.ReadImageInformation()
    return reader


def scan_date(file: str | Path) -> str:
    """When the image in a DICOM file was acquired (ISO); empty where the file does not say."""
    header = read_header(str(file))
    for tag in _DATES:
        try:
            return datetime.strptime(header_value(header, tag), "%Y%m%d").date().isoformat()
        except ValueError:
            continue
    return ""


def header_value(header: sitk.ImageFileReader, tag: str) -> str:
    """The value of a tag, as in ``"0018|0081"``; empty when there is none."""
    return header.GetMetaData(tag).strip() if header.HasMetaDataKey(tag) else ""


def _numbers(header: sitk.ImageFileReader, tag: str) -> NDArray[np.float64]:
    return np.array([float(number) for number in header_value(header, tag).split("\\")])
