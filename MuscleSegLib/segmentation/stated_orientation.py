"""Whether a file says what is right and what is left; ITK takes one that does not as if its axes were the patient's.

A NIfTI file is looked at in :mod:`MuscleSegLib.segmentation.nifti_files`. What NRRD and MetaImage headers say is in
https://teem.sourceforge.net/nrrd/format.html#space and https://itk.org/Wiki/ITK/MetaIO/Documentation.
"""

from pathlib import Path

import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.itk_paths import itk_path

#: Formats of ITK that hold no orientation.
_WITHOUT = {
    f"{name}ImageIO"
    for name in ("BMP", "BioRad", "Gipl", "JPEG", "JPEG2000", "LSM", "MRC", "PNG", "Stimulate", "TIFF", "VTK")
}
_META_ENTRIES = {b"TransformMatrix", b"Orientation", b"Rotation"}
_LONGEST_HEADER_BYTES = 2**16


def check_orientation_stated(path: Path, image: sitk.Image) -> None:
    """Refuse a volume of which nothing says where its voxels lie in the patient.

    Args:
        path: Its file.
        image: What was read.

    Raises:
        InputError: That is so.
    """
    if image.GetDimension() > 2 and not _is_stated(path, image):
        raise InputError(
            f"{path} does not say what is right or left, front or back, above or below. Export the image again, as "
            "DICOM, NIfTI or, with a space, NRRD."
        )


def _is_stated(path: Path, image: sitk.Image) -> bool:
    file_format = sitk.ImageFileReader().GetImageIOFromFileName(itk_path(path))
    if file_format == "NrrdImageIO":
        space = image.GetMetaData("NRRD_space") if image.HasMetaDataKey("NRRD_space") else ""
        # ITK, and so this library, writes several volumes along axes of which none has a name.
        several = image.GetDimension() > 3 and b"\nspace directions:" in _header(path)
        return "left" in space or "right" in space or several
    if file_format == "MetaImageIO":
        entries = {line.partition(b"=")[0].strip() for line in _header(path).splitlines()}
        return bool(entries & _META_ENTRIES)
    return file_format not in _WITHOUT


def _header(path: Path) -> bytes:
    """The beginning of a file, where its header is."""
    with path.open("rb") as file:
        return file.read(_LONGEST_HEADER_BYTES)
