"""Files that are complete or not there, and what is said when they cannot be."""

import os
from pathlib import Path

import pytest
import SimpleITK as sitk

from MuscleSegLib.atomic import check_folder, written_atomically
from MuscleSegLib.errors import InputError


def test_what_stops_the_writing_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")

    def stopped_half_way() -> None:
        with written_atomically(path) as unfinished:
            unfinished.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_half_way()
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_said_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    with (
        pytest.raises(InputError, match=r"folder\.txt could not be written. Is there space"),
        written_atomically(tmp_path / "folder.txt") as unfinished,
    ):
        unfinished.write_text("all")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.txt"]


def test_so_is_one_that_itk_cannot_write(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"a\.nrrd could not be written"),
        written_atomically(tmp_path / "nowhere" / "a.nrrd") as unfinished,
    ):
        sitk.WriteImage(sitk.Image(2, 2, sitk.sitkUInt8), str(unfinished))


def test_a_fault_of_the_program_is_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="a fault"), written_atomically(tmp_path / "a.txt"):
        raise RuntimeError("a fault")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    check_folder(tmp_path / "a.txt")
    with pytest.raises(InputError, match=r"nowhere does not exist"):
        check_folder(tmp_path / "nowhere" / "a.txt")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_that_may_only_be_read_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="Nothing may be written in the folder"):
        check_folder(tmp_path / "a.txt")
