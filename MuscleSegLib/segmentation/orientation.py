"""An image seen as axial slices, however it is stored, and label maps that go back to exactly where it lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleSegLib.errors import InputError

#: For each axis of the axial array (slice, row, column): the letter towards which it grows, and the opposite one.
_TOWARDS = (("S", "I"), ("P", "A"), ("L", "R"))
#: By how much the axes of an image may differ from a right angle (cosine) or from unit length: the rounding of headers.
_SKEW = 1e-2


def check_right_angles(image: sitk.Image, name: str) -> None:
    """Make sure that distances, areas and volumes follow from the spacing.

    Args:
        image: Of any dimension.
        name: What a sentence is to call it.

    Raises:
        InputError: The axes of the image are not at right angles, or not of unit length.
    """
    direction = np.reshape(image.GetDirection(), (image.GetDimension(), -1))
    if not np.allclose(direction.T @ direction, np.eye(len(direction)), rtol=0, atol=_SKEW):
        raise InputError(
            f"The axes of {name} are not at right angles. Export it again, or resample it (in Slicer: Transforms, "
            "Harden transform)."
        )


def slice_axis(direction: Sequence[float]) -> int:
    """The axis of a stored array (k, j, i) along which the axial slices lie: the one nearest to the patient's.

    Args:
        direction: The nine direction cosines of the image, row by row; in LPS or RAS.
    """
    return _nearest_axes(direction)[0][0]


def _nearest_axes(direction: Sequence[float]) -> list[tuple[int, bool]]:
    """For each axis of the axial array: the stored one that is nearest to it, and whether it runs against that."""
    letters = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(direction)[::-1]
    axes = [next(axis for axis, letter in enumerate(letters) if letter in ends) for ends in _TOWARDS]
    return [(axis, letters[axis] == away) for axis, (_, away) in zip(axes, _TOWARDS, strict=True)]


@dataclass(frozen=True)
class AxialVolume:
    """A three-dimensional image as a stack of axial slices, without copying or resampling a voxel.

    Attributes:
        image: The image as it was given.
        array: (slices, rows, columns), read-only view: slices grow to superior, rows to posterior, columns to the left
            of the patient. Of an oblique image: each axis is the one nearest to that direction.
        spacing: (slices, rows, columns) in mm.
        axes: For each axis of ``array``: the axis of the stored array that it is.
        flipped: For each axis of ``array``: whether it runs against the stored one.
    """

    image: sitk.Image
    array: npt.NDArray[Any]
    spacing: tuple[float, float, float]
    axes: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]

    @classmethod
    def of(cls, image: sitk.Image) -> "AxialVolume":
        """View a 3D scalar ``image`` of any orientation as axial slices."""
        axes, flipped = zip(*_nearest_axes(image.GetDirection()), strict=True)
        spacing = image.GetSpacing()[::-1]
        volume = cls(
            image=image,
            array=np.empty((0, 0, 0)),
            spacing=(spacing[axes[0]], spacing[axes[1]], spacing[axes[2]]),
            axes=(axes[0], axes[1], axes[2]),
            flipped=(flipped[0], flipped[1], flipped[2]),
        )
        array = volume.view(sitk.GetArrayViewFromImage(image))
        return cls(image, array, volume.spacing, volume.axes, volume.flipped)

    def view(self, stored: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """View an array that is laid out as the stored image, (k, j, i), as (slices, rows, columns)."""
        steps = tuple(slice(None, None, -1 if flip else 1) for flip in self.flipped)
        return stored.transpose(self.axes)[steps]

    def new_labels(self) -> npt.NDArray[np.uint8]:
        """An empty label map, laid out as the stored image. Write to it through :meth:`view`."""
        return np.zeros(self.image.GetSize()[::-1], np.uint8)

    def label_image(self, stored: npt.NDArray[np.uint8]) -> sitk.Image:
        """Make an image of a label map from :meth:`new_labels`: its geometry is the input's to the last digit."""
        labels = sitk.GetImageFromArray(stored)
        labels.CopyInformation(self.image)
        return labels

    def physical_x(self, position: tuple[float, float, float]) -> float:
        """The LPS x coordinate (mm, grows to the patient's left) of a continuous (slice, row, column) position."""
        stored = [0.0, 0.0, 0.0]
        for axis, flip, size, value in zip(self.axes, self.flipped, self.array.shape, position, strict=True):
            stored[axis] = size - 1 - value if flip else value
        return float(self.image.TransformContinuousIndexToPhysicalPoint(stored[::-1])[0])

    def stored_slice(self, axial_slice: int) -> int | None:
        """The index of an axial slice as the image is stored; None where the stored slices are not the axial ones."""
        return self._stored(axial_slice) if self.axes[0] == 0 else None

    def slice_title(self, axial_slice: int) -> str:
        """What a picture calls an axial slice: its number as stored, counted from 0 as everywhere."""
        return f"slice {self._stored(axial_slice)} (0 to {self.array.shape[0] - 1})"

    def _stored(self, axial_slice: int) -> int:
        """The index of an axial slice along the stored axis."""
        return self.array.shape[0] - 1 - axial_slice if self.flipped[0] else axial_slice
