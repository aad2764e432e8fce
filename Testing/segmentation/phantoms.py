"""Volumes of simple limbs, whose right answer is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk


@dataclass(frozen=True)
class Limb:
    """An elliptic cylinder of muscle in a ring of fat; centre (x, y) and radii in mm, LPS."""

    x: float
    y: float = 0.0
    radius_x: float = 70.0
    radius_y: float = 75.0


def limb_volume(
    limbs: Sequence[Limb],
    *,
    slices: int = 5,
    spacing: tuple[float, float, float] = (3.0, 3.0, 6.0),
    size: tuple[int, int] = (128, 96),
    noise: float = 4.0,
    brightness: Sequence[float] | None = None,
    fat: float = 300.0,
    muscle: float = 120.0,
) -> sitk.Image:
    """An axial LPS volume centred on the origin; ``brightness`` scales each slice."""
    columns, rows = size
    x = (np.arange(columns) - (columns - 1) / 2) * spacing[0]
    y = (np.arange(rows) - (rows - 1) / 2) * spacing[1]
    axial = np.zeros((rows, columns))
    for limb in limbs:
        radius = np.hypot((x[None] - limb.x) / limb.radius_x, (y[:, None] - limb.y) / limb.radius_y)
        axial = np.where(radius < 1, fat, axial)
        axial = np.where(radius < 0.8, muscle, axial)
    scale = np.ones(slices) if brightness is None else np.asarray(brightness, float)
    random = np.random.default_rng(3)
    shape = (slices, rows, columns)
    signal = axial[None] * scale[:, None, None]
    voxels = np.hypot(signal + random.normal(0, noise, shape), random.normal(0, noise, shape))
    image = sitk.GetImageFromArray(voxels.astype(np.float32))
    image.SetSpacing(spacing)
    image.SetOrigin((float(x[0]), float(y[0]), -40.0))
    return image


def stored_otherwise(image: sitk.Image, order: Sequence[int], flips: Sequence[bool]) -> sitk.Image:
    """The same volume in physical space with its axes permuted and flipped in storage."""
    return sitk.Flip(sitk.PermuteAxes(image, list(order)), list(flips))


def in_physical_space(labels: sitk.Image) -> npt.NDArray[np.uint8]:
    """The label map as an axial LPS array."""
    return sitk.GetArrayFromImage(sitk.DICOMOrient(labels, "LPS"))
