"""How sure each slice of each label is, and which slice would help most if it were corrected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.propagation.error_model import USUAL_NETWORK_MM
from MuscleSegLib.propagation.key_distances import SlicePositions
from MuscleSegLib.registration.grids import resampled, smoothed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.propagation.carrier import CarriedLabel
    from MuscleSegLib.propagation.slice_grid import SliceGrid

#: The mean size of errors whose root mean square is 1, as of a normal distribution.
_MEAN = 0.8
#: Two images are compared within this distance (mm, deviation) of a place ...
_PLACE_MM = 5.0
#: ... and where labels have at least this part of what lies there: within about 10 mm of them.
_NEAR = 0.02
#: So many grey values of one image are told apart ...
_GREYS = 32
#: ... and where they tell as much of the other's as they do not, borders are off by this much (mm). From simulated
#: thighs laid over one another: well, bent by more than registration undoes, and shifted.
_HALF_TOLD_MM = 2.0
#: No place is less alike: the images may be as much alike by chance.
_MOST_UNLIKE = 0.95


def expected_dsc(extents: Extents, carried: Mapping[int, CarriedLabel]) -> NDArray[np.float64]:
    """(labels, slices) the DSC to expect: a border that is off by a distance all along it takes that much area away.

    1 in key slices, NaN where the label is not there.
    """
    error_mm, doubt = np.zeros((2, *extents.area_mm2.shape))
    for label, own in enumerate(carried.values()):
        for n, blended in own.blends.items():
            error_mm[label, n], doubt[label, n] = blended.error_mm, blended.doubt
    return dsc_of_error(extents, error_mm) * (1 - doubt / 2)


def dsc_of_error(extents: Extents, error_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """(labels, slices) the DSC to expect where borders are off by ``error_mm``; NaN where the label is not there."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.maximum(1 - _MEAN * error_mm * extents.border_mm / (2 * extents.area_mm2), 0.0)


def _unlikeness(
    fixed: sitk.Image, moving: sitk.Image, transform: sitk.Transform, reached: sitk.Image, labels: sitk.Image
) -> NDArray[np.float32]:
    """How much of what an image shows another one does not tell, place by place: 0 nothing of it, 1 all.

    What it tells is the mean of all that is as bright in it; so the images may be of different contrast.

    Args:
        fixed: The image.
        moving: The other one.
        transform: From points of the image to those of the other.
        reached: Where the other looks, on the grid of the image.
        labels: Around which they are compared, on that grid too.

    Returns:
        On the stored array of ``fixed``.
    """
    moved = resampled(sitk.Cast(moving, sitk.sitkFloat32), fixed, transform)
    near = smoothed(sitk.Cast(labels != 0, sitk.sitkFloat32), _PLACE_MM) > _NEAR
    there = sitk.GetArrayViewFromImage(near) > 0
    grey, other = (np.nan_to_num(sitk.GetArrayViewFromImage(one)[there].astype(np.float32)) for one in (fixed, moved))
    told = sitk.GetArrayViewFromImage(reached)[there] > 0
    differ = np.abs(grey - grey.mean())
    left = differ.copy()
    if told.any():
        level = np.digitize(other, np.quantile(other[told], np.linspace(0, 1, _GREYS + 1)[1:-1]))
        count = np.bincount(level[told], minlength=_GREYS)
        mean = np.bincount(level[told], grey[told], _GREYS) / np.maximum(count, 1)
        left[told] = np.abs(grey - mean[level])[told]
    part = np.zeros(there.shape, np.float32)
    part[there] = left / differ.mean() if differ.any() else 1.0
    image = sitk.GetImageFromArray(part)
    image.CopyInformation(fixed)
    around = sitk.GetArrayFromImage(smoothed(sitk.Cast(near, sitk.sitkFloat32), _PLACE_MM))
    return sitk.GetArrayFromImage(smoothed(image, _PLACE_MM)) / np.maximum(around, np.float32(1e-3))


def error_of_registered(
    grid: SliceGrid,
    labels: sitk.Image,
    values: Collection[int],
    moving: sitk.Image,
    transform: sitk.Transform,
    reached: sitk.Image,
) -> NDArray[np.float64]:
    """(labels, slices) how far (mm) borders may be off that were carried along a registration.

    Args:
        grid: That of the image that they were carried to.
        labels: Where they are on it.
        values: The rows of the result.
        moving: The image that they come from.
        transform: From points of the one to those of the other.
        reached: Where ``moving`` looks, on the grid.
    """
    unlike = np.moveaxis(_unlikeness(grid.image, moving, transform, reached, labels), grid.axis, 0)
    there = grid.view(labels)
    order = np.array(sorted(values))
    slices, rows, columns = np.nonzero(np.isin(there, order))
    group = np.searchsorted(order, there[slices, rows, columns]) * len(there) + slices
    count = len(order) * len(there)
    total = np.bincount(group, unlike[slices, rows, columns], count)
    mean = total / np.maximum(np.bincount(group, minlength=count), 1)
    told = mean.clip(max=_MOST_UNLIKE).reshape(len(order), len(there))
    return (_HALF_TOLD_MM * told / (1 - told))[np.searchsorted(order, list(values))]


