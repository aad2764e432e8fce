import io
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import SimpleITK as sitk

import MuscleSegLib.segmentation.pipeline as pipeline
from MuscleSegLib.cli import main
from MuscleSegLib.commands.terminal import ProgressBar
from Testing.segmentation.model_folders import write_model
from Testing.segmentation.phantoms import Limb, limb_volume


@pytest.fixture
def image_path(tmp_path):
    path = tmp_path / "image.nii.gz"
    sitk.WriteImage(limb_volume([Limb(-85), Limb(85)], slices=2), str(path))
    return path


@pytest.fixture
def own_models(tmp_path):
    write_model(tmp_path / "models", "thigh-own", "thigh")
    return tmp_path / "models"


@pytest.fixture
def segment(image_path, own_models):
    def run(*arguments) -> int:
        fixed = ["segment", image_path, "--model", "own", "--region", "thigh", "--models-dir", own_models]
        return main([str(argument) for argument in [*fixed, *arguments]])

    return run


def test_segment_writes_what_it_says(segment, tmp_path, capsys, image_path):
    assert segment("-o", tmp_path / "out.nii.gz", "--qc", tmp_path / "qc.png") == 0
    said = capsys.readouterr()
    assert said.out.split() == [str(tmp_path / name) for name in ("out.nii.gz", "out.tsv", "qc.png")]
    labels, image = (sitk.ReadImage(str(path)) for path in (tmp_path / "out.nii.gz", image_path))
    assert labels.GetSize() == image.GetSize()
    np.testing.assert_allclose(labels.GetOrigin(), image.GetOrigin())
    assert "warning: The image has only 2 axial slices" in said.err


def test_an_output_that_is_there_is_kept_unless_it_may_be_replaced(segment, tmp_path, capsys):
    output = tmp_path / "out.seg.nrrd"
    output.write_text("edits")
    assert segment("-o", output) == 2
    assert output.read_text() == "edits"
    assert capsys.readouterr().err.startswith("muscleseg: ")
    assert segment("-o", output, "--overwrite") == 0
    assert output.read_bytes() != b"edits"


@pytest.mark.parametrize("there", ["out.tsv", "qc.png"])
def test_no_file_that_is_there_is_replaced_unasked(segment, tmp_path, capsys, there):
    (tmp_path / there).write_text("mine")
    assert segment("-o", tmp_path / "out.nii.gz", "--qc", tmp_path / "qc.png") == 2
    assert f"{there} is there already" in capsys.readouterr().err
    assert (tmp_path / there).read_text() == "mine"


def test_the_image_is_never_replaced(segment, image_path, capsys):
    before = image_path.read_bytes()
    assert segment("-o", image_path, "--overwrite") == 2
    assert "is what is read" in capsys.readouterr().err
    assert image_path.read_bytes() == before


