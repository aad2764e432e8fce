"""How well two images of a limb lie over one another."""

import SimpleITK as sitk

from MuscleSegLib.registration.body import BODY
from MuscleSegLib.registration.grids import covered, resampled
from MuscleSegLib.registration.limb_pairs import LimbPair
from MuscleSegLib.registration.result import Quality

#: Bins of the joint histogram, as usual for Mattes' mutual information of MR images.
BINS = 32


def measure_quality(pair: LimbPair, transform: sitk.Transform) -> Quality:
    """The quality of ``transform``, from fixed to moving points; all of it 0 where it leads out of the moving image."""
    return Quality(_overlap(pair, transform), mutual_information(pair, transform))


def mutual_information(pair: LimbPair, transform: sitk.Transform) -> float:
    """Of the grey values of all compared voxels that lie in the moving image, in nats; 0 where next to none does.

    Mattes et al., Nonrigid multimodality image registration, Proc SPIE 4322 (2001).
    """
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricFixedMask(pair.compared)
    # No gradient is asked for, and ITK's default one cannot be found across fewer than four slices.
    method.MetricUseMovingImageGradientFilterOff()
    method.SetInterpolator(sitk.sitkLinear)
    # Not as the initial transform: of one that ends in a deformation the metric asks for a parameter at each voxel.
    method.SetMovingInitialTransform(transform)
    method.SetInitialTransform(sitk.TranslationTransform(3))
    try:
        return -method.MetricEvaluate(pair.fixed, pair.moving)
    except RuntimeError:  # ITK's metric refuses to speak of fewer than a quarter of the samples
        return 0.0


def _overlap(pair: LimbPair, transform: sitk.Transform) -> float:
    """The Dice similarity coefficient of the limb and of the body that the moving image shows around there."""
    inside = covered(pair.moving_signal, pair.fixed, transform) * pair.territory
    body = (resampled(pair.moving_signal, pair.fixed, transform) >= BODY) * inside
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(pair.limb * inside, body)
    return overlap.GetDiceCoefficient()
