"""One limb, from scanner coordinates as far as each stage makes it better."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.registration.blending import LimbTransform, displacement_field, limb_points, nearest_rigid
from MuscleSegLib.registration.free_form import find_bspline
from MuscleSegLib.registration.grids import averaged, covered
from MuscleSegLib.registration.limb_pairs import LimbPair
from MuscleSegLib.registration.linear import find_affine, find_rigid
from MuscleSegLib.registration.quality import measure_quality
from MuscleSegLib.registration.result import LimbRegistration, Stage
from MuscleSegLib.registration.settling import settle

#: In the order in which they are tried.
STAGES: tuple[Stage, ...] = ("scanner", "rigid", "affine", "bspline")
#: The overlap of the outlines may go down by this much where mutual information goes up: outlines are found roughly,
#: and with dark fat (water, T2) they are those of the muscles.
_OUTLINE_NOISE = 0.05
#: A transform that was not kept, and would have moved the limb by less, says that it lay well already.
_WELL_MM = 1.5
#: A transform that changes volumes by more than this factor somewhere in the limb is not kept.
_LARGEST_CHANGE = 2.0
#: Nor is one that turns the limb by more than this: feet point elsewhere, but nobody lies on another side of a leg.
_LARGEST_TURN_DEG = 45.0
#: Nor is one that leaves less than this part of what scanner coordinates show of the limb: of few voxels, mutual
#: information is large wherever they happen to lie.
_LEAST_LEFT = 0.6
#: Fewer slices, or a shorter piece of a limb, tell no more than a rigid motion.
_LEAST_SLICES, _LEAST_MM = 4, 20.0
_FIELD_MM = 6.0
_POINTS = 3000


def refine(
    pair: LimbPair, finest: Stage, muscles: sitk.Image | None, stopped: Callable[[], bool]
) -> tuple[LimbTransform, LimbRegistration]:
    """Register a limb.

    A stage is kept when it makes mutual information larger, over all compared voxels, the outlines overlap about as
    much, and it is sound (:func:`is_sound`); the next starts from what is kept.

    Args:
        pair: The limb in both images.
        finest: The last stage to try.
        muscles: Label map of the moving image, when its muscles are known, see :func:`settle`.
        stopped: Asked between the stages; True ends the work with what there is.
    """
    kept = LimbTransform(pair, sitk.Euler3DTransform())
    stage: Stage = "scanner"
    before = quality = measure_quality(pair, kept.whole)
    farthest = 0.0
    for name in STAGES[1 : STAGES.index(finest) + 1]:
        if stopped() or (name != "rigid" and not _tells_shape(pair)):
            break
        found = _find(name, kept)
        found_quality = measure_quality(pair, found.whole)
        if (
            found_quality.mutual_information > quality.mutual_information
            and found_quality.overlap_dsc >= quality.overlap_dsc - _OUTLINE_NOISE
            and is_sound(found)
        ):
            kept, stage, quality = found, name, found_quality
        else:
            farthest = max(farthest, _largest_distance_mm(found, sitk.Transform()))
    refused = stage == "scanner" and farthest > _WELL_MM
    if muscles is not None and not refused and not stopped():
        kept = settle(kept, muscles)
        quality = measure_quality(pair, kept.whole)
    return kept, LimbRegistration(
        side=pair.side,
        stage=stage,
        transform=kept.whole,
        before=before,
        after=quality,
        largest_displacement_mm=_largest_distance_mm(kept, sitk.Transform()),
        largest_deformation_mm=_largest_distance_mm(kept, nearest_rigid([kept])),
        settled_mm=float(np.hypot.reduce(kept.step_mm)),
        refused=refused,
    )


def _find(stage: Stage, kept: LimbTransform) -> LimbTransform:
    if stage == "rigid":
        return LimbTransform(kept.pair, find_rigid(kept.pair))
    if stage == "affine":
        return LimbTransform(kept.pair, find_affine(kept.pair, kept.linear))
    return LimbTransform(kept.pair, kept.linear, find_bspline(kept.pair, kept.linear))


def _tells_shape(pair: LimbPair) -> bool:
    """Whether there is enough of the limb in both images to tell more than a rigid motion."""
    return all(
        min(image.GetSize()) >= _LEAST_SLICES
        and min(n * mm for n, mm in zip(image.GetSize(), image.GetSpacing(), strict=True)) >= _LEAST_MM
        for image in (pair.fixed, pair.moving)
    )


def _turn_deg(limb: LimbTransform) -> float:
    """By how much the limb as a whole is turned."""
    matrix = np.reshape(nearest_rigid([limb]).GetMatrix(), (3, 3))
    return float(np.degrees(np.arccos(np.clip((np.trace(matrix) - 1) / 2, -1, 1))))


def _shown(pair: LimbPair, transform: sitk.Transform) -> int:
    """How many voxels of the limb the moving image shows."""
    inside = covered(pair.moving, pair.fixed, transform) * pair.limb
    return int(np.count_nonzero(sitk.GetArrayViewFromImage(inside)))


def is_sound(limb: LimbTransform) -> bool:
    """Whether the limb is still in the image, not turned round, and no part folded, or much larger or smaller."""
    if _turn_deg(limb) > _LARGEST_TURN_DEG:
        return False
    if _shown(limb.pair, limb.whole) < _LEAST_LEFT * _shown(limb.pair, sitk.Transform()):
        return False
    grid = averaged(limb.pair.fixed, _FIELD_MM)
    if min(grid.GetSize()) < 2:
        return True
    change = sitk.DisplacementFieldJacobianDeterminant(displacement_field(limb.whole, grid))
    within = sitk.Resample(limb.pair.limb, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    changes = sitk.GetArrayViewFromImage(change)[sitk.GetArrayViewFromImage(within) > 0]
    return bool(np.all((changes > 1 / _LARGEST_CHANGE) & (changes < _LARGEST_CHANGE)))


def _largest_distance_mm(limb: LimbTransform, other: sitk.Transform) -> float:
    """How far apart the limb's transform and another take a point of the limb at most."""
    points = limb_points(limb.pair, _POINTS)
    apart = [np.subtract(limb.whole.TransformPoint(point), other.TransformPoint(point)) for point in points]
    return float(np.linalg.norm(apart, axis=1).max())
