"""A volume node written for another process, and what that process made of it read back as a result."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import SimpleITK as sitk

from MuscleSegLib.anatomy import DEFAULT_SET, label_set, label_set_of
from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.errors import InputError
from MuscleSegLib.itk_paths import itk_path
from MuscleSegLib.networks import find_models
from MuscleSegLib.segmentation.result import Segmentation, SegmentationWarning
from MuscleSegLib.slicer.volumes import imageFromVolumeNode

if TYPE_CHECKING:
    import slicer


def writeVolumeNode(volumeNode: slicer.vtkMRMLScalarVolumeNode, path: Path) -> sitk.Image:
    """Write a volume's voxels and geometry, and nothing that names the patient.

    Returns:
        The image that was written.

    Raises:
        InputError: The node holds no voxels, its grid is no grid of boxes, or the file cannot be written.
    """
    image = imageFromVolumeNode(volumeNode)
    with written_atomically(path) as temporary:
        sitk.WriteImage(image, itk_path(temporary))
    return image


def readResult(
    path: Path,
    image: sitk.Image,
    labels: str,
    models_dir: Path | None,
    warnings: Iterable[SegmentationWarning],
) -> Segmentation:
    """Read what ``muscleseg segment`` wrote for ``image``.

    Args:
        path: The ``.seg.nrrd`` file.
        image: What was segmented; the result gets its geometry to the last digit, which text in a header may lose.
        labels: The name of the label set that was asked for.
        models_dir: Where models were looked for beside those that ship with the library; None for the usual folder.
        warnings: What was warned of.

    Raises:
        InputError: The file is missing or was made from another image.
        ModelError: ``models_dir`` is no folder.
    """
    try:
        label_map = sitk.ReadImage(itk_path(path))
    except RuntimeError as error:
        raise InputError("The segmentation that was made cannot be read. Segment the volume again.") from error
    if label_map.GetSize() != image.GetSize():
        raise InputError("The segmentation that was made is not of this volume. Segment the volume again.")
    used = label_map.GetMetaData("MuscleSeg_Models") if label_map.HasMetaDataKey("MuscleSeg_Models") else ""
    found = find_models(models_dir)
    cards = tuple(card for card in found.cards if card.weights.sha256 in used)
    plain = sitk.GetImageFromArray(sitk.GetArrayViewFromImage(label_map))
    plain.CopyInformation(image)
    # The default set stands for all that the models tell apart, as far as it is known which they are.
    channels = {channel for card in cards for channel in card.channels}
    wanted = label_set_of(channels) if channels and labels == DEFAULT_SET else label_set(labels)
    return Segmentation(plain, wanted, cards, tuple(warnings))
