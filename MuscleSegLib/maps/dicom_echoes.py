"""The echoes of a multi-echo series in DICOM: one file a slice, or one file of many frames (Enhanced MR)."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.dicom_series import choose_series, header_value, read_header, read_stack, series_in
from MuscleSegLib.segmentation.image_reading import read_stored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from pydicom import Dataset

_ECHO_TIME, _POSITION, _ORIENTATION = "0018|0081", "0020|0032", "0020|0037"
#: How far slices of a multi-frame file may lie from even places, as a part of their distance.
_UNEVENNESS = 0.02


def read_dicom_echoes(folder: Path, series_number: int | None = None) -> dict[float, sitk.Image]:
    """Read the echoes of the DICOM files in a folder.

    Args:
        folder: Holds the files of one series, or of several with one echo each; or one file of many frames.
        series_number: Which series, where the folder holds several.

    Returns:
        A volume by echo time in ms.

    Raises:
        InputError: There is no such series, several could be meant, or the slices of an echo are not an even stack.
    """
    found = series_in(folder)
    if series_number is None and len(found) > 1:
        by_series = [_by_echo_time(series.files) for series in found]
        times = [time for files in by_series for time in files]
        if all(len(files) == 1 for files in by_series) and len(set(times)) == len(found):
            return _stacks(folder, {time: files for echo in by_series for time, files in echo.items()})
    files = choose_series(folder, found, series_number).files
    if len(files) == 1:
        return read_multi_frame_echoes(Path(files[0]))
    return _stacks(folder, _by_echo_time(files))


def _by_echo_time(files: Sequence[str]) -> dict[float, list[str]]:
    """Files by their echo time in ms, those of an echo in the order in which their slices lie."""
    echoes: dict[float, list[tuple[float, str]]] = defaultdict(list)
    for file in files:
        header = read_header(file)
        try:
            time = float(header_value(header, _ECHO_TIME))
            position, orientation = (
                np.array([float(number) for number in header_value(header, tag).split("\\")])
                for tag in (_POSITION, _ORIENTATION)
            )
            height = float(position @ np.cross(orientation[:3], orientation[3:]))
        except ValueError as error:
            raise InputError(
                "A DICOM file does not say its echo time or where it lies. Export the series again, as images of the "
                "scanner."
            ) from error
        echoes[time].append((height, file))
    return {time: [file for _, file in sorted(slices)] for time, slices in echoes.items()}


def _stacks(folder: Path, files: Mapping[float, Sequence[str]]) -> dict[float, sitk.Image]:
    counts = {len(echo) for echo in files.values()}
    if len(counts) > 1:
        raise InputError(
            f"The echoes in {folder} have between {min(counts)} and {max(counts)} slices. Files of some are missing, "
            "or there are files of another series: export it again, into a folder of its own."
        )
    return {time: read_stack(folder, echo) for time, echo in files.items()}


def read_multi_frame_echoes(path: Path) -> dict[float, sitk.Image]:
    """Read the echoes in a DICOM file of many frames; of its frames only magnitudes.

    Returns:
        A volume by echo time in ms.

    Raises:
        InputError: The file does not say the echo times or places of its frames, or they are not even stacks.
    """
    header = pydicom.dcmread(path, stop_before_pixels=True)
    frames: dict[float, list[tuple[NDArray[np.float64], int]]] = defaultdict(list)
    try:
        shared = header.SharedFunctionalGroupsSequence[0]
        for index, own in enumerate(header.PerFrameFunctionalGroupsSequence):
            if _group(own, shared, "MRImageFrameTypeSequence").get("ComplexImageComponent", "MAGNITUDE") != "MAGNITUDE":
                continue
            time = float(_group(own, shared, "MREchoSequence").EffectiveEchoTime)
            position = _group(own, shared, "PlanePositionSequence").ImagePositionPatient
            frames[time].append((np.array(position, float), index))
        orientation = np.array(_group(own, shared, "PlaneOrientationSequence").ImageOrientationPatient, float)
        measures = _group(own, shared, "PixelMeasuresSequence")
        row_spacing, column_spacing = (float(spacing) for spacing in measures.PixelSpacing)
        thickness = float(measures.get("SliceThickness", 1))
    except (AttributeError, IndexError, KeyError) as error:
        raise InputError(
            f"{path.name} does not say the echo times and places of its frames. Export the series again, as images of "
            "the scanner."
        ) from error
    rows, columns = orientation[:3], orientation[3:]
    normal = np.cross(rows, columns)
    pixels = sitk.GetArrayFromImage(read_stored(path))
    echoes = {}
    for time, of_echo in frames.items():
        of_echo.sort(key=lambda frame: float(frame[0] @ normal))
        heights = np.array([position @ normal for position, _ in of_echo])
        distances = np.diff(heights)
        if len(distances) and np.abs(distances - distances.mean()).max() > _UNEVENNESS * max(distances.mean(), 1e-3):
            raise InputError(
                f"The slices of the echo of {time:g} ms in {path.name} are not evenly stacked: some are missing, or "
                "the file holds several images of each. Export the series again."
            )
        image = sitk.GetImageFromArray(pixels[[index for _, index in of_echo]])
        image.SetSpacing((column_spacing, row_spacing, float(distances.mean()) if len(distances) else thickness))
        image.SetDirection(np.stack([rows, columns, normal], 1).ravel().tolist())
        image.SetOrigin(of_echo[0][0].tolist())
        echoes[time] = image
    return echoes


def _group(own: Dataset, shared: Dataset, name: str) -> Dataset:
    """A functional group of a frame: its own, or else that of all frames; empty when neither has it."""
    sequence = own.get(name) or shared.get(name)
    return sequence[0] if sequence else pydicom.Dataset()
