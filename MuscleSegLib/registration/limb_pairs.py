"""Which limb of one image is which of the other, and the parts of both images that are compared."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.anatomy.sides import Side
from MuscleSegLib.registration.body import BODY, Body
from MuscleSegLib.registration.grids import averaged, covered, resampled

#: Grey values are compared this far outside of the limb too, so that its outline counts.
_RIM_MM = 6.0
#: The moving image is looked at this far around the limb.
_REACH_MM = 45.0
#: Voxels are at most averaged to this size.
_VOXEL_MM = 2.0
#: A limb is compared when both images show at least this part of what one of them shows: of the limb in the fixed
#: image, or of the body in the moving one, which may be a single slice.
_LEAST_SHOWN = 0.05
#: What the fixed image shows as one limb is two when it takes in at least this part of both limbs of the other.
_MERGED = 0.5


@dataclass(frozen=True)
class LimbPair:
    """A limb of the fixed image, and the part of the moving image where it is looked for.

    Attributes:
        side: Whose limb.
        fixed, moving: Float32, cropped.
        compared: UInt8, on the grid of ``fixed``: where grey values are compared, the limb and the rim around it.
        limb: UInt8, on the grid of ``fixed``: the limb.
        territory: UInt8, on the grid of ``fixed``: where the limb and its surroundings are, and not the other limb.
        moving_signal: The body of the moving image, see :attr:`MuscleSegLib.registration.body.Body.signal`.
    """

    side: Side
    fixed: sitk.Image
    moving: sitk.Image
    compared: sitk.Image
    limb: sitk.Image
    territory: sitk.Image
    moving_signal: sitk.Image


def pair_limbs(fixed: Body, moving: Body) -> list[LimbPair]:
    """The limbs of the fixed image that the moving one shows in scanner coordinates, right before left."""
    pairs = []
    body_mm3 = _volume_mm3(moving.signal >= BODY)
    for side, territory in _territories(fixed, moving).items():
        grid = averaged(_crop(fixed.image, territory), _VOXEL_MM)
        inside = resampled(sitk.Cast(territory, sitk.sitkFloat32), grid, sitk.Transform()) >= 0.5
        limb = inside * (resampled(fixed.signal, grid, sitk.Transform()) >= BODY)
        limb_mm3 = _volume_mm3(limb)
        shown_mm3 = _volume_mm3(limb * covered(moving.image, grid, sitk.Transform()))
        around = averaged(_around(moving.image, grid, _REACH_MM), _VOXEL_MM)
        if shown_mm3 == 0 or shown_mm3 < _LEAST_SHOWN * min(limb_mm3, body_mm3) or _is_blank(around):
            continue
        distance = sitk.SignedMaurerDistanceMap(
            limb, insideIsPositive=False, squaredDistance=False, useImageSpacing=True
        )
        compared = inside * (distance <= _RIM_MM)
        pairs.append(
            LimbPair(
                side=side,
                fixed=grid,
                moving=around,
                compared=compared,
                limb=limb,
                territory=inside,
                moving_signal=moving.signal,
            )
        )
    return pairs


def _territories(fixed: Body, moving: Body) -> dict[Side, sitk.Image]:
    """Where the limbs of the fixed image are.

    Where it tells none, or one that the moving image tells to be two (a map of few values may not show the gap
    between them), they are where the moving image shows them in scanner coordinates.
    """
    if len(fixed.territories) >= len(moving.territories):
        return fixed.territories
    there = {
        side: sitk.Resample(territory, fixed.signal, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
        for side, territory in moving.territories.items()
    }
    there = {side: territory for side, territory in there.items() if _count(territory) > 0}
    if not fixed.territories:
        return there
    (own,) = fixed.territories.values()
    if len(there) == 2 and all(_count(own * territory) > _MERGED * _count(territory) for territory in there.values()):
        return there
    return fixed.territories


def _count(mask: sitk.Image) -> int:
    return int(np.count_nonzero(sitk.GetArrayViewFromImage(mask)))


def _volume_mm3(mask: sitk.Image) -> float:
    return _count(mask) * math.prod(mask.GetSpacing())


def _is_blank(image: sitk.Image) -> bool:
    """Whether it is of one value everywhere."""
    values = sitk.GetArrayViewFromImage(image)
    return bool(values.min() == values.max())


def _crop(image: sitk.Image, territory: sitk.Image) -> sitk.Image:
    """The part of ``image`` in which a territory (of a coarser grid along the same axes) lies."""
    return _around(image, _cut(territory, *_bounds(territory)), 0.0)


def _bounds(mask: sitk.Image) -> tuple[list[int], list[int]]:
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.ComputePerimeterOff()
    shape.Execute(mask)
    x, y, z, *size = shape.GetBoundingBox(1)
    return [x, y, z], size


def _cut(image: sitk.Image, start: list[int], size: list[int]) -> sitk.Image:
    return sitk.RegionOfInterest(image, size, start)


def _around(image: sitk.Image, grid: sitk.Image, margin_mm: float) -> sitk.Image:
    """The smallest part of ``image`` that holds ``grid`` and ``margin_mm`` around it, as far as the image goes."""
    ends = [(-0.5, n - 0.5) for n in grid.GetSize()]
    corners = [(x, y, z) for x in ends[0] for y in ends[1] for z in ends[2]]
    indices = np.array(
        [
            image.TransformPhysicalPointToContinuousIndex(grid.TransformContinuousIndexToPhysicalPoint(corner))
            for corner in corners
        ]
    )
    margin = margin_mm / np.array(image.GetSpacing())
    counts = np.array(image.GetSize())
    first = np.clip(np.ceil(indices.min(0) - margin - 0.01), 0, counts - 1).astype(int)
    last = np.clip(np.floor(indices.max(0) + margin + 0.01), first, counts - 1).astype(int)
    return _cut(image, first.tolist(), (last - first + 1).tolist())
