"""From rough to fine: the transforms that lay one limb over its counterpart, found by mutual information."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.registration.grids import averaged
from MuscleSegLib.registration.limb_pairs import LimbPair
from MuscleSegLib.registration.quality import BINS

#: Samples are drawn with this seed: the same images give the same transform.
_SEED = 20230826
#: Voxels compared at each step.
_SAMPLES = 12000
#: Voxel size (mm) of each level, and the first step of the optimiser there (mm).
_RIGID_LEVELS = ((8.0, 4.0), (4.0, 2.0))
_AFFINE_LEVELS = ((4.0, 1.0),)
_SMALLEST_STEP_MM = 0.02
_ITERATIONS = 100


def find_rigid(pair: LimbPair, start: sitk.Transform) -> sitk.Transform:
    """Translation and rotation about the middle of the limb, after ``start``, a rigid transform."""
    transform = sitk.Euler3DTransform()
    transform.SetCenter(_middle(pair))
    transform.SetTranslation(np.subtract(start.TransformPoint(transform.GetCenter()), transform.GetCenter()).tolist())
    for voxel_mm, step_mm in _RIGID_LEVELS:
        _optimise(pair, transform, voxel_mm, step_mm)
    return transform


def find_affine(pair: LimbPair, start: sitk.Euler3DTransform) -> sitk.Transform:
    """Scaling and shear as well, from the rigid transform ``start`` on."""
    transform = sitk.AffineTransform(3)
    transform.SetCenter(start.GetCenter())
    transform.SetMatrix(start.GetMatrix())
    transform.SetTranslation(start.GetTranslation())
    for voxel_mm, step_mm in _AFFINE_LEVELS:
        _optimise(pair, transform, voxel_mm, step_mm)
    return transform


def _optimise(pair: LimbPair, transform: sitk.Transform, voxel_mm: float, step_mm: float) -> None:
    """Move ``transform`` to where the mutual information of images averaged to ``voxel_mm`` is largest."""
    fixed, moving = averaged(pair.fixed, voxel_mm), averaged(pair.moving, voxel_mm)
    compared = sitk.Resample(pair.compared, fixed, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    method = _method(compared)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=step_mm, minStep=_SMALLEST_STEP_MM, numberOfIterations=_ITERATIONS, gradientMagnitudeTolerance=1e-6
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(transform, inPlace=True)
    method.Execute(fixed, moving)


def _method(compared: sitk.Image) -> sitk.ImageRegistrationMethod:
    """Mattes' mutual information of samples within ``compared``; one thread, because the order of sums matters."""
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricFixedMask(compared)
    count = np.count_nonzero(sitk.GetArrayViewFromImage(compared))
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(min(1.0, _SAMPLES / max(count, 1)), _SEED)
    method.SetInterpolator(sitk.sitkLinear)
    return method


def _middle(pair: LimbPair) -> tuple[float, float, float]:
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.ComputePerimeterOff()
    shape.Execute(pair.limb)
    return shape.GetCentroid(1)
