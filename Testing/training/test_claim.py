import subprocess
import sys
from errno import ENOLCK
from pathlib import Path

import pytest

from MuscleSegLib.errors import InputError
from MuscleSegLib.training import claim
from MuscleSegLib.training.claim import claimed

HOLD = """
import sys
from pathlib import Path
from MuscleSegLib.training.claim import claimed
with claimed(Path(sys.argv[1])):
    print("claimed", flush=True)
    sys.stdin.read()
"""


def claim_of_another_process(folder: Path) -> subprocess.Popen:
    command = [sys.executable, "-c", HOLD, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert process.stdout.readline().strip() == b"claimed"
    return process


def test_a_folder_that_another_process_trains_in_is_refused_until_that_is_killed(tmp_path):
    with claim_of_another_process(tmp_path) as process:
        with pytest.raises(InputError, match="Another training runs in"), claimed(tmp_path):
            pass
        process.kill()
    with claimed(tmp_path):
        pass


def test_a_folder_can_be_claimed_again_and_again(tmp_path):
    for _ in range(2):
        with claimed(tmp_path), pytest.raises(InputError), claimed(tmp_path):
            pass


def test_where_the_file_system_has_no_locks_training_goes_on(tmp_path, monkeypatch):
    def no_locks(_descriptor):
        raise OSError(ENOLCK, "No locks available")

    monkeypatch.setattr(claim, "_lock", no_locks)
    with claimed(tmp_path):
        pass
