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


@pytest.mark.parametrize("scanner", ["ff.nii.gz", "ff.nii", "ff.mha"])
def test_the_sidecar_of_a_converted_map_is_not_that_of_the_scanner_s(tmp_path, scanner):
    """They share a stem; the scanner's map stays in its own unit."""
    sitk.WriteImage(image_of(np.nan_to_num(limbs().percent) * 10), str(tmp_path / scanner))
    converted = read_map(tmp_path / scanner, "FF")
    write_map(converted, tmp_path / "ff.nrrd")
    np.testing.assert_array_equal(read_map(tmp_path / scanner, "FF").values, converted.values)
    with pytest.raises(InputError, match=f"Nothing beside {scanner} says"):
        read_map(tmp_path / scanner)


@pytest.mark.parametrize("name", ["ff.nii.gz", "ff.nii", "ff.nrrd"])
def test_a_map_that_is_renamed_with_its_sidecar_keeps_its_unit(made, tmp_path, name):
    image, sidecar = write_map(made, tmp_path / name)
    renamed = image.rename(tmp_path / f"visit 2.{name}")
    sidecar.rename(tmp_path / "visit 2.ff.json")
    assert read_map(renamed).provenance == made.provenance


def test_a_sidecar_of_an_older_version_belongs_to_any_map_of_its_stem(made, tmp_path):
    image, sidecar = write_map(made, tmp_path / "ff.nrrd")
    content = json.loads(sidecar.read_text())
    del content["suffix"]
    sidecar.write_text(json.dumps(content))
    assert read_map(image).provenance == made.provenance


def test_a_sidecar_that_an_editor_saved_with_a_byte_order_mark_counts(made, tmp_path):
    image, sidecar = write_map(made, tmp_path / "ff.nrrd")
    sidecar.write_text(sidecar.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert read_map(image).provenance == made.provenance


@pytest.mark.parametrize("nothing", [np.nan, np.inf])
def test_a_map_without_any_value_is_refused(nothing):
    with pytest.raises(InputError, match="No voxel has a value of T2"):
        map_of(np.full(grid().GetSize()[::-1], nothing), grid(), "T2", method="a method")


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
