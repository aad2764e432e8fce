"""Paths with other letters than ASCII, where ITK does not know them: in a Python on Windows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import SimpleITK as sitk

from MuscleSegLib import itk_paths
from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.errors import InputError
from MuscleSegLib.itk_paths import itk_path
from MuscleSegLib.maps.parameter_map import ParameterMap, read_map, write_map
from MuscleSegLib.registration import read_transform, write_transform
from MuscleSegLib.segmentation.image_reading import read_image


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a letter that is not ASCII and, as on Windows, a short name without; ITK takes only that."""
    folder = tmp_path / "Jörg"
    folder.mkdir()
    (tmp_path / "JRG~1").symlink_to(folder)
    monkeypatch.setattr(itk_paths, "_code_page", lambda: 1252)
    monkeypatch.setattr(itk_paths, "_short_name", lambda path: str(path).replace("Jörg", "JRG~1"))

    def knowing_no_other_letters(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **options: Any) -> Any:
            if not all(argument.isascii() for argument in arguments if isinstance(argument, str)):
                raise RuntimeError("The file does not exist.")
            return function(*arguments, **options)

        return called

    for name in ("ReadImage", "WriteImage", "ReadTransform", "WriteTransform"):
        monkeypatch.setattr(sitk, name, knowing_no_other_letters(getattr(sitk, name)))
    return folder


def test_images_maps_and_transforms_are_written_and_read_in_such_a_folder(folder: Path) -> None:
    image = sitk.Image(4, 4, 3, sitk.sitkFloat32)
    write_map(ParameterMap(image, "FF", "%", {}), folder / "ff.nrrd")
    write_transform(sitk.TranslationTransform(3, (1, 2, 3)), folder / "to_t1.h5")

    assert read_map(folder / "ff.nrrd").quantity == "FF"
    assert read_image(folder / "ff.nrrd").GetSize() == (4, 4, 3)
    assert read_transform(folder / "to_t1.h5").TransformPoint((0, 0, 0)) == (1, 2, 3)
    assert {path.name for path in folder.iterdir()} == {"ff.nrrd", "ff.json", "to_t1.h5"}


def test_a_path_that_itk_knows_stays_as_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert itk_path("scans/thigh.nii.gz") == "scans/thigh.nii.gz"
    monkeypatch.setattr(itk_paths, "_code_page", lambda: 65001)
    assert itk_path(folder / "thigh.nii.gz") == str(folder / "thigh.nii.gz")


def test_a_file_is_written_under_any_name_but_read_under_those_that_itk_knows(folder: Path) -> None:
    with written_atomically(folder / "später.nrrd") as unfinished:
        sitk.WriteImage(sitk.Image(4, 4, 3, sitk.sitkUInt8), itk_path(unfinished))
    with pytest.raises(InputError, match=r"später\.nrrd cannot be opened on Windows.* Give the file a name without"):
        read_image(folder / "später.nrrd")


def test_a_drive_without_short_names_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(itk_paths, "_short_name", str)
    with pytest.raises(InputError, match=r"use a folder without, e\.g\. C:\\scans"):
        itk_path(folder / "thigh.nii.gz")
