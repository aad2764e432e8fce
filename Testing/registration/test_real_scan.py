"""A real scan against itself, moved by a known transform, with inverted contrast and on another grid."""

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.registration import register_rigid
from MuscleSegLib.registration.blending import limb_points
from MuscleSegLib.registration.body import find_body
from MuscleSegLib.registration.limb_pairs import pair_limbs
from Testing.registration.phantoms import errors_mm, grid, motion


def test_a_known_motion_of_a_real_scan_is_found_within_a_fraction_of_a_voxel(shared_data):
    scan = sitk.ReadImage(str(shared_data / "mr" / "thigh.nii.gz"), sitk.sitkFloat32)
    middle = scan.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in scan.GetSize()])
    truth = motion((6.0, -5.0, 7.0), (0.04, -0.03, 0.06), middle)
    seen = sitk.Resample(scan, grid((3.0, 3.0, 7.0), (150, 110, 24), middle=middle), truth, sitk.sitkLinear, 0.0)
    values = sitk.GetArrayFromImage(seen)
    random = np.random.default_rng(0)
    inverted = np.where(values > 30, values.max() - values, 0) + random.normal(0, 8, values.shape)
    fixed = sitk.GetImageFromArray(inverted.astype(np.float32))
    fixed.CopyInformation(seen)
    result = register_rigid(fixed, scan)
    assert result.warnings == ()
    for pair in pair_limbs(find_body(fixed), find_body(scan)):
        points = limb_points(pair, 200)
        assert errors_mm(sitk.Transform(), truth, points).mean() > 5
        assert errors_mm(result.transform, truth, points).mean() < 3.0 / 4
        assert errors_mm(result.transform, truth, points).max() < 3.0 / 2
