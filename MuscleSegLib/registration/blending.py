"""The transforms of the limbs in one that is defined everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.registration.grids import averaged
from MuscleSegLib.registration.limb_pairs import LimbPair

#: Voxel size of the displacement field: fine enough for a deformation whose control points are 40 mm apart, and coarse
#: enough for a file of a few megabytes.
_FIELD_MM = 8.0
#: Beyond the fixed image the field goes over into the common rigid motion within this distance.
_MARGIN_MM = 40.0
#: Points of a limb that its rigid motion is fitted to.
_POINTS = 2000


@dataclass(frozen=True)
class LimbTransform:
    """What takes one limb to the moving image: a step, a deformation where there is one, then a linear transform.

    Attributes:
        pair: The limb in both images.
        linear: Rigid or affine.
        deformation: Defined within the grid of ``pair.fixed``.
        step_mm: LPS.
    """

    pair: LimbPair
    linear: sitk.Euler3DTransform | sitk.AffineTransform
    deformation: sitk.Transform | None = None
    step_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def whole(self) -> sitk.Transform:
        """All in one; defined within the grid of ``pair.fixed``."""
        return self._with(self.deformation)

    def displacements(self, grid: sitk.Image) -> np.ndarray:
        """(slices, rows, columns, 3) in mm; beyond the deformation's grid its border goes on."""
        if self.deformation is None:
            return _displacements(self.whole, grid)
        own = averaged(self.pair.fixed, _FIELD_MM)
        field = sitk.Resample(
            displacement_field(self.deformation, own),
            grid,
            sitk.Transform(),
            sitk.sitkLinear,
            useNearestNeighborExtrapolator=True,
        )
        return _displacements(self._with(sitk.DisplacementFieldTransform(field)), grid)

    def _with(self, deformation: sitk.Transform | None) -> sitk.Transform:
        step = sitk.TranslationTransform(3, self.step_mm) if any(self.step_mm) else None
        parts = [part for part in (self.linear, deformation, step) if part is not None]
        return sitk.CompositeTransform(parts) if len(parts) > 1 else self.linear


def blend(limbs: Sequence[LimbTransform], fixed: sitk.Image) -> sitk.Transform:
    """One transform for all limbs of ``fixed``.

    Within a limb it is the limb's own transform. Between limbs it goes over from one to the other, by the squares of
    the distances from them (Shepard 1968). Beyond the image it goes over into the rigid motion that fits all best.
    """
    if len(limbs) == 1 and limbs[0].deformation is None:
        return sitk.Transform(limbs[0].whole)
    common = nearest_rigid(limbs)
    grid = _field_grid(fixed)
    distances = [_distance(limb.pair.limb, grid) for limb in limbs]
    weights = [1 / (distance**2 + 1e-3) for distance in distances]
    total = np.sum(weights, 0)
    displacements = sum(
        (weight / total)[..., None] * limb.displacements(grid) for weight, limb in zip(weights, limbs, strict=True)
    )
    residual = displacements - _displacements(common, grid)
    # The field comes before the motion, so that it is turned back.
    rotation = np.array(common.GetMatrix()).reshape(3, 3)
    field = sitk.GetImageFromArray(residual @ rotation * _within(fixed, grid)[..., None], isVector=True)
    field.CopyInformation(grid)
    return sitk.CompositeTransform([common, sitk.DisplacementFieldTransform(field)])


def nearest_rigid(limbs: Sequence[LimbTransform]) -> sitk.VersorRigid3DTransform:
    """The rigid motion that is nearest to what the transforms of all limbs do."""
    points = [point for limb in limbs for point in limb_points(limb.pair, _POINTS)]
    moved = [limb.whole.TransformPoint(point) for limb in limbs for point in limb_points(limb.pair, _POINTS)]
    return sitk.VersorRigid3DTransform(
        sitk.LandmarkBasedTransformInitializer(
            sitk.VersorRigid3DTransform(), np.ravel(points).tolist(), np.ravel(moved).tolist()
        )
    )


def limb_points(pair: LimbPair, count: int) -> list[tuple[float, float, float]]:
    """About ``count`` points spread over a limb of the fixed image (LPS, mm)."""
    voxels = np.argwhere(sitk.GetArrayViewFromImage(pair.limb))[:, ::-1]
    step = max(1, len(voxels) // count)
    return [pair.fixed.TransformIndexToPhysicalPoint(voxel) for voxel in voxels[::step].tolist()]


def _field_grid(fixed: sitk.Image) -> sitk.Image:
    """An empty grid over the fixed image and the margin around it, along the same axes."""
    first, size = [], []
    for count, mm in zip(fixed.GetSize(), fixed.GetSpacing(), strict=True):
        length = (count - 1) * mm + 2 * _MARGIN_MM
        size.append(int(np.ceil(length / _FIELD_MM)) + 1)
        first.append((count - 1) / 2 - (size[-1] - 1) / 2 * _FIELD_MM / mm)
    grid = sitk.Image(size, sitk.sitkUInt8)
    grid.SetSpacing([_FIELD_MM] * 3)
    grid.SetDirection(fixed.GetDirection())
    grid.SetOrigin(fixed.TransformContinuousIndexToPhysicalPoint(first))
    return grid


def displacement_field(transform: sitk.Transform, grid: sitk.Image) -> sitk.Image:
    """Where ``transform`` takes each point of ``grid``, as vectors in mm."""
    return sitk.TransformToDisplacementField(
        transform,
        sitk.sitkVectorFloat64,
        grid.GetSize(),
        grid.GetOrigin(),
        grid.GetSpacing(),
        grid.GetDirection(),
    )


def _displacements(transform: sitk.Transform, grid: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(displacement_field(transform, grid))


def _distance(limb: sitk.Image, grid: sitk.Image) -> np.ndarray:
    """(slices, rows, columns) distance from a limb in mm, 0 within it."""
    on_grid = sitk.Resample(limb, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    distance = sitk.SignedMaurerDistanceMap(on_grid, squaredDistance=False, useImageSpacing=True)
    return sitk.GetArrayFromImage(distance).clip(min=0)


def _within(fixed: sitk.Image, grid: sitk.Image) -> np.ndarray:
    """1 within the fixed image, going down to 0 where ``grid``, which goes on along the same axes, ends."""
    first = np.array(fixed.TransformPhysicalPointToContinuousIndex(grid.GetOrigin()))
    ratio = np.array(grid.GetSpacing()) / np.array(fixed.GetSpacing())
    parts = []
    for axis in range(3):
        position = first[axis] + ratio[axis] * np.arange(grid.GetSize()[axis])
        beyond = np.maximum(-0.5 - position, position - (fixed.GetSize()[axis] - 0.5)) * fixed.GetSpacing()[axis]
        parts.append(0.5 + 0.5 * np.cos(np.pi * np.clip(beyond / _MARGIN_MM, 0, 1)))
    return parts[2][:, None, None] * parts[1][:, None] * parts[0]
