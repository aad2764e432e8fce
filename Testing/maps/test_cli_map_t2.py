import json

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.cli import main
from MuscleSegLib.maps.averaged_echoes import AVERAGED_MM
from MuscleSegLib.maps.parameter_map import read_map
from MuscleSegLib.maps.two_tissues import B1_SMOOTHING_MM, B1_VOTING_MM
from Testing.maps.echo_series import TIMES_MS, epg_echoes, in_noise, series_of


@pytest.fixture
def echoes(tmp_path):
    series = series_of(in_noise(epg_echoes(np.full((1, 8, 8), 38.0), 0.1, 0.9), 2.0))
    sitk.WriteImage(sitk.JoinSeries(list(series.images)), str(tmp_path / "echoes.nii.gz"))
    return tmp_path / "echoes.nii.gz"


def map_t2(echoes, *arguments) -> int:
    return main(["map", "t2", str(echoes), "-o", str(echoes.parent / "t2.nrrd"), *arguments])


def test_maps_are_written_with_what_made_them(echoes, capsys):
    (echoes.parent / "echoes.json").write_text(json.dumps({"EchoTime": [time / 1000 for time in TIMES_MS]}))
    assert map_t2(echoes, "--noise-sd", "2") == 0
    t2, b1, fat_fraction, error = (
        read_map(echoes.parent / name) for name in ("t2.nrrd", "t2_b1.nrrd", "t2_t2_ff.nrrd", "t2_t2_fit_error.nrrd")
    )
    assert (t2.quantity, b1.quantity, fat_fraction.quantity, error.quantity) == ("T2", "B1", "T2_FF", "T2_FIT_ERROR")
    assert np.nanmean(t2.values) == pytest.approx(38, abs=1)
    assert np.nanmean(fat_fraction.values) == pytest.approx(10, abs=2)
    parameters = t2.provenance["parameters"]
    assert parameters["noise_sd"] == 2
    reaches = (parameters[f"{of}_mm"] for of in ("echoes_averaged", "b1_smoothing", "b1_voting"))
    assert tuple(reaches) == (AVERAGED_MM, B1_SMOOTHING_MM, B1_VOTING_MM)
    assert str(echoes.parent / "t2_b1.nrrd") in capsys.readouterr().out.splitlines()


def test_an_exponential_can_be_asked_for(echoes):
    times = ",".join(map(str, TIMES_MS))
    assert map_t2(echoes, "--method", "monoexponential", "--echo-times", times) == 0
    assert np.nanmean(read_map(echoes.parent / "t2.nrrd").values) > 38
    assert not (echoes.parent / "t2_b1.nrrd").exists()


def test_missing_echo_times_are_asked_for_in_one_line(echoes, capsys):
    assert map_t2(echoes) == 2
    assert "Give one in ms for each of the 12 echoes" in capsys.readouterr().err
    assert not list(echoes.parent.glob("t2*"))


def test_a_list_of_times_that_is_none_is_refused(echoes, capsys):
    assert map_t2(echoes, "--echo-times", "ten,twenty") == 2
    assert "no list of times in ms" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--keep-first-echo",), "--keep-first-echo goes with --method monoexponential"),
        (("--method", "monoexponential", "--fat-t2", "150"), "--fat-t2 goes with --method epg"),
    ],
)
def test_an_option_that_would_be_passed_over_is_refused(echoes, capsys, arguments, sentence):
    assert map_t2(echoes, *arguments) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("method", ["epg", "monoexponential"])
def test_noise_in_another_unit_that_hides_every_voxel_is_said(echoes, capsys, method):
    times = ",".join(map(str, TIMES_MS))
    assert map_t2(echoes, "--method", method, "--echo-times", times, "--noise-sd", "2000") == 2
    assert "No voxel has a value of T2" in capsys.readouterr().err
    assert not list(echoes.parent.glob("t2*"))
