import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.parameter_map import read_map, ready_made_map
from MuscleSegLib.maps.scale import SCALE_NAMES
from Testing.maps.limb_phantom import image_of, limbs

PERCENT = np.nan_to_num(limbs().percent)
BODY = limbs().body


@pytest.mark.parametrize(("factor", "scale"), [(0.01, "0-1"), (1.0, "0-100"), (10.0, "0-1000")])
def test_the_scale_of_a_fat_fraction_is_found_and_said(factor, scale):
    made = ready_made_map(image_of(PERCENT * factor), "FF", "ff.nii.gz")
    np.testing.assert_allclose(made.values, PERCENT, atol=1e-4)
    assert made.provenance["parameters"]["scale"] == scale
    assert made.warnings == (f"The FF map ff.nii.gz was found to be stored in the scale {scale}.",)


@pytest.mark.parametrize(("factor", "scale"), [(0.01, "0-1"), (1.0, "0-100"), (10.0, "0-1000")])
def test_the_scale_of_an_mtr_is_found_beside_noise(factor, scale):
    random = np.random.default_rng(1)
    mtr = np.where(BODY, random.normal(38, 6, BODY.shape), 100 - random.gamma(2, 40, BODY.shape))
    made = ready_made_map(image_of(mtr * factor), "MTR", "mtr.nii.gz")
    np.testing.assert_allclose(made.values[BODY], mtr[BODY], rtol=1e-4)
    assert made.provenance["parameters"]["scale"] == scale


@given(st.floats(22, 60), st.sampled_from([(0.001, "s"), (1.0, "ms"), (10.0, "0.1ms")]))
def test_the_scale_of_a_t2_is_found_for_any_muscle(t2_ms, stored):
    factor, scale = stored
    made = ready_made_map(image_of(np.where(PERCENT > 90, 150.0, t2_ms) * BODY * factor), "T2", "t2")
    assert made.provenance["parameters"]["scale"] == scale
    assert np.isnan(made.values[~BODY]).all()
    assert np.median(made.values[BODY & (PERCENT < 90)]) == pytest.approx(t2_ms, rel=1e-4)


def test_a_map_of_lean_muscle_alone_is_said_to_be_unsure_and_can_be_told():
    lean = image_of(np.where(PERCENT < 12, PERCENT, 0) * 10)
    found = ready_made_map(lean, "FF", "ff.nii.gz")
    assert found.provenance["parameters"]["scale"] == "0-100"
    unsure = ready_made_map(image_of(np.where(PERCENT < 12, PERCENT, 0)), "FF", "ff.nii.gz")
    assert "not sure" in unsure.warnings[0] and "0-1, 0-100, 0-1000" in unsure.warnings[0]
    told = ready_made_map(lean, "FF", "ff.nii.gz", scale="0-1000")
    np.testing.assert_allclose(told.values, np.where(PERCENT < 12, PERCENT, 0), atol=1e-5)
    assert not told.warnings and told.provenance["parameters"]["scale_given"]


def test_impossible_values_are_left_out_and_counted():
    values = PERCENT.copy()
    values[2, 30, 30:33] = 4095, -300, np.nan
    made = ready_made_map(image_of(values), "FF", "ff.nii.gz")
    assert np.isnan(made.values).sum() == 3
    assert "2 voxels of ff.nii.gz hold impossible values" in made.warnings[1]


def test_small_negative_fat_fractions_are_measurements():
    values = PERCENT - 2.0
    np.testing.assert_allclose(ready_made_map(image_of(values), "FF", "ff").values, values, atol=1e-5)


@pytest.mark.parametrize("quantity", SCALE_NAMES)
@pytest.mark.parametrize("values", [np.zeros(BODY.shape), np.full(BODY.shape, -5.0), np.full(BODY.shape, 30000.0)])
def test_values_of_no_scale_are_refused(quantity, values):
    with pytest.raises(InputError, match=r"no value above zero|fit no scale"):
        ready_made_map(image_of(values), quantity, "map.nii.gz")


def test_a_scale_or_quantity_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match="Choose among 0-1, 0-100, 0-1000"):
        ready_made_map(image_of(PERCENT), "FF", "ff", scale="0-255")
    with pytest.raises(InputError, match="FF, MTR, T2, not of B1"):
        ready_made_map(image_of(PERCENT), "B1", "b1")


@pytest.mark.parametrize("suffix", ["nii.gz", "nii", "nrrd"])
@pytest.mark.parametrize("pixel", [sitk.sitkFloat32, sitk.sitkFloat64])
def test_nan_in_a_file_of_another_program_stays_nan(tmp_path, suffix, pixel):
    values = PERCENT.copy()
    values[~BODY] = np.nan
    path = tmp_path / f"ff.{suffix}"
    sitk.WriteImage(sitk.Cast(image_of(values), pixel), str(path))
    np.testing.assert_array_equal(np.isnan(read_map(path, "FF").values), ~BODY)


def test_integers_are_read_as_they_are(tmp_path):
    path = tmp_path / "ff.nii.gz"
    sitk.WriteImage(sitk.Cast(image_of(np.round(PERCENT * 10)), sitk.sitkUInt16), str(path))
    np.testing.assert_allclose(read_map(path, "FF").values, PERCENT, atol=0.051)
