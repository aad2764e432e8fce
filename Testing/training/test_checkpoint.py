import subprocess
import sys

import pytest
import torch

from MuscleSegLib.errors import ConfigError
from MuscleSegLib.training.checkpoint import load_checkpoint, save_checkpoint

CPU = torch.device("cpu")


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    save_checkpoint(tmp_path / "checkpoint.pt", {"step": 3, "weights": torch.arange(5.0)})
    read = load_checkpoint(tmp_path / "checkpoint.pt", CPU)
    assert read["step"] == 3 and torch.equal(read["weights"], torch.arange(5.0))


#: Saves where no file may become longer than a thousand bytes: a full disk, as far as a program can tell. In a process
#: of its own, because the limit is that of all its files.
_WITHOUT_SPACE = """
import resource, sys
from pathlib import Path
import torch
from MuscleSegLib.errors import InputError
from MuscleSegLib.training.checkpoint import save_checkpoint
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    save_checkpoint(Path(sys.argv[1]), {"weights": torch.zeros(1000)})
except InputError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not limit the length of files")
def test_a_disk_that_is_full_is_said_and_the_last_checkpoint_kept(tmp_path):
    # Torch, writing the file itself, raises a RuntimeError that says nothing of space.
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(b"the last")
    finished = subprocess.run([sys.executable, "-c", _WITHOUT_SPACE, path], check=True, capture_output=True, text=True)
    assert "checkpoint.pt could not be written. Is there space" in finished.stdout
    assert path.read_bytes() == b"the last"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / "checkpoint.pt").write_bytes(b"no checkpoint")
    with pytest.raises(ConfigError, match="delete it to start again"):
        load_checkpoint(tmp_path / "checkpoint.pt", CPU)
