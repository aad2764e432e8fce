"""A command in a true child process: what it says arrives, it stops when asked to, its end is told in a sentence."""

import gc
import os
import sys
import weakref
from pathlib import Path

import pytest
import SimpleITK as sitk
from PySide6 import QtWidgets

from Testing.segmentation.model_folders import write_model
from Testing.segmentation.phantoms import Limb, limb_volume

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes that misbehave are shell scripts here")

#: Writes its process id and goes on for ever, whoever asks it to stop.
DEAF = "trap '' TERM; echo $$ > {folder}/part; mv {folder}/part {folder}/pid; while :; do sleep 0.01; done"


@pytest.fixture
def run(application):  # noqa: ARG001  (what is imported needs it)
    """Starts a job; gives it and what it told."""
    from MuscleSegModule.job import Job

    jobs = []

    def start(*arguments):
        told = {"progress": [], "warnings": [], "files": [], "texts": [], "outcomes": []}
        job = Job(
            [str(argument) for argument in arguments],
            onEnd=told["outcomes"].append,
            onProgress=lambda fraction, message: told["progress"].append((fraction, message)),
            onWarning=told["warnings"].append,
            onFile=told["files"].append,
            onText=told["texts"].append,
        )
        jobs.append(job)
        job.start()
        return job, told

    yield start
    for job in jobs:
        job.close()


@pytest.fixture
def python_slicer(tmp_path, monkeypatch):
    """Puts a shell script where Slicer's Python is looked for."""

    def put(script):
        program = tmp_path / "bin" / "PythonSlicer"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    return put


@pytest.fixture
def ended(application):
    """Waits for the end of a job and gives its outcome."""

    def wait(told):
        application.wait_until(lambda: told["outcomes"], seconds=120)
        (outcome,) = told["outcomes"]
        return outcome

    return wait


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_volume_is_segmented_and_everything_said_arrives(run, ended, tmp_path, monkeypatch):
    sitk.WriteImage(limb_volume([Limb(-85), Limb(85)], slices=2), str(tmp_path / "image.nrrd"))
    write_model(tmp_path / "models", "thigh-own", "thigh")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    output = tmp_path / "result.seg.nrrd"

    own = ["--model", "own", "--models-dir", tmp_path / "models", "--region", "thigh"]
    job, told = run("segment", tmp_path / "image.nrrd", "-o", output, *own)
    assert job.running
    outcome = ended(told)

    assert outcome.state == "done" and not job.running
    assert told["files"] == [output] and output.is_file()
    assert [fraction for fraction, _ in told["progress"]] == sorted(fraction for fraction, _ in told["progress"])
    assert told["progress"][-1][1]
    assert any("axial slices" in warning["text"] for warning in told["warnings"])
    assert {"text", "slice", "label", "kind"} <= set(told["warnings"][0])


def test_a_question_is_answered_with_a_text(run, ended):
    _, told = run("models")

    assert ended(told).state == "done"
    assert "thigh-hrnet" in told["texts"][0]


def test_what_the_user_can_put_right_is_the_sentence_of_the_command(run, ended, tmp_path):
    _, told = run("models", "--models-dir", tmp_path / "none")
    outcome = ended(told)

    assert (outcome.state, outcome.details) == ("failed", "")
    assert "There is no folder" in outcome.text


def test_arguments_that_are_not_understood_are_a_failure_with_what_was_said(run, ended):
    _, told = run("models", "--no-such-option")
    outcome = ended(told)

    assert outcome.state == "failed"
    assert "--no-such-option" in outcome.text
    assert outcome.details.startswith("usage: muscleseg")


def test_names_of_files_are_left_out_of_the_log_and_the_details(run, ended, tmp_path):
    job, told = run("models", "--models-dir", tmp_path / "Doe Jane" / "JaneDoe-1970.d")
    outcome = ended(told)

    log = job.log.read_text(encoding="utf-8")
    assert "JaneDoe-1970.d" in outcome.text and outcome.log == job.log
    assert "models" in log and "[…]" in log
    assert not [name for name in ("Jane", "Doe", "1970") if name in log + outcome.details]


def test_the_log_is_in_slicers_temporary_folder_and_only_the_last_are_kept(python_slicer, run):
    import slicer

    python_slicer("exit 0")
    for _ in range(12):
        job, _ = run("models")
        job.close()

    logs = list(job.log.parent.glob("*.log"))
    assert Path(slicer.app.temporaryPath) in job.log.parents
    assert len(logs) == 10 and job.log in logs


