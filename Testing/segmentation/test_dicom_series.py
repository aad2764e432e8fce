"""A folder of DICOM slices is a volume, or a sentence says what is in it."""

import os
import random
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.dicom_series import path_of_series
from MuscleSegLib.segmentation.image_reading import read_image
from Testing.segmentation.dicom_files import PATIENT, write_series


def test_slices_are_stacked_by_their_position(tmp_path: Path) -> None:
    heights = [100.0 + 6 * slice_ for slice_ in range(7)]
    shuffled = random.Random(0).sample(heights, len(heights))
    write_series(tmp_path, shuffled)
    image = read_image(tmp_path)
    assert image.GetSize() == (6, 5, 7)
    assert np.allclose(image.GetSpacing(), (1.25, 1.5, 6))
    assert np.allclose(image.GetOrigin(), (-10, -20, 100))
    expected = [shuffled.index(height) + 1 for height in heights]
    assert sitk.GetArrayFromImage(image)[:, 0, 0].tolist() == expected


def test_several_series_are_listed_without_the_patient(tmp_path: Path) -> None:
    write_series(tmp_path, [0, 5, 10], number=3, description="T1 thigh")
    write_series(tmp_path, [0, 5], number=12, description="Dixon leg")
    with pytest.raises(InputError) as error:
        read_image(tmp_path)
    text = str(error.value)
    assert "3 “T1 thigh” (3 slices); 12 “Dixon leg” (2 slices)" in text
    assert f"{tmp_path}#" in text
    assert PATIENT not in text
    assert read_image(f"{tmp_path}#12").GetSize()[2] == 2


def test_a_series_number_that_is_not_there_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, [0, 5, 10], number=3)
    with pytest.raises(InputError, match="no series number 4"):
        read_image(f"{tmp_path}#4")


def test_series_that_share_a_number_need_folders_of_their_own(tmp_path: Path) -> None:
    write_series(tmp_path, [0, 5], number=3, description="water")
    write_series(tmp_path, [0, 5], number=3, description="fat")
    with pytest.raises(InputError, match="into a folder of its own"):
        read_image(f"{tmp_path}#3")


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(InputError, match="no DICOM images"):
        read_image(tmp_path)


def test_a_missing_slice_is_named(tmp_path: Path) -> None:
    write_series(tmp_path, [0, 5, 10, 20, 25, 30])
    with pytest.raises(InputError, match=r"5\.00 mm apart, but slices 2 and 3, counted from 0, are not \(10\.00 mm"):
        read_image(tmp_path)


@pytest.mark.parametrize("kept", [0.5, 0.99])
@pytest.mark.parametrize("which", [0, -1])
def test_a_slice_that_was_cut_off_is_named_at_the_ends_too(tmp_path: Path, which: int, kept: float) -> None:
    write_series(tmp_path, [0, 5, 10, 15])
    cut = sorted(tmp_path.iterdir())[which]
    cut.write_bytes(cut.read_bytes()[: int(kept * cut.stat().st_size)])
    with pytest.raises(InputError, match=f"{cut.name} begins as a DICOM image, but is incomplete or damaged"):
        read_image(tmp_path)


def test_what_is_no_image_may_lie_beside_the_slices(tmp_path: Path) -> None:
    write_series(tmp_path, [0, 5, 10])
    slice_file = next(iter(tmp_path.iterdir()))
    report = slice_file.read_bytes().replace(b"1.2.840.10008.5.1.4.1.1.4\0", b"1.2.840.10008.5.1.4.1.1.88")
    (tmp_path / "report.dcm").write_bytes(report[:400])
    (tmp_path / "notes.txt").write_text("of the patient")
    assert read_image(tmp_path).GetSize() == (6, 5, 3)


def test_several_images_at_a_place_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path, [0, 0, 5, 5, 10, 10])
    with pytest.raises(InputError, match="several images at the same place"):
        read_image(tmp_path)


def test_a_single_slice_is_a_volume(tmp_path: Path) -> None:
    write_series(tmp_path, [42.0])
    assert read_image(tmp_path).GetSize() == (6, 5, 1)


def test_an_oblique_series_keeps_its_orientation(tmp_path: Path) -> None:
    coronal = (1, 0, 0, 0, 0, -1)
    write_series(tmp_path, [0.0], orientation=coronal)
    direction = np.array(read_image(tmp_path).GetDirection()).reshape(3, 3)
    assert np.allclose(direction[:, 0], coronal[:3])
    assert np.allclose(direction[:, 1], coronal[3:])


def test_a_folder_with_a_hash_in_its_name_is_read_as_it_is(tmp_path: Path) -> None:
    write_series(tmp_path / "visit#2", [0, 5, 10], number=7)
    assert read_image(tmp_path / "visit#2").GetSize()[2] == 3


def test_the_series_of_some_files_has_the_path_that_reads_it(tmp_path: Path) -> None:
    write_series(tmp_path, [0, 5, 10], number=3)
    files = sorted(tmp_path.iterdir())
    assert path_of_series(files[1:]) == str(tmp_path)
    write_series(tmp_path, [0, 5], number=12)
    assert read_image(path_of_series(files)).GetSize()[2] == 3
    assert path_of_series(tmp_path.iterdir()) == ""
    (tmp_path / "elsewhere").mkdir()
    files[0] = files[0].rename(tmp_path / "elsewhere" / files[0].name)
    assert path_of_series(files) == ""
    assert path_of_series([tmp_path / "gone" / "1.dcm"]) == ""


def test_a_file_whose_name_is_not_in_utf_8_is_named(tmp_path: Path) -> None:
    write_series(tmp_path, [0.0, 5.0])
    next(tmp_path.iterdir()).rename(os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcller.dcm"))
    with pytest.raises(InputError, match=r"udcfcller.dcm is not in UTF-8"):
        read_image(tmp_path)
