"""Limbs given by formulas: an image of them on any grid and under any transform owes nothing to interpolation."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

#: Grey values of subcutaneous fat, of four compartments of muscle, and of bone.
T1 = (1.0, 0.35, 0.45, 0.4, 0.5, 0.1)
WATER = (0.15, 0.9, 0.75, 1.0, 0.65, 0.2)
SIDES = {"right": -70.0, "left": 70.0}
NOISE = 0.01
Transforms = Mapping[str, sitk.Transform]


def grid(
    spacing=(3.0, 3.0, 6.0), size=(96, 48, 14), middle=(0.0, 0.0, 0.0), angles=(0.0, 0.0, 0.0), axes=(0, 1, 2)
) -> sitk.Image:
    """An empty grid around ``middle`` (LPS, mm), turned by ``angles`` (radians), its axes stored in any order."""
    turned = sitk.Euler3DTransform()
    turned.SetRotation(*angles)
    direction = np.array(turned.GetMatrix()).reshape(3, 3)
    image = sitk.Image(size, sitk.sitkUInt8)
    image.SetSpacing(spacing)
    image.SetDirection(direction.ravel().tolist())
    half = direction @ ((np.array(size) - 1) / 2 * spacing)
    image.SetOrigin((np.array(middle) - half).tolist())
    return sitk.PermuteAxes(image, axes)


def motion(shift=(0.0, 0.0, 0.0), angles=(0.0, 0.0, 0.0), middle=(0.0, 0.0, 0.0)) -> sitk.Euler3DTransform:
    transform = sitk.Euler3DTransform()
    transform.SetCenter(middle)
    transform.SetRotation(*angles)
    transform.SetTranslation(shift)
    return transform


def limbs(
    on: sitk.Image,
    contrast: Sequence[float] = T1,
    transforms: Transforms | sitk.Transform | None = None,
    *,
    sides: Sequence[str] = ("right", "left"),
    body: int = 0,
    fat_mm: Sequence[float] = (0.0, 0.0, 0.0),
    seed: int = 1,
) -> sitk.Image:
    """Tapering limbs along z.

    Args:
        on: The grid.
        contrast: Grey values, see :data:`T1`.
        transforms: From points of the image to points of the body as it lies without one; of each side, or of both.
        sides: The limbs that are there.
        body: Whose limbs: another number is another shape.
        fat_mm: How far beside water the scanner writes fat.
        seed: Of the noise.
    """
    image = np.zeros(on.GetSize()[::-1])
    for side in sides:
        transform = transforms[side] if isinstance(transforms, Mapping) else transforms
        points = _points(on, transform or sitk.Transform()) - (SIDES[side], 0, 0)
        sign = -1.0 if side == "left" else 1.0
        fat, water = (contrast[0], 0, 0, 0, 0, 0), (0, *contrast[1:])
        image = np.maximum(image, _limb(points - fat_mm, fat, body, sign) + _limb(points, water, body, sign))
    random = np.random.default_rng(seed)
    noisy = np.hypot(image + random.normal(0, NOISE, image.shape), random.normal(0, NOISE, image.shape))
    made = sitk.GetImageFromArray((1000 * noisy).astype(np.float32))
    made.CopyInformation(on)
    return made


def sectors(on: sitk.Image, transform: sitk.Transform | None = None, body: int = 0) -> sitk.Image:
    """The right limb's compartments as labels 1 to 4; 5 is bone."""
    points = _points(on, transform or sitk.Transform()) - (SIDES["right"], 0, 0)
    parts = _parts(points, body, 1.0)
    labels = np.where(parts.max(0) > 0.5, parts.argmax(0), 0).astype(np.uint8)
    made = sitk.GetImageFromArray(labels)
    made.CopyInformation(on)
    return made


def inner_points(side: str, count: int = 60, height: float = 30.0) -> list[tuple[float, float, float]]:
    """Points within a limb that lies without a transform."""
    random = np.random.default_rng(5)
    points = random.uniform((-30, -30, -height), (30, 30, height), (count, 3)) + np.array((SIDES[side], 0, 0))
    return [tuple(point) for point in points.tolist()]


def errors_mm(found: sitk.Transform, true: sitk.Transform, points) -> npt.NDArray[np.floating]:
    """How far from the truth a transform takes points of the fixed image."""
    return np.linalg.norm([np.subtract(found.TransformPoint(p), true.TransformPoint(p)) for p in points], axis=1)


def _points(on: sitk.Image, transform: sitk.Transform) -> npt.NDArray[np.floating]:
    geometry = (on.GetSize(), on.GetOrigin(), on.GetSpacing(), on.GetDirection())
    positions = sitk.GetArrayFromImage(sitk.PhysicalPointSource(sitk.sitkVectorFloat64, *geometry))
    moved = sitk.TransformToDisplacementField(transform, sitk.sitkVectorFloat64, *geometry)
    return positions + sitk.GetArrayFromImage(moved)


def _limb(points, contrast: Sequence[float], body: int, sign: float) -> npt.NDArray[np.floating]:
    parts = _parts(points, body, sign)
    return np.tensordot(np.asarray(contrast), parts, 1)


def _parts(points, body: int, sign: float) -> npt.NDArray[np.floating]:
    """(6, ...) how much of fat, four compartments and bone is at each point; fat lies in muscle in streaks."""
    x, y, z = sign * points[..., 0], points[..., 1], points[..., 2]
    radius = np.hypot(x / (1.0 + 0.15 * body), y)
    skin = 55 + 0.12 * z - 6 * body
    outer = _inside(skin - radius)
    muscle = _inside(skin - 9 - 0.06 * z - radius)
    bone = _inside(9 + 0.03 * z + 3 * body - np.hypot(x - 6 + 12 * body, y + 8))
    angle = np.arctan2(y, x) + 0.008 * z + 1.1 * body
    wall = [radius * np.sin(angle), radius * np.sin(angle - 1.3 - 0.5 * body)]
    first, second = _inside(wall[0]), _inside(wall[1] + 6 * np.sin(0.05 * z))
    flesh = np.stack([first * second, first * (1 - second), (1 - first) * second, (1 - first) * (1 - second)])
    waves = [np.sin(value / length + body) for value, length in ((x, 7.0), (y - x / 3, 8.0), (z + x / 2, 9.0))]
    streaks = muscle * (1 - bone) * np.clip(0.9 * waves[0] * waves[1] * waves[2], 0, 1)
    lean = muscle * (1 - bone) - streaks
    return np.concatenate([(outer - muscle + streaks)[None], lean * flesh, (muscle * bone)[None]])


def _inside(distance_mm) -> npt.NDArray[np.floating]:
    return 1 / (1 + np.exp(-np.clip(2 * distance_mm, -50, 50)))
