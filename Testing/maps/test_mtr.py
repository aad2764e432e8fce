from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.errors import Cancelled, InputError
from MuscleSegLib.maps.mtr import magnetisation_transfer_ratio
from Testing.maps.limb_phantom import Limbs, grid, image_of, limbs, with_noise

MTR_OF_WATER, SNR = 40.0, 60.0
NAMES = ("off.nii", "on.nii")


@pytest.fixture(scope="module")
def phantom() -> Limbs:
    """Limbs that taper, so that a motion along them is seen."""
    every = limbs()
    thickness = np.array([60, 54, 48, 42, 36.0])[:, None, None]
    y, x = np.indices(every.body.shape[1:]) * 2.5
    radius = np.hypot(np.abs(x - 148.75) - 78, y - 88.75)
    body, muscle = radius < thickness, every.muscle & (radius < thickness - 6)
    return replace(every, water=every.water * body, fat=every.fat * body, body=every.body & body, muscle=muscle)


def pair(of: Limbs, seed: int = 0) -> tuple[sitk.Image, sitk.Image]:
    before, after = of.water + of.fat, of.water * (1 - MTR_OF_WATER / 100) + of.fat
    return image_of(abs(with_noise(before, SNR, seed))), image_of(abs(with_noise(after, SNR, seed + 1)))


def truth(of: Limbs) -> np.ndarray:
    return MTR_OF_WATER * (1 - of.percent / 100)


def moved(image: sitk.Image, shift_mm: tuple[float, float, float]) -> sitk.Image:
    """What the scanner sees when the patient has moved by ``shift_mm``."""
    back = sitk.TranslationTransform(3, [-mm for mm in shift_mm])
    return sitk.Abs(sitk.Resample(image, image, back, sitk.sitkBSpline, 0.0))


def test_mtr_is_right_in_noise_and_nan_in_air(phantom):
    made = magnetisation_transfer_ratio(*pair(phantom), align=False)
    error = (made.values - truth(phantom))[phantom.muscle]
    assert np.nanmean(error) == pytest.approx(0, abs=0.1)
    assert np.isnan(made.values[~phantom.body]).mean() > 0.999
    assert (made.quantity, made.unit, made.provenance["parameters"]["aligned"]) == ("MTR", "%", False)


def test_a_patient_who_kept_still_is_not_interpolated(phantom):
    off, on = pair(phantom)
    made = magnetisation_transfer_ratio(off, on, names=NAMES)
    still = magnetisation_transfer_ratio(off, on, align=False)
    assert "interpolation" not in made.provenance["parameters"]
    np.testing.assert_array_equal(made.values, still.values)
    assert made.provenance["inputs"] == {"without_mt_pulse": "off.nii", "with_mt_pulse": "on.nii"}


def test_a_pair_is_aligned_when_the_patient_moved(phantom):
    off, on = pair(phantom)
    shifted = moved(on, (0.0, 8.0, 0.0))
    aligned = magnetisation_transfer_ratio(off, shifted)
    as_it_lies = magnetisation_transfer_ratio(off, shifted, align=False)
    assert aligned.provenance["parameters"]["interpolation"] == "cubic B-spline"
    errors = [np.nanmean(np.abs(made.values - truth(phantom))[phantom.muscle]) for made in (aligned, as_it_lies)]
    assert errors[0] < 0.6 * errors[1]
    assert np.nanmean((aligned.values - truth(phantom))[phantom.muscle]) == pytest.approx(0, abs=0.5)


def test_a_pair_on_two_grids_is_brought_to_the_grid_without_pulse(phantom):
    off, on = pair(phantom)
    coarse = sitk.BinShrink(on, (2, 2, 1))
    made = magnetisation_transfer_ratio(off, coarse)
    assert made.image.GetSize() == grid().GetSize()
    # Linear in neither image, but close in the middle of a wedge.
    assert np.nanmedian((made.values - truth(phantom))[phantom.muscle]) == pytest.approx(0, abs=1.0)
    with pytest.raises(InputError, match="different grids"):
        magnetisation_transfer_ratio(off, coarse, align=False)


def test_swapped_images_are_refused(phantom):
    off, on = pair(phantom)
    with pytest.raises(InputError, match=r"off\.nii is brighter than on\.nii.*the other way round"):
        magnetisation_transfer_ratio(on, off, names=NAMES[::-1], align=False)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda off, on: (off - 1, on), "off.nii holds negative values"),
        (lambda off, on: (off, on[:, :, 0]), "on.nii must be three-dimensional"),
        (lambda off, on: (off * 0, on), "off.nii shows no signal"),
        (lambda off, _: (off, off), "hold the same values"),
        (lambda off, on: (off, on * 0), "on.nii shows no signal"),
        (lambda off, on: (off, on * float("nan")), "on.nii shows no signal"),
        (lambda off, on: (off, sitk.Cast(on, sitk.sitkComplexFloat32)), "on.nii is complex"),
    ],
)
def test_images_that_cannot_be_used_are_refused(phantom, change, sentence):
    with pytest.raises(InputError, match=sentence):
        magnetisation_transfer_ratio(*change(*pair(phantom)), names=NAMES, align=False)


def test_an_image_of_one_value_cannot_be_aligned(phantom):
    off, on = pair(phantom)
    with pytest.raises(InputError, match=r"voxel of on\.nii holds the same value"):
        magnetisation_transfer_ratio(off, on * 0 + 5, names=NAMES)


def test_zeros_and_nan_have_no_value(phantom):
    off, on = (sitk.GetArrayFromImage(image) for image in pair(phantom))
    off[2, 36, 24], on[2, 36, 25] = 0, np.nan
    made = magnetisation_transfer_ratio(image_of(off), image_of(on), align=False)
    assert np.isnan(made.values[2, 36, 24]) and np.isnan(made.values[2, 36, 25])


def test_aligning_can_be_cancelled(phantom):
    def stop(_: float, message: str) -> None:
        raise Cancelled(message)

    with pytest.raises(Cancelled):
        magnetisation_transfer_ratio(*pair(phantom), progress=stop)
