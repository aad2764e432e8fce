"""A volume as the stack of slices in which a person draws."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.grids import same_grid
from MuscleSegLib.segmentation.orientation import slice_axis


@dataclass(frozen=True)
class SliceGrid:
    """Where the axial slices of an image lie, in the order in which they are stored.

    Attributes:
        image: An image of that grid.
        axis: The axis of the stored array (k, j, i) along which the slices lie: the one nearest to the patient's.
        slice_mm: Distance between slices.
        pixel_mm: Distance between (rows, columns) of a slice.
    """

    image: sitk.Image
    axis: int
    slice_mm: float
    pixel_mm: tuple[float, float]

    @classmethod
    def of(cls, image: sitk.Image) -> "SliceGrid":
        """The grid of a 3D image of one real value a voxel.

        Raises:
            InputError: The image is none.
        """
        one_real = image.GetNumberOfComponentsPerPixel() == 1 and "complex" not in image.GetPixelIDTypeAsString()
        if image.GetDimension() != 3 or not one_real:
            raise InputError("Labels are carried through three-dimensional images of one real value a voxel. Give one.")
        axis = slice_axis(image.GetDirection())
        spacing = list(image.GetSpacing()[::-1])
        slice_mm = spacing.pop(axis)
        return cls(image, axis, slice_mm, (spacing[0], spacing[1]))

    def view(self, image: sitk.Image) -> NDArray[Any]:
        """(slices, rows, columns), a read-only view of an image of this grid, which is to be kept as long."""
        return np.moveaxis(sitk.GetArrayViewFromImage(image), self.axis, 0)

    def image_of(self, values: NDArray[Any]) -> sitk.Image:
        """The image of (slices, rows, columns) ``values``; its geometry is the grid's to the last digit."""
        made = sitk.GetImageFromArray(np.ascontiguousarray(np.moveaxis(values, 0, self.axis)))
        made.CopyInformation(self.image)
        return made

    def check(self, label_map: sitk.Image, name: str) -> None:
        """Refuse a label map of another grid.

        Raises:
            InputError: ``name`` does not lie on this grid, or holds no integers.
        """
        if not same_grid(self.image, label_map):
            raise InputError(f"{name} does not lie on the grid of the image. Give the image that it was drawn on.")
        if label_map.GetPixelID() not in _INTEGERS:
            raise InputError(f"{name} does not hold integers, so it is no label map.")


_INTEGERS = (
    sitk.sitkUInt8,
    sitk.sitkInt8,
    sitk.sitkUInt16,
    sitk.sitkInt16,
    sitk.sitkUInt32,
    sitk.sitkInt32,
    sitk.sitkUInt64,
    sitk.sitkInt64,
)
