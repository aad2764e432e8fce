"""Images come from files and DICOM folders, or a sentence says why not."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.image_reading import read_image


def _volume() -> sitk.Image:
    image = sitk.GetImageFromArray(np.arange(60, dtype=np.float32).reshape(3, 4, 5))
    image.SetSpacing((1.5, 1.25, 6.0))
    image.SetOrigin((-3.0, 20.5, 100.0))
    return image


@pytest.mark.parametrize("name", ["thigh.nii.gz", "thigh.nrrd", "thigh.mha"])
def test_a_volume_is_read_as_it_was_written(tmp_path: Path, name: str) -> None:
    sitk.WriteImage(_volume(), tmp_path / name)
    image = read_image(tmp_path / name)
    assert np.array_equal(sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(_volume()))
    assert np.allclose(image.GetOrigin(), _volume().GetOrigin())
    assert np.allclose(image.GetSpacing(), _volume().GetSpacing())


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file or folder .*absent\.nii"):
        read_image(tmp_path / "absent.nii")


@pytest.mark.parametrize(
    ("name", "content"), [("scan.nii.gz", b"not an image"), ("scan.txt", b"hello"), ("a.nrrd", b"")]
)
def test_a_file_that_is_no_image_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="could not be read as an image"):
        read_image(tmp_path / name)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    sitk.WriteImage(_volume(), tmp_path / "scan.nii")
    content = (tmp_path / "scan.nii").read_bytes()
    (tmp_path / "scan.nii").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="could not be read as an image"):
        read_image(tmp_path / "scan.nii")


def _several_frames(path: Path, frames: int) -> None:
    sitk.WriteImage(sitk.JoinSeries([_volume() + frame for frame in range(frames)]), path)


def test_a_file_with_one_frame_is_a_volume(tmp_path: Path) -> None:
    _several_frames(tmp_path / "scan.nrrd", 1)
    image = read_image(tmp_path / "scan.nrrd")
    assert image.GetSize() == _volume().GetSize()
    assert image.GetOrigin() == _volume().GetOrigin()


def test_of_several_frames_one_must_be_chosen(tmp_path: Path) -> None:
    _several_frames(tmp_path / "scan.nrrd", 3)
    with pytest.raises(InputError, match=r"holds 3 volumes.*scan\.nrrd#0 to .*scan\.nrrd#2"):
        read_image(tmp_path / "scan.nrrd")
    assert sitk.GetArrayFromImage(read_image(f"{tmp_path}/scan.nrrd#2")).min() == 2


def test_a_frame_that_is_not_there_is_refused(tmp_path: Path) -> None:
    _several_frames(tmp_path / "scan.nrrd", 3)
    with pytest.raises(InputError, match="no volume number 3: it holds 3"):
        read_image(f"{tmp_path}/scan.nrrd#3")
