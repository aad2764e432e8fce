import json

import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleSegLib.cli import main
from Testing.segmentation.model_folders import write_model
from Testing.segmentation.phantoms import Limb, limb_volume


@pytest.fixture
def folder(tmp_path):
    write_model(tmp_path / "models", "thigh-own", "thigh")
    sitk.WriteImage(limb_volume([Limb(-85), Limb(85)], slices=2), str(tmp_path / "image.nii.gz"))
    corners = [[20, 30], [40, 30], [40, 50]]
    outlines = [{"slice": 1, "side": side, "muscle": "VL", "outline": corners} for side in ("right", "left")]
    (tmp_path / "outlines.json").write_text(json.dumps(outlines), encoding="utf-8")
    return tmp_path


@pytest.fixture
def evaluate(folder):
    def run(*arguments) -> int:
        fixed = ["evaluate", "--model", "own", "--models-dir", folder / "models"]
        return main([str(argument) for argument in [*fixed, *arguments]])

    return run


@pytest.fixture
def outlines(evaluate, folder):
    def run(*arguments, name="outlines.json") -> int:
        return evaluate("outlines", folder / "image.nii.gz", folder / name, "--region", "thigh", *arguments)

    return run


def card_of(folder):
    return json.loads((folder / "models" / "thigh-own" / "model.json").read_text(encoding="utf-8"))


def test_outlines_are_scored_and_nothing_is_recorded(outlines, folder, capsys):
    before = card_of(folder)
    assert outlines() == 0
    said = capsys.readouterr().out
    assert "mean DSC of 1 outlined muscles: 0." in said or "mean DSC of 2 outlined muscles: 0." in said
    assert "lowest muscle: VL" in said
    assert card_of(folder) == before


def test_an_outline_that_does_not_go_on_from_another_slice_is_doubted_and_the_others_counted(
    outlines, monkeypatch, capsys
):
    carried = pd.DataFrame(
        [[1, "right", "VL", 0, 0.5, 0.9], [1, "left", "VL", 0, 0.9, 0.95]],
        columns=["slice", "side", "muscle", "from_slice", "dsc_drawn", "dsc_found"],
    )
    monkeypatch.setattr("MuscleSegLib.evaluation.carried_outlines.carry_outlines", lambda *_: carried)
    assert outlines() == 0
    said = capsys.readouterr().out
    assert "Look at the outline of VL right on slice 1 again: that of slice 0" in said and "VL left" not in said
    assert "mean DSC without the 1 that are doubted so: " in said


def test_figures_are_recorded_once_in_the_card(outlines, folder):
    assert outlines("--record") == 0
    once = card_of(folder)
    assert [metric["measure"] for metric in once["metrics"]] == [
        "mean DSC",
        "mean DSC",
        "mean DSC of the worst muscle",
    ]
    assert once["metrics"][1]["on"].endswith("outlined muscles on 1 slices, label set hostin")
    assert outlines("--record") == 0
    assert card_of(folder) == once


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("none.json", [], "none.json"),
        ("outlines.json", ["--labels", "rohm"], "no muscle of the thigh"),
        ("outlines.json", ["--labels", "none"], "label set"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(outlines, capsys, name, arguments, text):
    assert outlines(*arguments, name=name) == 2
    *_, line = capsys.readouterr().err.splitlines()
    assert line.startswith("muscleseg: ") and text in line


def test_a_missing_configuration_is_said(evaluate, folder, capsys):
    assert evaluate("simulated", folder / "none.toml", "--data", folder) == 2
    assert "There is no training configuration" in capsys.readouterr().err


@pytest.mark.parametrize("snr", [0, -1, "nan"])
def test_an_snr_that_is_none_is_said(evaluate, capsys, snr):
    assert evaluate("water-t2", "--snr", snr) == 2
    assert "The SNR is" in capsys.readouterr().err


def test_what_records_nothing_does_not_take_the_wish_to(evaluate, capsys):
    assert evaluate("water-t2", "--record") == 2
    assert "--record" in capsys.readouterr().err
