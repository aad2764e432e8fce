import sys

import pytest
import torch

from MuscleSegLib.errors import ConfigError, InputError
from MuscleSegLib.training.checkpoint import load_checkpoint, save_checkpoint

CPU = torch.device("cpu")


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    save_checkpoint(tmp_path / "checkpoint.pt", {"step": 3, "weights": torch.arange(5.0)})
    read = load_checkpoint(tmp_path / "checkpoint.pt", CPU)
    assert read["step"] == 3 and torch.equal(read["weights"], torch.arange(5.0))


@pytest.fixture
def little_space():
    """No file may become longer than this many bytes: what a full disk does, as far as a program can tell."""
    if sys.platform == "win32":
        pytest.skip("Windows does not limit the length of files")
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    yield 1000
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_is_said_and_the_last_checkpoint_kept(tmp_path, little_space):
    # Torch, writing the file itself, raises a RuntimeError that says nothing of space.
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(b"the last")
    with pytest.raises(InputError, match=r"checkpoint\.pt could not be written\. Is there space"):
        save_checkpoint(path, {"weights": torch.zeros(little_space)})
    assert path.read_bytes() == b"the last"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / "checkpoint.pt").write_bytes(b"no checkpoint")
    with pytest.raises(ConfigError, match="delete it to start again"):
        load_checkpoint(tmp_path / "checkpoint.pt", CPU)