def test_a_folder_is_no_file_to_write(segment, tmp_path, capsys):
    (tmp_path / "out.nii.gz").mkdir()
    assert segment("-o", tmp_path / "out.nii.gz", "--overwrite") == 2
    assert "is a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["-o", "out.txt"], "out.txt"),
        (["-o", "out.seg.nrrd", "--labels", "none"], "label set"),
        (["-o", "out.seg.nrrd", "--model", "none"], 'no model "none"'),
        (["-o", "out.seg.nrrd", "--qc", "qc.jpg"], ".png"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(segment, tmp_path, monkeypatch, capsys, arguments, text):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert segment(*arguments) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("muscleseg: ")
    assert text in last
    assert sorted(tmp_path.iterdir()) == before


def test_an_interrupted_run_leaves_nothing_and_exits_with_130(segment, tmp_path, monkeypatch):
    def interrupted(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "find_limbs", interrupted)
    before = sorted(tmp_path.iterdir())
    assert segment("-o", tmp_path / "out.seg.nrrd") == 130
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("place", ["segmentation_writing.write_segmentation", "qc.write_montage"])
def test_segmentation_and_picture_are_both_there_or_neither(segment, tmp_path, monkeypatch, place):
    def interrupted(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"MuscleSegLib.segmentation.{place}", interrupted)
    before = sorted(tmp_path.iterdir())
    assert segment("-o", tmp_path / "out.seg.nrrd", "--qc", tmp_path / "qc.png") == 130
    assert sorted(tmp_path.iterdir()) == before


def test_a_long_name_is_no_hindrance(segment, tmp_path):
    output = tmp_path / f"{225 * 'a'}.seg.nrrd"
    assert segment("-o", output, "--qc", tmp_path / f"{225 * 'a'}.png") == 0
    assert output.exists()


def test_models_says_what_each_was_trained_on_and_how_well_it_did(own_models, capsys):
    assert main(["models", "--models-dir", str(own_models)]) == 0
    said = capsys.readouterr().out
    for text in ("thigh-own 3", "unet2d", "VL VI VM", "Nothing (CC0)", "mean DSC 0.12 on phantoms (untrained)"):
        assert text in said


def test_models_says_which_are_left_out_and_lists_the_others(own_models, capsys):
    (own_models / "broken").mkdir()
    (own_models / "broken" / "model.json").write_text("{", encoding="utf-8")
    assert main(["models", "--models-dir", str(own_models)]) == 0
    said = capsys.readouterr()
    assert "thigh-own 3" in said.out
    assert f"warning: The model card in {own_models / 'broken'} cannot be read" in said.err


def test_a_folder_of_models_that_is_not_there_is_said(tmp_path, capsys):
    assert main(["models", "--models-dir", str(tmp_path / "none")]) == 2
    assert "There is no folder" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_is_drawn_on_a_terminal_and_wiped_at_the_end():
    stream = Terminal()
    progress = ProgressBar(stream)
    progress(0.5, "Half a long message")
    progress(1.0, "Done")
    progress.wipe()
    drawn = stream.getvalue().split("\r")
    assert " 50%  Half a long message" in drawn[1]
    assert len(drawn[2]) == len(drawn[1])
    assert drawn[-2].strip() == "" and drawn[-1] == ""


def test_elsewhere_each_message_is_written_once():
    stream = io.StringIO()
    progress = ProgressBar(stream)
    for fraction in (0.1, 0.2, 0.3):
        progress(fraction, "Working")
    progress(1.0, "Done")
    progress.wipe()
    assert stream.getvalue() == "Working\nDone\n"


@pytest.mark.parametrize(
    ("found", "said"), [(False, "the processor"), (True, "Some Card (CUDA, 80 GiB)")], ids=["processor", "card"]
)
def test_devices_says_what_auto_means(monkeypatch, capsys, found, said):
    monkeypatch.setattr("torch.cuda.is_available", lambda: found)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda _device: "Some Card")
    monkeypatch.setattr("torch.cuda.get_device_properties", lambda _device: SimpleNamespace(total_memory=80 * 2**30))

    assert main(["devices"]) == 0

    assert capsys.readouterr().out.startswith(said)


def test_a_command_that_is_called_wrongly_says_in_one_line_where_to_read_how_to_call_it(capsys):
    assert main(["measure", "labels.seg.nrrd"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("muscleseg: ") and said.count("\n") == 1
    assert "-o/--output" in said and "See muscleseg measure --help." in said


@pytest.mark.parametrize("options", [[], ["--json-lines"]])
def test_that_nobody_reads_what_is_said_is_no_fault(options):
    process = subprocess.Popen(
        [sys.executable, "-m", "MuscleSegLib.cli", *options, "models"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    with process:
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_nor_that_nobody_sees_how_far_the_work_is(segment, tmp_path, monkeypatch, capsys):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as nobody, monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", nobody)
        assert segment("-o", tmp_path / "out.nii.gz") == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / name) for name in ("out.nii.gz", "out.tsv")]
    assert (tmp_path / "out.nii.gz").exists()


def test_letters_that_a_terminal_does_not_know_are_no_fault():
    finished = subprocess.run(
        [sys.executable, "-m", "MuscleSegLib.cli", "models"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert rb"112 \xd7 112 pixels" in finished.stdout and finished.stderr == b""


def test_a_name_that_is_not_in_utf_8_is_refused(segment, tmp_path, capsys):
    assert segment("-o", os.fsdecode(os.fsencode(tmp_path) + b"/uml\xe4ut.seg.nrrd")) == 2
    assert r"uml\udce4ut.seg.nrrd is not in UTF-8" in capsys.readouterr().err
