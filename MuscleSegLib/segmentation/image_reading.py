"""An image from a file or from a folder of DICOM slices."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from MuscleSegLib.errors import InputError
from MuscleSegLib.itk_paths import itk_path
from MuscleSegLib.segmentation.dicom_series import dicom_series_files, read_dicom_series
from MuscleSegLib.segmentation.itk_warnings import without_itk_warnings
from MuscleSegLib.segmentation.label_table import read_label_table
from MuscleSegLib.segmentation.nifti_files import voxels_without_number
from MuscleSegLib.segmentation.orientation import check_right_angles
from MuscleSegLib.segmentation.segmentation_writing import table_path
from MuscleSegLib.segmentation.slicer_nrrd import holds_segments
from MuscleSegLib.segmentation.stated_orientation import check_orientation_stated

#: How ITK says that an image is too large for this machine.
_OUT_OF_MEMORY = "Failed to allocate memory"


def read_image(path: str | Path) -> sitk.Image:
    """Read a volume of any format that SimpleITK knows, or a DICOM series.

    Args:
        path: A file, or a folder that holds the slices of a DICOM series. ``FILE#2`` is the frame 2, counted from 0, of
            a file that holds several; ``FOLDER#2`` is the series number 2 of a folder that holds several.

    Returns:
        The image as stored. Of a file with several frames, the chosen or the only one.

    Raises:
        InputError: Nothing is there, it cannot be read, it is a segmentation, or it holds several images and none was
            chosen. Whether the image can be segmented is for :func:`MuscleSegLib.segmentation.checks.check_image` to
            say.
    """
    location, choice = split_choice(str(path))
    if location.is_dir():
        return read_dicom_series(location, choice)
    stored = read_stored(location)
    if holds_segments(stored.GetMetaDataKeys()) or _is_label_map(stored, location):
        raise InputError(f"{location} is a segmentation. Give the image that it was made on.")
    return _frame(stored, location, choice)


def read_stored(location: Path) -> sitk.Image:
    """Read a file as it is stored, with all of its frames.

    Raises:
        InputError: It is not there, no image, incomplete, does not say what is right and left, or its axes are not at
            right angles.
        MemoryError: It is too large for this machine.
    """
    if not location.exists():
        raise InputError(f"There is no file or folder {location}. Check the path.")
    try:
        missing = voxels_without_number(location)
        with without_itk_warnings():
            image = _with_nan(sitk.ReadImage(itk_path(location)), missing)
    except OSError as error:
        raise InputError(f"{location} could not be opened ({error.strerror}). May you read it?") from error
    except RuntimeError as error:
        if _OUT_OF_MEMORY in str(error):
            raise MemoryError from error
        if _has_header(location):
            raise InputError(
                f"{location} is incomplete or damaged: its header can be read, but not all of its voxels. Copy or "
                "export it again, together with the file of its voxels (.raw, .img) where it has one."
            ) from error
        raise InputError(
            f"{location} could not be read as an image ({_reason(error)}). Give an image in a medical format, such as "
            "NIfTI, NRRD or MetaImage, or a folder of DICOM slices."
        ) from error
    check_orientation_stated(location, image)
    check_right_angles(image, str(location))
    return image


def dicom_files(path: str | Path) -> list[Path]:
    """The DICOM files that :func:`read_image` reads for this path, in the order of their slices.

    Returns:
        None at all where the image is stored in another format.

    Raises:
        InputError: The folder holds no series that can be read; see :func:`read_image`.
    """
    location, choice = split_choice(str(path))
    if location.is_dir():
        return dicom_series_files(location, choice)
    reader = sitk.ImageFileReader()
    return [location] if reader.GetImageIOFromFileName(itk_path(location)) == "GDCMImageIO" else []


def split_choice(path: str) -> tuple[Path, int | None]:
    """``name#2`` as its path and 2; a path that exists as it is has no choice in it."""
    location, _, number = path.rpartition("#")
    if location and number.isdecimal() and not Path(path).exists():
        return Path(location), int(number)
    return Path(path), None


def _is_label_map(image: sitk.Image, location: Path) -> bool:
    """Whether a table of labels lies beside a file and names all of its numbers: it may belong to another file."""
    try:
        labels = read_label_table(table_path(location))
    except (OSError, ValueError):
        return False
    return bool(np.isin(sitk.GetArrayViewFromImage(image), [0, *(label.value for label in labels)]).all())


def _frame(image: sitk.Image, location: Path, choice: int | None) -> sitk.Image:
    frames = image.GetSize()[3] if image.GetDimension() == 4 else 1
    if image.GetDimension() > 4:
        raise InputError(
            f"{location} has {image.GetDimension()} dimensions. Export one three-dimensional volume of it."
        )
    if choice is None and frames > 1:
        raise InputError(
            f"{location} holds {frames} volumes, over time, echoes or contrasts. Choose one, counted from 0: "
            f"{location}#0 to {location}#{frames - 1}."
        )
    if choice is not None and choice >= frames:
        raise InputError(f"{location} has no volume number {choice}: it holds {frames}, counted from 0.")
    return image[:, :, :, choice or 0] if image.GetDimension() == 4 else image


def _with_nan(image: sitk.Image, missing: NDArray[np.bool_] | None) -> sitk.Image:
    """``image``, with the voxels without a number that ITK read as 0."""
    if missing is None or missing.size != image.GetNumberOfPixels():  # several numbers a voxel are stored apart
        return image
    values = sitk.GetArrayFromImage(image)
    values[missing.reshape(values.shape)] = np.nan
    complete = sitk.GetImageFromArray(values, isVector=False)
    complete.CopyInformation(image)
    return complete


def _has_header(location: Path) -> bool:
    """Whether a file begins as an image of a format that ITK knows."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(itk_path(location))
    try:
        with without_itk_warnings():
            reader.ReadImageInformation()
    except RuntimeError:
        return False
    return True


def _reason(error: RuntimeError) -> str:
    """The last line of what ITK says, without where in ITK it says so."""
    return str(error).strip().splitlines()[-1].removeprefix("sitk::ERROR: ").removeprefix("ITK ERROR: ").rstrip(".")
