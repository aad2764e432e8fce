"""A segmentation as a file: for Slicer, or as a label map with a table."""

from collections.abc import Mapping
from pathlib import Path

import SimpleITK as sitk

from MuscleSegLib import __version__
from MuscleSegLib.atomic import check_folder, written_atomically, written_together
from MuscleSegLib.errors import InputError
from MuscleSegLib.itk_paths import itk_path
from MuscleSegLib.segmentation.label_table import write_label_table
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, VolumeLabel, join_models
from MuscleSegLib.segmentation.result import Segmentation
from MuscleSegLib.segmentation.slicer_nrrd import Extent, segment_fields

_SLICER_SUFFIX = ".seg.nrrd"
_NIFTI_SUFFIXES = (".nii.gz", ".nii")


def check_output_path(path: str | Path) -> Path:
    """The path, when :func:`write_segmentation` can write there: worth asking before the long work.

    Raises:
        InputError: The name's ending is none of ours, or the folder does not exist.
    """
    path = Path(path)
    if not path.name.endswith((_SLICER_SUFFIX, *_NIFTI_SUFFIXES)):
        raise InputError(
            f"A segmentation cannot be written as {path.name}. Let the name end in .seg.nrrd (for Slicer), or in "
            ".nii.gz or .nii (a label map, with a table beside it)."
        )
    check_folder(path)
    return path


def output_files(path: Path) -> list[Path]:
    """The files that a segmentation is written to, or read from, as ``path``; the image first."""
    return [path] if path.name.endswith(_SLICER_SUFFIX) else [path, table_path(path)]


def write_segmentation(segmentation: Segmentation, path: str | Path) -> list[Path]:
    """Write a segmentation; what is written is complete, or nothing is.

    Only muscles that have voxels are listed. Nothing of the input's header but its geometry is carried over, so no
    name of a patient is.

    Args:
        segmentation: What to write.
        path: ``.seg.nrrd`` for a file that Slicer opens as a segmentation, its segments named, coloured and carrying
            terminology; the header also says by which models it was made and what was warned of. ``.nii.gz`` or
            ``.nii`` for a label map, with a table of the same name that ends in ``.tsv``.

    Returns:
        The files written, the image first.

    Raises:
        InputError: The name's ending is none of these, or the file cannot be written.
    """
    about = {
        "MuscleSeg_LabelSet": segmentation.label_set.name,
        "MuscleSeg_Warnings": " ".join(warning.text for warning in segmentation.warnings),
    }
    return write_labelled_volume(LabelledVolume.of(segmentation), path, about)


def write_labelled_volume(volume: LabelledVolume, path: str | Path, about: Mapping[str, str]) -> list[Path]:
    """Write a label map with labels of any names, as :func:`write_segmentation` writes one of ours.

    Args:
        volume: What to write.
        path: As for :func:`write_segmentation`.
        about: Further fields for the header of a ``.seg.nrrd``, such as how the label map was made.

    Returns:
        The files written, the image first.

    Raises:
        InputError: As for :func:`write_segmentation`.
    """
    path = check_output_path(path)
    image = _without_header(volume.image)
    extents = _extents(volume)
    written = output_files(path)
    with written_together():
        if path.name.endswith(_SLICER_SUFFIX):
            segments = segment_fields(extents, volume.key_slices, image)
            for name, value in {**segments, **_provenance(volume), **about}.items():
                image.SetMetaData(name, value)
        else:
            with written_atomically(written[1]) as table:
                write_label_table(extents, volume.models, volume.key_slices, table)
        with written_atomically(path) as unfinished:
            sitk.WriteImage(image, itk_path(unfinished), useCompression=True)
    return written


def table_path(path: Path) -> Path:
    """The table that says what the numbers of the label map ``path`` mean: the same name, ending in ``.tsv``."""
    for suffix in _NIFTI_SUFFIXES:
        if path.name.endswith(suffix):
            return path.with_name(path.name.removesuffix(suffix) + ".tsv")
    return path.parent / f"{path.stem}.tsv"


def _without_header(image: sitk.Image) -> sitk.Image:
    copy = sitk.GetImageFromArray(sitk.GetArrayViewFromImage(image))
    copy.CopyInformation(image)
    return copy


def _extents(volume: LabelledVolume) -> dict[VolumeLabel, Extent]:
    """Where the voxels of each label are, of labels that have any."""
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.ComputePerimeterOff()
    shapes.Execute(volume.image)
    extents = {}
    for label in volume.labels:
        if shapes.HasLabel(label.value):
            x, y, z, width, height, depth = shapes.GetBoundingBox(label.value)
            extents[label] = (x, x + width - 1, y, y + height - 1, z, z + depth - 1)
    return extents


def _provenance(volume: LabelledVolume) -> dict[str, str]:
    return {
        "MuscleSeg_Version": __version__,
        "MuscleSeg_Models": join_models(volume.models),
        "MuscleSeg_Notice": "For research; not for diagnostic use.",
    }
