"""Images on other grids or less sharp: averaged to larger voxels, smoothed, resampled."""

import SimpleITK as sitk


def averaged(image: sitk.Image, voxel_mm: float) -> sitk.Image:
    """``image`` with whole numbers of voxels averaged to voxels of at most ``voxel_mm``; larger ones stay."""
    sizes_mm, counts = image.GetSpacing(), image.GetSize()
    factors = [max(1, min(int(voxel_mm / mm), n)) for mm, n in zip(sizes_mm, counts, strict=True)]
    return sitk.BinShrink(image, factors) if max(factors) > 1 else image


def smoothed(image: sitk.Image, sigma_mm: float) -> sitk.Image:
    """``image`` smoothed by a Gaussian of this standard deviation, however few its slices; as it is for 0."""
    return sitk.DiscreteGaussian(image, [sigma_mm**2] * 3, maximumKernelWidth=64) if sigma_mm > 0 else image


def resampled(image: sitk.Image, grid: sitk.Image, transform: sitk.Transform, outside: float = 0.0) -> sitk.Image:
    """``image`` on ``grid`` by linear interpolation, its pixel type kept; ``transform`` maps grid to image points."""
    return sitk.Resample(image, grid, transform, sitk.sitkLinear, outside)


def covered(image: sitk.Image, grid: sitk.Image, transform: sitk.Transform) -> sitk.Image:
    """UInt8 on ``grid``: 1 where ``transform`` leads into ``image``."""
    ones = sitk.Image(image.GetSize(), sitk.sitkUInt8) + 1
    ones.CopyInformation(image)
    return sitk.Resample(ones, grid, transform, sitk.sitkNearestNeighbor, 0)
