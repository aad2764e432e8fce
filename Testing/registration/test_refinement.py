import pytest
import SimpleITK as sitk

from MuscleSegLib.registration.blending import LimbTransform
from MuscleSegLib.registration.body import find_body
from MuscleSegLib.registration.limb_pairs import pair_limbs
from MuscleSegLib.registration.refinement import is_sound
from Testing.registration.phantoms import T1, grid, limbs, motion


@pytest.fixture(scope="module")
def pair():
    body = find_body(limbs(grid((3.5, 3.5, 6.0), (84, 44, 13)), T1))
    return pair_limbs(body, body)[0]


@pytest.mark.parametrize(
    ("transform", "sound"),
    [
        (motion((10.0, -10.0, 10.0), (0.1, 0.0, 0.3)), True),
        # Mutual information of the few slices that are left is large wherever they lie.
        (motion((0.0, 0.0, 50.0)), False),
        (motion((0.0, 0.0, 0.0), (0.0, 0.0, 1.2)), False),
        (sitk.ScaleTransform(3, (1.5, 1.5, 1.0)), False),
    ],
    ids=["moved", "out of the image", "turned round", "blown up"],
)
def test_a_limb_moves_only_as_limbs_do(pair, transform, sound):
    middle = pair.fixed.TransformContinuousIndexToPhysicalPoint([0.5 * n for n in pair.fixed.GetSize()])
    transform.SetCenter(middle)
    affine = sitk.AffineTransform(3)
    affine.SetMatrix(transform.GetMatrix())
    affine.SetTranslation(transform.GetTranslation() if hasattr(transform, "GetTranslation") else (0.0, 0.0, 0.0))
    affine.SetCenter(middle)

    assert is_sound(LimbTransform(pair, affine)) is sound
