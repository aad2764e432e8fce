"""What registering gives: one transform, how each limb came to lie in it, and how well it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import SimpleITK as sitk

    from MuscleSegLib.anatomy.sides import Side

#: How far registration went, from the positions in the scanner alone to a deformation. Each starts from the one before.
Stage = Literal["scanner", "rigid", "affine", "bspline"]


@dataclass(frozen=True)
class Quality:
    """How well a limb of the fixed image and what the moving image shows of it lie over one another.

    Attributes:
        overlap_dsc: Dice similarity coefficient of the two outlines of the limb, 0 to 1, where both images look.
        mutual_information: Of the grey values of the limb and its rim, in nats (Mattes 2001); 0 is no relation at all.
    """

    overlap_dsc: float
    mutual_information: float


@dataclass(frozen=True)
class LimbRegistration:
    """One limb.

    Attributes:
        side: Whose limb, the patient's right or left.
        stage: What was kept; ``scanner`` where nothing made it better.
        transform: Maps points of this limb in the fixed image to points in the moving image (LPS, mm).
        before: The quality in scanner coordinates.
        after: The quality with ``transform``.
        largest_displacement_mm: The farthest that a point of the limb is moved.
        largest_deformation_mm: The farthest that a point is moved beyond the rigid motion that comes nearest.
        settled_mm: How far it was moved in the end so that the fixed image shows its muscles best; 0 when they are not
            known.
        refused: Whether a transform was found and not kept, because it made the limb lie worse.
    """

    side: Side
    stage: Stage
    transform: sitk.Transform
    before: Quality
    after: Quality
    largest_displacement_mm: float
    largest_deformation_mm: float
    settled_mm: float = 0.0
    refused: bool = False


@dataclass(frozen=True)
class Registration:
    """Two images laid over one another.

    Attributes:
        transform: Maps points of the fixed image to points of the moving image (LPS, mm), as
            :func:`SimpleITK.Resample` takes it to bring the moving image to the fixed grid. Defined everywhere: between
            limbs it goes over from one to the other, beyond them it goes on as a rigid motion.
        limbs: The limbs of the fixed image that the moving image shows, right before left.
        warnings: Sentences about what a person should look at.
    """

    transform: sitk.Transform
    limbs: tuple[LimbRegistration, ...]
    warnings: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether every limb was left in scanner coordinates because registering made it lie worse."""
        return all(limb.refused for limb in self.limbs)
