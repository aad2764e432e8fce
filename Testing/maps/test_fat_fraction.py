import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.fat_fraction import fat_fraction
from MuscleSegLib.maps.opposed_phase import fat_fraction_of_phases
from Testing.maps.limb_phantom import WEDGES, Limbs, image_of, limbs, with_noise

SNR = 50.0


@pytest.fixture(scope="module")
def phantom() -> Limbs:
    return limbs()


def images(of: Limbs, snr: float = SNR):
    return image_of(abs(with_noise(of.fat, snr, 1))), image_of(abs(with_noise(of.water, snr, 2)))


def in_wedges(values, of: Limbs) -> np.ndarray:
    return np.array([np.nanmean(values[of.muscle & (abs(of.percent - wedge) < 0.1)]) for wedge in WEDGES])


def test_the_fat_fraction_of_muscle_is_right_in_noise(phantom):
    made = fat_fraction(*images(phantom))
    assert not made.warnings
    # At no fat at all half a deviation of the noise remains, see without_noise_bias.
    np.testing.assert_allclose(in_wedges(made.values, phantom)[1:], WEDGES[1:], atol=0.4)
    assert abs(in_wedges(made.values, phantom)[0]) < 1.2
    naive = 100 * (parts := [np.abs(with_noise(x, SNR, k)) for k, x in ((1, phantom.fat), (2, phantom.water))])[0]
    assert in_wedges(naive / sum(parts), phantom)[0] > 2 * in_wedges(made.values, phantom)[0]


def test_air_has_no_value_and_the_body_has(phantom):
    values = fat_fraction(*images(phantom)).values
    assert np.isnan(values[~phantom.body]).mean() > 0.999
    assert np.isfinite(values[phantom.body]).mean() > 0.999


def test_the_measured_noise_is_in_the_sidecar(phantom):
    parameters = fat_fraction(*images(phantom)).provenance["parameters"]
    assert parameters["noise_fat"] == pytest.approx(1 / SNR, rel=0.03)
    assert parameters["noise_water"] == pytest.approx(1 / SNR, rel=0.03)


@pytest.mark.parametrize("skin_fat_mm", [5.0, 12.0, 25.0])
def test_swapped_fat_and_water_are_refused_in_lean_and_in_fat_limbs(skin_fat_mm):
    fat, water = images(limbs(skin_fat_mm=skin_fat_mm))
    assert not fat_fraction(fat, water).warnings
    with pytest.raises(InputError, match=r"look swapped.*Give w\.nii as fat and f\.nii as water"):
        fat_fraction(water, fat, names=("f.nii", "w.nii"))
    trusted = fat_fraction(water, fat, trust_order=True)
    assert "look swapped" in trusted.warnings[0]


def test_a_swap_in_one_limb_is_said(phantom):
    left = np.zeros(phantom.body.shape, bool)
    left[:, :, left.shape[2] // 2 :] = True
    fat, water = (np.where(left, a, b) for a, b in ((phantom.fat, phantom.water), (phantom.water, phantom.fat)))
    made = fat_fraction(image_of(abs(with_noise(fat, SNR, 1))), image_of(abs(with_noise(water, SNR, 2))))
    assert made.warnings == (
        "In one limb, not in the other, fat and water look swapped: the separation failed there. Do not use that limb.",
    )


def test_a_limb_with_a_core_as_fat_as_its_rim_is_doubted_not_refused(phantom):
    fat = np.where(phantom.body, 0.85, 0.0)
    made = fat_fraction(image_of(abs(with_noise(fat, SNR, 1))), image_of(abs(with_noise(phantom.body - fat, SNR, 2))))
    assert made.provenance["parameters"]["order_of_fat_and_water"] == "doubtful"


def test_air_set_to_zero_tells_no_noise_and_that_is_said(phantom):
    made = fat_fraction(image_of(phantom.fat), image_of(phantom.water))
    assert len(made.warnings) == 2 and "No noise is seen in the air of fat" in made.warnings[0]
    assert np.isnan(made.values[~phantom.body]).all()
    np.testing.assert_allclose(made.values[phantom.body], phantom.percent[phantom.body], atol=1e-4)


def test_negative_values_are_taken_as_they_are(phantom):
    fat, water = (with_noise(values, SNR, k).real for k, values in enumerate((phantom.fat, phantom.water)))
    made = fat_fraction(image_of(fat), image_of(water))
    assert "fat holds negative values" in made.warnings[0]
    np.testing.assert_allclose(in_wedges(made.values, phantom), WEDGES, atol=0.4)


def test_nan_stays_nan(phantom):
    fat = phantom.fat.copy()
    fat[2, 36, 24] = np.nan
    assert np.isnan(fat_fraction(image_of(fat), image_of(phantom.water)).values[2, 36, 24])


def test_images_that_do_not_fit_together_are_refused(phantom):
    fat, water = images(phantom)
    with pytest.raises(InputError, match="fat and water lie on different grids"):
        fat_fraction(fat, water[:, :, 1:])
    moved = image_of(phantom.water)
    moved.SetOrigin((0.0, 0.0, 0.0))
    with pytest.raises(InputError, match="different grids"):
        fat_fraction(fat, moved)
    with pytest.raises(InputError, match="hold the same values"):
        fat_fraction(fat, fat)
    with pytest.raises(InputError, match="three-dimensional"):
        fat_fraction(fat[:, :, 0], water[:, :, 0])
    with pytest.raises(InputError, match="Most of fat is negative"):
        fat_fraction(image_of(-phantom.fat - 0.1 * phantom.water), water)
    for nothing in (0 * phantom.fat, np.nan * phantom.fat):
        with pytest.raises(InputError, match="fat shows no signal"):
            fat_fraction(image_of(nothing), water)
        with pytest.raises(InputError, match="water shows no signal"):
            fat_fraction(fat, image_of(nothing))
    with pytest.raises(InputError, match="fat is complex"):
        fat_fraction(sitk.Cast(fat, sitk.sitkComplexFloat32), water)


def test_images_of_one_value_everywhere_have_the_fat_fraction_of_their_values(phantom):
    fat, water = (image_of(np.full(phantom.fat.shape, value)) for value in (20.0, 60.0))
    made = fat_fraction(fat, water)
    np.testing.assert_allclose(made.values, 25)


def test_phases_tell_fat_up_to_half_and_say_so(phantom):
    together = image_of(abs(with_noise(phantom.water + phantom.fat, SNR, 1)))
    opposed = image_of(abs(with_noise(phantom.water - phantom.fat, SNR, 2)))
    made = fat_fraction_of_phases(together, opposed)
    folded = [min(wedge, 100 - wedge) for wedge in WEDGES]
    np.testing.assert_allclose(in_wedges(made.values, phantom), folded, atol=0.4)
    assert made.warnings[0].startswith("A fat fraction above 50 % shows as 100 % less it")
    with pytest.raises(InputError, match="is brighter than"):
        fat_fraction_of_phases(opposed, together)
    with pytest.raises(InputError, match="negative"):
        fat_fraction_of_phases(together, image_of(phantom.water - phantom.fat))
    with pytest.raises(InputError, match="hold the same values"):
        fat_fraction_of_phases(together, together)
    with pytest.raises(InputError, match="opposed phase shows no signal"):
        fat_fraction_of_phases(together, image_of(0 * phantom.water))
