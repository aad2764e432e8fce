"""What a command may write to, and what it never may."""

from pathlib import Path

import pytest

from MuscleSegLib.commands.paths import check_free
from MuscleSegLib.errors import InputError


@pytest.fixture
def there(tmp_path) -> Path:
    path = tmp_path / "there.nii.gz"
    path.write_text("mine")
    return path


def test_what_is_there_is_replaced_only_when_told(there):
    with pytest.raises(InputError, match="is there already"):
        check_free([None, there], overwrite=False, inputs=[])
    check_free([None, there], overwrite=True, inputs=[])


@pytest.mark.parametrize("given", ["{}", "{}#1"])
def test_what_is_read_is_never_replaced(there, given):
    with pytest.raises(InputError, match="is what is read"):
        check_free([there], overwrite=True, inputs=[None, given.format(there)])


def test_a_link_to_what_is_read_is_what_is_read(there):
    link = there.with_name("link.nii.gz")
    link.symlink_to(there)
    with pytest.raises(InputError, match="is what is read"):
        check_free([link], overwrite=True, inputs=[there])


def test_a_folder_that_is_not_there_is_said_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match="none does not exist"):
        check_free([tmp_path / "there.csv", None, tmp_path / "none" / "out.csv"], overwrite=True, inputs=[])


def test_a_folder_is_not_replaced(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        check_free([tmp_path], overwrite=True, inputs=[])


def test_two_results_are_not_written_to_one_file(there):
    with pytest.raises(InputError, match=r"Two results are to be written as there\.nii\.gz"):
        check_free([there, None, there.parent / "." / there.name, None], overwrite=True, inputs=[])


def test_what_could_not_be_read_again_is_not_written(tmp_path):
    (tmp_path / "map.nii").touch()
    with pytest.raises(InputError, match=r"map\.nii lies beside map\.nii\.gz"):
        check_free([tmp_path / "map.nii.gz"], overwrite=True, inputs=[])
