import numpy as np
import pytest
import SimpleITK as sitk
import torch

from MuscleSegLib.errors import Cancelled
from MuscleSegLib.propagation import slice_motion_of
from Testing.propagation.limbs import changed, limb


def test_the_motion_between_neighbouring_slices_is_found():
    image, labels = limb(3, shift=2.0)
    motion = slice_motion_of(image)
    inside = sitk.GetArrayViewFromImage(labels)[1] > 0
    box = motion.grid.box
    inside = inside[box[0] : box[1], box[2] : box[3]]
    ((_, towards_first),) = motion.towards(0, 2)
    assert motion.grid.shape == inside.shape  # the working pixels are the image's here
    found = towards_first[0, 1].numpy()[inside]
    assert np.median(found) == pytest.approx(-2.0, abs=0.3)


def test_paths_add_up():
    image, labels = limb(6, shift=2.0)
    motion = slice_motion_of(image)
    *_, (n, path) = motion.towards(5, -1)
    box = motion.grid.box
    inside = (sitk.GetArrayViewFromImage(labels)[0] > 0)[box[0] : box[1], box[2] : box[3]]
    assert n == 0
    assert np.median(path[0, 1].numpy()[inside]) == pytest.approx(10.0, abs=1.0)


def test_the_motion_is_the_same_whichever_slice_is_stored_first():
    image, _ = limb(4, shift=2.0)
    motion, other = slice_motion_of(image), slice_motion_of(image[:, :, ::-1])
    assert torch.allclose(other.up.flip(0), motion.down, atol=1e-5)
    assert np.allclose(other.doubt[::-1], motion.doubt, rtol=1e-4)


@pytest.mark.parametrize("size", [(6, 30, 4), (3, 3, 3), (40, 17, 2)])
def test_images_of_few_pixels_are_registered_too(size):
    image = sitk.GaussianSource(sitk.sitkFloat32, size, [5.0] * 3, [0.5 * n for n in size])
    motion = slice_motion_of(image)
    assert motion.up.shape[0] == size[2] - 1 and bool(motion.up.isfinite().all())


def test_nothing_moves_into_a_missing_slice_and_the_step_is_doubtful():
    image, _ = limb(5)
    holed = changed(image, lambda array: array[2].fill(0))
    motion = slice_motion_of(holed)
    assert not motion.up[1:3].any() and not motion.down[1:3].any()
    assert motion.doubt[1] > motion.doubt[0] and motion.doubt[2] > motion.doubt[3]


def test_values_that_are_no_numbers_do_no_harm():
    image, _ = limb(3)
    holed = changed(image, lambda array: array[1, :5].fill(np.nan))
    assert np.isfinite(slice_motion_of(holed).up.numpy()).all()


def test_registration_can_be_stopped():
    def stop(*_):
        raise Cancelled

    with pytest.raises(Cancelled):
        slice_motion_of(limb(3)[0], progress=stop)
