"""From rough to fine: the linear transforms that lay one limb over its counterpart, found by mutual information."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.registration.grids import averaged, smoothed
from MuscleSegLib.registration.limb_pairs import LimbPair
from MuscleSegLib.registration.quality import BINS

#: Samples are drawn with this seed: the same images give the same transform.
_SEED = 20230826
#: Voxels compared at each step.
_SAMPLES = 20000
#: Voxel size, deviation of the Gaussian that smooths, and first step of the optimiser (mm) at each level. Rough levels
#: are smoothed rather than coarse: of few voxels, mutual information is large wherever they happen to lie.
_RIGID_LEVELS = ((4.0, 5.0, 4.0), (4.0, 2.0, 2.0), (2.0, 0.0, 0.5))
_AFFINE_LEVELS = ((4.0, 0.0, 1.0),)
_SMALLEST_STEP_MM = 0.02
_ITERATIONS = 100
#: ITK's smoothed gradient of the moving image needs so many voxels along each axis; of fewer, differences must do.
_LEAST_SMOOTHED = 4


def find_rigid(pair: LimbPair) -> sitk.Euler3DTransform:
    """Translation and rotation about the middle of the limb, from scanner coordinates on."""
    middle, _ = _middle_and_radius(pair)
    transform = sitk.Euler3DTransform()
    transform.SetCenter(middle.tolist())
    for level in _RIGID_LEVELS:
        _optimise(pair, transform, *level)
    return transform


def find_affine(pair: LimbPair, start: sitk.Euler3DTransform | sitk.AffineTransform) -> sitk.AffineTransform:
    """Scaling and shear as well, from the rigid transform ``start`` on."""
    middle, _ = _middle_and_radius(pair)
    transform = sitk.AffineTransform(3)
    transform.SetCenter(middle.tolist())
    transform.SetMatrix(start.GetMatrix())
    transform.SetTranslation(np.subtract(start.TransformPoint(middle.tolist()), middle).tolist())
    for level in _AFFINE_LEVELS:
        _optimise(pair, transform, *level)
    return transform


def _optimise(pair: LimbPair, transform: sitk.Transform, voxel_mm: float, sigma_mm: float, step_mm: float) -> None:
    """Move ``transform`` to where the mutual information of images averaged to ``voxel_mm`` is largest.

    Its last three parameters are the translation. The others, angles or a matrix, are scaled by the size of the limb:
    with ITK's scales from physical shift the optimiser stops early.
    """
    fixed, moving = (smoothed(averaged(image, voxel_mm), sigma_mm) for image in (pair.fixed, pair.moving))
    compared = sitk.Resample(pair.compared, fixed, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricFixedMask(compared)
    if min(moving.GetSize()) < _LEAST_SMOOTHED:
        method.MetricUseMovingImageGradientFilterOff()
    count = int(np.count_nonzero(sitk.GetArrayViewFromImage(compared)))
    if count > _SAMPLES:
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(_SAMPLES / count, _SEED)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=step_mm, minStep=_SMALLEST_STEP_MM, numberOfIterations=_ITERATIONS, gradientMagnitudeTolerance=1e-7
    )
    _, radius = _middle_and_radius(pair)
    method.SetOptimizerScales([radius**2] * (transform.GetNumberOfParameters() - 3) + [1.0] * 3)
    method.SetInitialTransform(transform, inPlace=True)
    method.Execute(fixed, moving)


def _middle_and_radius(pair: LimbPair) -> tuple[np.ndarray, float]:
    """The middle of the limb (LPS, mm), and the mean distance of its points from there (mm, root mean square)."""
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.ComputePerimeterOff()
    shape.Execute(pair.limb)
    return np.array(shape.GetCentroid(1)), float(np.sqrt(sum(shape.GetPrincipalMoments(1))))
