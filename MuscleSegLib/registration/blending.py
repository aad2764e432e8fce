"""The transforms of the limbs in one that is defined everywhere."""

import SimpleITK as sitk


def blend(transforms: list[sitk.Transform]) -> sitk.Transform:
    return transforms[0]
