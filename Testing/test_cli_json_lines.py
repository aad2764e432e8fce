"""``muscleseg --json-lines``: everything said as JSON, one object a line, and stopped by whoever started it."""

import json
import signal
import subprocess
import sys

import pytest
import SimpleITK as sitk

import MuscleSegLib.segmentation.pipeline as pipeline
from MuscleSegLib.cli import main
from Testing.segmentation.model_folders import write_model
from Testing.segmentation.phantoms import Limb, limb_volume

#: A process whose command says that it works, waits to be stopped, and clears away what it began.
WAITING_COMMAND = """
import sys, time
from pathlib import Path
from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.cli import main
from MuscleSegLib.commands import models
from MuscleSegLib.commands.output import output_for

def wait(arguments):
    with output_for(arguments) as out, written_atomically(Path(sys.argv[1]) / "result") as half_written:
        half_written.touch()
        out.progress(0.5, "waiting")
        while True:
            time.sleep(0.01)

models.run = wait
sys.exit(main(["--json-lines", "models"]))
"""


@pytest.fixture
def segment(tmp_path, capsys):
    """Runs the command in this process; gives its exit code and the objects it wrote."""
    sitk.WriteImage(limb_volume([Limb(-85), Limb(85)], slices=2), str(tmp_path / "image.nii.gz"))
    write_model(tmp_path / "models", "thigh-own", "thigh")

    def run(*arguments):
        fixed = ["--json-lines", "segment", tmp_path / "image.nii.gz", "--models-dir", tmp_path / "models"]
        code = main([str(argument) for argument in [*fixed, "--model", "own", "--region", "thigh", *arguments]])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.fixture(params=[signal.SIG_DFL, signal.SIG_IGN], ids=["in the foreground", "in the background"])
def waiting_process(request, tmp_path):
    """A command in a process of its own that has begun its work; a shell's background jobs do not hear Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING_COMMAND, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, request.param),
    )
    with process:
        assert json.loads(process.stdout.readline()) == {"type": "progress", "fraction": 0.5, "message": "waiting"}
        assert list(tmp_path.iterdir())
        yield process
        process.kill()


def test_a_run_says_how_far_it_is_what_to_check_what_it_wrote_and_that_it_is_done(segment, tmp_path):
    code, said = segment("-o", tmp_path / "out.nii.gz")

    assert code == 0
    fractions = [event["fraction"] for event in said if event["type"] == "progress"]
    assert len(fractions) > 1 and fractions == sorted(fractions)
    few_slices = next(event for event in said if event["type"] == "warning" and "axial slices" in event["text"])
    assert few_slices == {
        "type": "warning",
        "text": few_slices["text"],
        "slice": None,
        "label": None,
        "kind": "image",
    }
    assert [event["path"] for event in said if event["type"] == "file"] == [
        str(tmp_path / "out.nii.gz"),
        str(tmp_path / "out.tsv"),
    ]
    assert said[-1] == {"type": "done"}


def test_a_muscle_that_is_warned_of_is_named_by_its_value_in_the_label_map(segment, tmp_path):
    _, said = segment("-o", tmp_path / "out.nii.gz")

    values = {event["label"] for event in said if event["type"] == "warning" and event["kind"] == "absent"}
    present = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out.nii.gz")))
    assert values
    assert not values & set(present.ravel().tolist())


def test_what_cannot_be_used_is_an_error_and_nothing_follows_it(segment, tmp_path):
    code, said = segment("-o", tmp_path / "out.txt")

    assert code == 2
    assert [event["type"] for event in said] == ["error"]
    assert "out.txt" in said[0]["text"] and said[0]["details"] == ""


@pytest.fixture
def failing(segment, tmp_path, monkeypatch):
    """Segment, and let something fail on the way; the exit code and the error that is said."""

    def run(error: Exception) -> tuple[int, dict]:
        def fail(*_args):
            raise error

        monkeypatch.setattr(pipeline, "find_limbs", fail)
        code, said = segment("-o", tmp_path / "out.nii.gz")
        assert said[-1]["type"] == "error"
        assert not (tmp_path / "out.nii.gz").exists()
        return code, said[-1]

    return run


def test_a_fault_is_a_sentence_with_the_traceback_beside_it(failing):
    code, said = failing(ZeroDivisionError("of zeros"))

    assert code == 1
    assert "fault of MuscleSeg: ZeroDivisionError" in said["text"]
    assert "ZeroDivisionError" in said["details"].splitlines()[-1]


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (MemoryError(), "not enough memory"),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
            "not enough memory",
        ),
        (PermissionError(13, "Permission denied", "/data/out"), "/data/out cannot be used: Permission denied"),
        (OSError(28, "No space left on device", "/data/out"), "No space left on device"),
    ],
)
def test_a_failure_of_the_machine_is_a_sentence_and_no_fault(failing, failure, text):
    code, said = failing(failure)

    assert code == 2
    assert text in said["text"]
    assert said["details"] == ""


def test_a_request_to_terminate_stops_the_work_and_leaves_nothing_behind(waiting_process, tmp_path):
    waiting_process.send_signal(signal.SIGTERM)

    assert json.loads(waiting_process.stdout.readline()) == {"type": "error", "text": "stopped", "details": ""}
    assert waiting_process.wait() == 130
    assert not list(tmp_path.iterdir())


def test_the_end_of_the_pipe_into_it_stops_the_work_and_leaves_nothing_behind(waiting_process, tmp_path):
    waiting_process.stdin.close()

    assert json.loads(waiting_process.stdout.readline()) == {"type": "error", "text": "stopped", "details": ""}
    assert waiting_process.wait() == 130
    assert not list(tmp_path.iterdir())


def test_an_input_that_is_no_pipe_stops_nothing():
    command = [sys.executable, "-m", "MuscleSegLib.cli", "--json-lines", "models"]
    finished = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)

    assert [json.loads(line)["type"] for line in finished.stdout.splitlines()] == ["text", "done"]


def test_a_command_that_is_called_wrongly_is_an_error_with_its_usage(capsys):
    assert main(["--json-lines", "measure", "labels.seg.nrrd"]) == 2

    (error,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert error["type"] == "error"
    assert "-o/--output" in error["text"]
    assert error["details"].startswith("usage: muscleseg measure")
