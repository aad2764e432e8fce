"""A multi-echo series from files: one of all echoes, one for each, or DICOM."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import SimpleITK as sitk

from MuscleSegLib.errors import EchoTimesMissing, InputError
from MuscleSegLib.itk_paths import itk_path
from MuscleSegLib.maps.acquisition import IMAGE_SUFFIXES, stated_echo_times_ms
from MuscleSegLib.maps.echoes import MultiEchoSeries
from MuscleSegLib.segmentation.image_reading import read_stored, split_choice

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What Slicer's MultiVolumeImporter writes into NRRD files.
_FRAME_TAG, _FRAME_LABELS = "MultiVolume.FrameIdentifyingDICOMTagName", "MultiVolume.FrameLabels"


def read_echoes(paths: Sequence[str | Path], echo_times_ms: Sequence[float] | None = None) -> MultiEchoSeries:
    """Read a multi-echo series.

    Args:
        paths: One file that holds all echoes (four-dimensional, or several values a voxel), one folder (of DICOM files,
            or of one image file an echo, in the order of their names, numbers by their value), or one file an echo.
            ``FOLDER#2`` is the DICOM series number 2.
        echo_times_ms: In the order of the echoes as they are stored or given, for DICOM by ascending time in the
            header. None to take them from DICOM headers, from JSON files of the same name (``EchoTime``, seconds, as
            dcm2niix writes them), or from what Slicer wrote into the file.

    Raises:
        EchoTimesMissing: Nothing says the echo times.
        InputError: The files cannot be read, or are no multi-echo series; see :meth:`MultiEchoSeries.of`.
    """
    files = echo_files(paths)
    if len(files) == 1 and (files[0].is_dir() or _is_dicom(files[0])):
        return _dicom_series(files[0], split_choice(str(paths[0]))[1], echo_times_ms)
    stored = [read_stored(file) for file in files]
    images = [echo for image in stored for echo in _split(image)]
    times = echo_times_ms or _times_in(files, stored)
    if not times:
        raise EchoTimesMissing(
            f"The echo times of {_named(files)} are not known: neither the files nor JSON files beside them say them. "
            f"Give one in ms for each of the {len(images)} echoes, in their order.",
            len(images),
        )
    return MultiEchoSeries.of(images, times, {"echoes": _named(files)})


def echo_files(paths: Sequence[str | Path]) -> list[Path]:
    """The image files that :func:`read_echoes` reads for these paths; or the one folder of DICOM files.

    Raises:
        InputError: One volume of a file is chosen, or a series in a folder of image files: all of it would be read.
    """
    chosen = [split_choice(str(path)) for path in paths]
    located = [location for location, _ in chosen]
    is_folder = len(located) == 1 and located[0].is_dir()
    files = _image_files(located[0]) if is_folder else located
    if not files:
        return located
    for location, choice in chosen:
        if choice is not None:
            raise InputError(
                f"All echoes of {location.name} are read, and none can be chosen by #{choice}. Leave that out, or give "
                "the echoes that are to be fitted as files of their own."
            )
    return files


def _image_files(folder: Path) -> list[Path]:
    """The images in a folder by name, with numbers in their order: e2 before e10."""
    files = [file for file in folder.iterdir() if file.name.endswith(IMAGE_SUFFIXES) and not file.name.startswith(".")]
    return sorted(
        files,
        key=lambda file: [
            (not part.isdigit(), int(part) if part.isdigit() else part)
            for part in re.split(r"(\d+)", file.name)
            if part
        ],
    )


def _is_dicom(file: Path) -> bool:
    reader = sitk.ImageFileReader()
    return bool(file.is_file() and reader.GetImageIOFromFileName(itk_path(file)) == "GDCMImageIO")


def _dicom_series(location: Path, series_number: int | None, echo_times_ms: Sequence[float] | None) -> MultiEchoSeries:
    from MuscleSegLib.maps.dicom_echoes import read_dicom_echoes, read_multi_frame_echoes

    echoes = read_dicom_echoes(location, series_number) if location.is_dir() else read_multi_frame_echoes(location)
    times = sorted(echoes)
    if len(times) < 2:
        raise InputError(f"{location.name} holds a single echo ({times[0]:g} ms). Give a series with several echoes.")
    return MultiEchoSeries.of(
        [echoes[time] for time in times], echo_times_ms or times, {"echoes": f"DICOM series in {location.name}"}
    )


def _split(image: sitk.Image) -> list[sitk.Image]:
    """The volumes of an image of four dimensions or several values a voxel."""
    if image.GetDimension() == 4:
        return [image[:, :, :, index] for index in range(image.GetSize()[3])]
    components = image.GetNumberOfComponentsPerPixel()
    if components == 1:
        return [image]
    return [sitk.VectorIndexSelectionCast(image, index) for index in range(components)]


def _times_in(files: Sequence[Path], images: Sequence[sitk.Image]) -> list[float]:
    """Echo times in ms that the files, or JSON files beside them, say; none when one says nothing."""
    times: list[float] = []
    for file, image in zip(files, images, strict=True):
        echoes = len(_split(image))
        own = _times_of_slicer(image) or stated_echo_times_ms(file)
        if len(own) != echoes:
            return []
        times += own
    return times


def _times_of_slicer(image: sitk.Image) -> list[float]:
    if not image.HasMetaDataKey(_FRAME_LABELS) or not image.HasMetaDataKey(_FRAME_TAG):
        return []
    if image.GetMetaData(_FRAME_TAG) != "EchoTime":
        return []
    try:
        return [float(label) for label in image.GetMetaData(_FRAME_LABELS).split(",")]
    except ValueError:
        return []


def _named(files: Sequence[Path]) -> str:
    return files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} others"
