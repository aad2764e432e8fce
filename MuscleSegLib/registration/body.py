"""The limbs of an image in physical space, so that they can be laid over another image's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.anatomy.sides import Side
from MuscleSegLib.segmentation.checks import check_image
from MuscleSegLib.segmentation.foreground import find_foreground
from MuscleSegLib.segmentation.limbs import find_limbs
from MuscleSegLib.segmentation.orientation import AxialVolume

#: Of the signal that :class:`MuscleSegLib.segmentation.foreground.Foreground` gives, what is body.
BODY = 0.4
#: An image of which at least this part holds no number marks air, or what could not be fitted, by NaN; slices without
#: any number do not count: they are missing.
_MARKED_BY_NAN = 0.05


@dataclass(frozen=True)
class Body:
    """What an image shows of a body.

    Attributes:
        image: Float32, axes nearest to left, posterior and superior; no NaN, and nothing resampled.
        signal: Float32, on a coarse grid over the image: :data:`BODY` and more is body, bones and dark muscles
            included.
        territories: UInt8, on the same coarse grid: for each limb, 1 where it and its close surroundings are, and not
            the other limb.
    """

    image: sitk.Image
    signal: sitk.Image
    territories: dict[Side, sitk.Image]


def find_body(image: sitk.Image, name: str = "the image") -> Body:
    """Find the body and its limbs in a 3D ``image`` of any orientation, which sentences call by its ``name``.

    Where an image marks air by NaN, as a fitted map may, that tells the body; else its brightness does.

    Raises:
        InputError: It is not a scalar 3D image with signal.
    """
    check_image(image, name)
    oriented = sitk.Cast(sitk.DICOMOrient(image, "LPS"), sitk.sitkFloat32)
    values = sitk.GetArrayFromImage(oriented)
    finite = np.isfinite(values)
    if not finite.all():
        filled = sitk.GetImageFromArray(np.where(finite, values, np.float32(0)))
        filled.CopyInformation(oriented)
        oriented = filled
    shown = oriented
    if finite[finite.any((1, 2))].mean() < 1 - _MARKED_BY_NAN:
        shown = sitk.GetImageFromArray(finite.astype(np.float32))
        shown.CopyInformation(oriented)
    volume = AxialVolume.of(shown)
    foreground = find_foreground(volume)
    limbs = find_limbs(volume, foreground)
    coarse = _coarse_grid(oriented, foreground.mask.shape, foreground.factor)
    rows, columns = foreground.factor
    territories: dict[Side, sitk.Image] = {}
    for side in ("right", "left"):
        if side in limbs.by_side:
            territory = np.zeros(foreground.mask.shape, np.uint8)
            for limb in limbs.by_side[side]:
                top, bottom, first, end = limb.box
                territory[limb.slice, top // rows : -(-bottom // rows), first // columns : -(-end // columns)] = 1
            territories[side] = _on(territory, coarse)
    return Body(oriented, _on(_without_holes(foreground.signal), coarse), territories)


def _coarse_grid(image: sitk.Image, shape: tuple[int, ...], factor: tuple[int, int]) -> sitk.Image:
    """An empty image whose pixels are ``factor`` (rows, columns) pixels of ``image``."""
    rows, columns = factor
    slices, height, width = shape
    coarse = sitk.Image(width, height, slices, sitk.sitkUInt8)
    spacing = image.GetSpacing()
    coarse.SetSpacing((spacing[0] * columns, spacing[1] * rows, spacing[2]))
    coarse.SetDirection(image.GetDirection())
    coarse.SetOrigin(image.TransformContinuousIndexToPhysicalPoint(((columns - 1) / 2, (rows - 1) / 2, 0.0)))
    return coarse


def _on(values: np.ndarray, grid: sitk.Image) -> sitk.Image:
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(grid)
    return image


def _without_holes(signal: np.ndarray) -> np.ndarray:
    """The signal with what is enclosed by body on a slice raised to body: cortical bone, muscle in a fat image."""
    filled = signal.copy()
    for k, pixels in enumerate(signal):
        body = sitk.GetImageFromArray((pixels >= BODY).astype(np.uint8))
        enclosed = sitk.GetArrayFromImage(sitk.BinaryFillhole(body)) > 0
        filled[k][enclosed & (pixels < BODY)] = 1
    return filled