def error_beside(
    extents: Extents, common: Extents, other: Extents, other_mm: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(labels, slices) how far (mm) borders of a network may be off that are found in another way too.

    The best linear estimate for two errors that are independent, of which what they differ by is known.

    Args:
        extents: Of the labels of the network.
        common: Of what they and those found in the other way have in common.
        other: Of the others.
        other_mm: (labels, slices) the error of the others.
    """
    dsc = 2 * common.area_mm2 / np.maximum(extents.area_mm2 + other.area_mm2, 1e-9)
    apart_mm = (1 - dsc) * 2 * extents.area_mm2 / np.maximum(_MEAN * extents.border_mm, 1e-9)
    share = USUAL_NETWORK_MM**2 / (USUAL_NETWORK_MM**2 + other_mm**2)
    return np.hypot(np.sqrt(share) * other_mm, share * apart_mm)


def slice_to_correct(
    extents: Extents, carried: Mapping[int, CarriedLabel], locked_slices: Collection[int]
) -> int | None:
    """The slice whose correction would make most area right, in itself and in those carried from it.

    Returns:
        None when every slice is a key slice of all labels, or locked.
    """
    gain = np.zeros(extents.area_mm2.shape[1])
    for own, border in zip(carried.values(), extents.border_mm, strict=True):
        now = own.errors.with_key(own.errors.keys[0])
        gain += [float((border * (now - own.errors.with_key(n))).sum()) for n in range(len(gain))]
    gain[list(locked_slices)] = 0
    return int(gain.argmax()) if gain.max() > 0 else None


def first_slice_to_correct(extents: Extents, error_mm: NDArray[np.float64], slice_mm: float) -> int | None:
    """As :func:`slice_to_correct`, of labels that come from elsewhere: no slice of theirs was drawn yet.

    Args:
        error_mm: (labels, slices) how far borders may be off. Its correction is repeated in other slices as far as that
            of a network's error is.

    Returns:
        None when no label is there.
    """
    wrong = (extents.border_mm * error_mm).sum(0)
    positions = SlicePositions(np.arange(len(wrong), dtype=np.float64) * slice_mm)
    gain = [float(wrong @ (1 - positions.beside((n,)).new)) + float(wrong[n]) for n in range(len(wrong))]
    return int(np.argmax(gain)) if wrong.any() else None


@dataclass(frozen=True)
class Extents:
    """How much there is of each label in each slice.

    Attributes:
        area_mm2: (labels, slices).
        border_mm: (labels, slices) length of the border, by Crofton's formula.
    """

    area_mm2: NDArray[np.floating]
    border_mm: NDArray[np.floating]

    @classmethod
    def of(cls, labels: NDArray[Any], values: Collection[int], pixel_mm: tuple[float, float]) -> Extents:
        """Of a label map (slices, rows, columns) and the labels ``values``, in one pass over the voxels."""
        order = np.array(sorted(values))
        numbered = np.where(np.isin(labels, order), np.searchsorted(order, labels) + 1, 0)
        rows = np.searchsorted(order, list(values)) + 1
        area = _counts(numbered, numbered > 0, len(order)) * float(np.prod(pixel_mm))
        border = np.zeros_like(area)
        # Crossings of the border by lines along rows and columns; pi / 4 makes up for the directions in between.
        for axis, mm in ((1, pixel_mm[1]), (2, pixel_mm[0])):
            along = np.moveaxis(numbered, axis, -1)
            one, other = along[..., :-1], along[..., 1:]
            crossed = one != other
            border += (_counts(one, crossed, len(order)) + _counts(other, crossed, len(order))) * mm * np.pi / 4
        return cls(area[rows], border[rows])


def _counts(numbered: NDArray[Any], where: NDArray[np.bool_], labels: int) -> NDArray[np.int64]:
    """(labels + 1, slices) voxels of each label in each slice, of those that are asked for."""
    slices = np.repeat(np.arange(len(where)), np.count_nonzero(where, axis=(1, 2)))
    counted = np.bincount(numbered[where] * len(where) + slices, minlength=(labels + 1) * len(where))
    return counted.reshape(labels + 1, len(where))
