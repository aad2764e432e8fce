"""How a simulated patient lies while a sequence runs, and on which grid the sequence looks."""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

#: Each voxel is the mean over this many points along each axis (x, y, z).
_POINTS = (2, 2, 2)


@dataclass(frozen=True)
class Look:
    """A grid, and how the patient lies on it.

    Attributes:
        grid: An empty image of the sequence's geometry.
        motion: From points of the scanner to points of the body as it lay in the first image (LPS, mm).
    """

    grid: sitk.Image
    motion: sitk.Transform

    def mean_of(self, image: sitk.Image) -> np.ndarray:
        """``image`` of the body (float) as means over the grid's voxels, (slices, rows, columns) float64."""
        fine = sitk.Resample(image, self._points(), self.motion, sitk.sitkLinear, 0.0, sitk.sitkFloat64)
        return sitk.GetArrayFromImage(sitk.BinShrink(fine, _POINTS))

    def labels_of(self, image: sitk.Image) -> sitk.Image:
        """The label map ``image`` of the body at the middles of the grid's voxels."""
        return sitk.Resample(image, self.grid, self.motion, sitk.sitkNearestNeighbor, 0)

    def image_of(self, values: np.ndarray) -> sitk.Image:
        """``values`` as a Float32 image on the grid."""
        image = sitk.GetImageFromArray(values.astype(np.float32))
        image.CopyInformation(self.grid)
        return image

    def _points(self) -> sitk.Image:
        """A grid of the points that voxels are means over."""
        points = sitk.Image([n * k for n, k in zip(self.grid.GetSize(), _POINTS, strict=True)], sitk.sitkUInt8)
        points.SetSpacing([mm / k for mm, k in zip(self.grid.GetSpacing(), _POINTS, strict=True)])
        points.SetDirection(self.grid.GetDirection())
        corner = [-0.5 + 0.5 / k for k in _POINTS]
        points.SetOrigin(self.grid.TransformContinuousIndexToPhysicalPoint(corner))
        return points


def draw_motion(
    random: np.random.Generator, middle_mm: tuple[float, float, float], largest_mm: float, largest_deg: float
) -> sitk.Euler3DTransform:
    """A rigid motion of any direction, about ``middle_mm``, by up to ``largest_mm`` and ``largest_deg``."""
    shift, axis = (random.normal(size=3) for _ in range(2))
    shift *= random.uniform(0, largest_mm) / np.linalg.norm(shift)
    angle = np.radians(random.uniform(0, largest_deg))
    rotation = sitk.VersorTransform(axis.tolist(), float(angle))
    motion = sitk.Euler3DTransform()
    motion.SetCenter(middle_mm)
    motion.SetMatrix(rotation.GetMatrix())
    motion.SetTranslation(shift.tolist())
    return motion


def grid_over(image: sitk.Image, spacing_mm: tuple[float, float, float], part: float) -> sitk.Image:
    """An empty grid with these voxels over the middle of ``image``: all of its plane, ``part`` of its length."""
    extent = [size * mm for size, mm in zip(image.GetSize(), image.GetSpacing(), strict=True)]
    extent[2] *= part
    size = [max(2, round(length / mm)) for length, mm in zip(extent, spacing_mm, strict=True)]
    grid = sitk.Image(size, sitk.sitkUInt8)
    grid.SetSpacing(spacing_mm)
    middle = image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in image.GetSize()])
    grid.SetOrigin([m - (n - 1) / 2 * mm for m, n, mm in zip(middle, size, spacing_mm, strict=True)])
    return grid