@pytest.mark.parametrize("end", ["kill -SEGV $$", "sh -c 'kill -9 $$' || exit 1"])
def test_a_crash_is_a_sentence_and_the_last_that_was_said(python_slicer, run, ended, end):
    """PythonSlicer is a launcher: of a Python that crashed, or that the system killed, it tells no more than 1."""
    python_slicer(f"echo 'Fatal Python error: Segmentation fault' >&2; {end}")
    _, told = run("models")
    outcome = ended(told)

    assert outcome.state == "failed"
    assert "unexpectedly" in outcome.text and "memory" in outcome.text
    assert "Segmentation fault" in outcome.details


def test_an_end_without_a_word_is_no_success(python_slicer, run, ended):
    python_slicer("exit 0")
    _, told = run("models")

    assert ended(told).state == "failed"


def test_a_python_that_cannot_be_started_is_named(run, ended, monkeypatch):
    monkeypatch.setattr("MuscleSegModule.job.pythonSlicer", lambda: "/no/such/python")
    _, told = run("models")

    assert "/no/such/python" in ended(told).text


def test_what_a_library_prints_among_the_events_goes_to_the_log(python_slicer, run, ended):
    python_slicer("""echo 'A greeting'; echo '{"type": "progress", "fraction": 0.5, "message": "Half"}'
        echo '{"no": "event"}'; printf '{"type": "do'; sleep 0.1; echo 'ne"}'""")
    job, told = run("models")

    assert ended(told).state == "done"
    assert told["progress"] == [(0.5, "Half")]
    assert "A greeting" in job.log.read_text(encoding="utf-8")


def test_the_child_finds_the_library_of_this_process_first(python_slicer, run, ended, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/others")
    python_slicer("""printf '{"type": "error", "details": "", "text": "%s"}\\n' "$PYTHONPATH" """)
    _, told = run("models")

    assert ended(told).text == os.pathsep.join([str(Path(__file__).parents[2]), "/others"])


def test_a_process_that_is_cancelled_may_clear_away(application, python_slicer, run, ended, tmp_path):
    python_slicer(f"trap 'touch {tmp_path}/cleared; exit 1' TERM; touch {tmp_path}/begun; while :; do sleep 0.01; done")
    job, told = run("models")
    application.wait_until((tmp_path / "begun").exists)
    job.cancel()

    assert ended(told).state == "cancelled"
    assert (tmp_path / "cleared").exists()


def test_a_process_that_does_not_listen_is_killed(application, python_slicer, run, ended, tmp_path):
    python_slicer(DEAF.format(folder=tmp_path))
    job, told = run("models")
    application.wait_until((tmp_path / "pid").exists)
    job.cancel()

    assert ended(told).state == "cancelled"
    assert not is_running(int((tmp_path / "pid").read_text()))


def test_nothing_is_told_after_cancelling_but_the_end(application, python_slicer, run, ended):
    python_slicer("""trap '' TERM; while :; do echo '{"type": "progress", "fraction": 0.5, "message": "On"}'; done""")
    job, told = run("models")
    application.wait_until(lambda: told["progress"])
    job.cancel()
    before = len(told["progress"])

    assert ended(told).state == "cancelled"
    assert len(told["progress"]) == before


@pytest.mark.parametrize("leaving", ["the panel", "the application"])
def test_whoever_leaves_takes_the_process_along_and_hears_nothing_more(
    application, python_slicer, run, leaving, tmp_path
):
    python_slicer(DEAF.format(folder=tmp_path))
    job, told = run("models")
    application.wait_until((tmp_path / "pid").exists)

    if leaving == "the panel":
        job.close()
    else:
        QtWidgets.QApplication.instance().aboutToQuit.emit()

    assert not is_running(int((tmp_path / "pid").read_text()))
    application.process_events()
    assert not job.running and told["outcomes"] == []


@pytest.mark.parametrize("end", ["of itself", "closed"])
def test_what_a_job_holds_is_let_go_of_at_its_end(application, python_slicer, end):
    """A panel measures again after every edit: what Qt holds of a process would hold all label maps that were."""
    from MuscleSegModule.job import Job

    python_slicer("exit 0" if end == "of itself" else "sleep 60")
    outcomes = []
    job = Job(["models"], onEnd=outcomes.append)
    job.start()
    if end == "of itself":
        application.wait_until(lambda: outcomes)
    else:
        job.close()
    held = weakref.ref(job)
    del job
    application.process_events()
    gc.collect()

    assert held() is None


@pytest.mark.usefixtures("application")
def test_outside_slicer_the_python_that_runs_is_taken():
    from MuscleSegModule.slicer_python import pythonSlicer

    assert pythonSlicer() == sys.executable
