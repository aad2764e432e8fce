"""Files that are complete or not there, and what is said when they cannot be."""

import os
import re
from pathlib import Path

import pytest
import SimpleITK as sitk

from MuscleSegLib.atomic import check_folder, written_atomically, written_together
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


def test_files_that_are_written_together_appear_when_the_last_is_complete(tmp_path: Path) -> None:
    with written_together():
        for name in ("a.txt", "b.txt"):
            with written_atomically(tmp_path / name) as unfinished:
                unfinished.write_text(name)
        assert not (tmp_path / "a.txt").exists()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "a.txt", "b.txt": "b.txt"}


def test_where_one_cannot_be_written_none_appears(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("before")

    def without_space() -> None:
        with written_together():
            with written_atomically(tmp_path / "a.txt") as unfinished:
                unfinished.write_text("after")
            with written_atomically(tmp_path / "b.txt") as unfinished:
                unfinished.write_text("half")
                raise OSError(28, "No space left on device", str(unfinished))

    with pytest.raises(InputError, match=r"b\.txt could not be written"):
        without_space()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "before"}


@pytest.mark.parametrize("kept", ["a.txt", "b.txt"])
def test_where_one_cannot_be_replaced_none_is(tmp_path: Path, kept: str) -> None:
    (tmp_path / kept).mkdir()  # as little to be replaced as a table that is open in a spreadsheet on Windows

    def kept_by_another() -> None:
        with written_together():
            for name in ("a.txt", "b.txt"):
                with written_atomically(tmp_path / name) as unfinished:
                    unfinished.write_text("after")

    with pytest.raises(InputError, match=f"{re.escape(kept)} could not be written"):
        kept_by_another()
    assert [path.name for path in tmp_path.iterdir()] == [kept]


def test_files_of_a_block_within_another_wait_for_all_of_that(tmp_path: Path) -> None:
    def given_up() -> None:
        with written_together():
            with written_together(), written_atomically(tmp_path / "a.txt") as unfinished:
                unfinished.write_text("all")
            assert not (tmp_path / "a.txt").exists()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        given_up()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_given_up_does_not_appear_with_the_others(tmp_path: Path) -> None:
    def given_up() -> None:
        with written_atomically(tmp_path / "a.txt") as unfinished:
            unfinished.write_text("half")
            raise RuntimeError

    with written_together():
        with pytest.raises(RuntimeError):
            given_up()
        with written_atomically(tmp_path / "b.txt") as unfinished:
            unfinished.write_text("all")
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]


def test_a_name_may_be_as_long_as_the_folder_takes_it(tmp_path: Path) -> None:
    path = tmp_path / f"{246 * 'a'}.seg.nrrd"
    check_folder(path)
    with written_atomically(path) as unfinished:
        sitk.WriteImage(sitk.Image(2, 2, sitk.sitkUInt8), str(unfinished))
    assert list(tmp_path.iterdir()) == [path]


def test_a_longer_one_is_said_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"A file cannot be named a+\.nrrd \(File name too long\)"):
        check_folder(tmp_path / f"{251 * 'a'}.nrrd")


def test_clearing_away_does_not_hide_why_nothing_was_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()  # nothing can be written below it, nor removed
    with (
        pytest.raises(InputError, match=r"a\.txt could not be written"),
        written_atomically(tmp_path / "file" / "a.txt") as unfinished,
    ):
        unfinished.write_text("all")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    check_folder(tmp_path / "a.txt")
    with pytest.raises(InputError, match=r"nowhere does not exist"):
        check_folder(tmp_path / "nowhere" / "a.txt")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_that_may_only_be_read_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="Nothing may be written in the folder"):
        check_folder(tmp_path / "a.txt")
