"""The image that a segmentation was made on, given beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    import SimpleITK as sitk

    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume


def check_segmented(image: sitk.Image, path: str, labels: LabelledVolume) -> None:
    """Make sure that an image is the one that was segmented: where its labels go is told by it.

    Args:
        image: The image.
        path: Where it was read.
        labels: The segmentation.

    Raises:
        InputError: They lie on different grids.
    """
    from MuscleSegLib.segmentation.grids import same_grid

    if not same_grid(image, labels.image):
        raise InputError(
            f"{Path(path).name} is not the image that was segmented: it lies on another grid than the segmentation."
        )
