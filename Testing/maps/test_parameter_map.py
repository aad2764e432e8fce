import json

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib import __version__
from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.parameter_map import map_of, read_map, write_map
from Testing.maps.limb_phantom import grid, image_of, limbs


@pytest.fixture
def made():
    values = limbs().percent
    return map_of(
        values,
        grid(),
        "FF",
        method="a method",
        inputs={"fat": "fat.nii.gz"},
        parameters={"noise": None, "times_ms": [1.5, 2.5]},
        warnings=["Look at it."],
    )


@pytest.mark.parametrize("name", ["ff.nii.gz", "ff.nii", "ff.nrrd"])
def test_a_written_map_comes_back_with_its_values_geometry_and_provenance(made, tmp_path, name):
    image, sidecar = write_map(made, tmp_path / name)
    again = read_map(image, "FF")
    np.testing.assert_array_equal(again.values, made.values)
    assert np.isnan(again.values).any()
    assert again.image.GetDirection() == pytest.approx(grid().GetDirection(), abs=1e-6)
    assert again.image.GetOrigin() == pytest.approx(grid().GetOrigin(), abs=1e-4)
    assert (again.unit, again.provenance, again.warnings) == ("%", made.provenance, ("Look at it.",))
    assert again.provenance["version"] == __version__
    assert "not for diagnostic use" in json.loads(sidecar.read_text())["notice"]


def test_what_is_not_finite_becomes_nan():
    values = np.ones(grid().GetSize()[::-1])
    values[0, 0, :2] = np.inf, -np.inf
    made = map_of(values, grid(), "T2", method="a method")
    assert np.isnan(made.values).sum() == 2 and made.unit == "ms"


def test_a_map_of_something_else_is_refused(made, tmp_path):
    write_map(made, tmp_path / "ff.nrrd")
    with pytest.raises(InputError, match=r"ff\.nrrd is a map of FF, not of T2"):
        read_map(tmp_path / "ff.nrrd", "T2")


def test_an_edited_sidecar_is_refused(made, tmp_path):
    _, sidecar = write_map(made, tmp_path / "ff.nrrd")
    sidecar.write_text(sidecar.read_text().replace('"%"', '"per mille"'))
    with pytest.raises(InputError, match="unit that is not known"):
        read_map(tmp_path / "ff.nrrd")


def test_another_programs_sidecar_is_none_of_ours(tmp_path):
    sitk.WriteImage(image_of(np.nan_to_num(limbs().percent)), str(tmp_path / "ff.nii.gz"))
    (tmp_path / "ff.json").write_text('{"EchoTime": 0.01}')
    assert read_map(tmp_path / "ff.nii.gz", "FF").provenance["parameters"]["scale"] == "0-100"


def test_without_a_sidecar_the_quantity_must_be_said(tmp_path):
    sitk.WriteImage(image_of(np.ones(grid().GetSize()[::-1])), str(tmp_path / "map.nrrd"))
    with pytest.raises(InputError, match="Say whether it shows FF, T2 or MTR"):
        read_map(tmp_path / "map.nrrd")


@pytest.mark.parametrize("name", ["ff.dcm", "ff", "no folder/ff.nrrd"])
def test_a_name_that_cannot_be_written_is_refused_and_nothing_is_left(made, tmp_path, name):
    with pytest.raises(InputError):
        write_map(made, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_an_image_that_is_no_map_is_refused(tmp_path):
    sitk.WriteImage(sitk.Image([4, 4, 4], sitk.sitkVectorFloat32, 3), str(tmp_path / "rgb.nrrd"))
    with pytest.raises(InputError, match="one number a voxel"):
        read_map(tmp_path / "rgb.nrrd", "FF")
    sitk.WriteImage(sitk.Image([4, 4, 4], sitk.sitkComplexFloat32), str(tmp_path / "echo.nii"))
    with pytest.raises(InputError, match="complex"):
        read_map(tmp_path / "echo.nii", "FF")
