import json

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.cli import main
from MuscleSegLib.maps.parameter_map import read_map
from Testing.maps.limb_phantom import SIX_MS, THREE_MS, echoes, image_of, limbs, with_noise

TRUTH = limbs()


@pytest.fixture
def folder(tmp_path):
    """Images as files, under the names that the tests give to the command."""
    images = {
        "fat.nii.gz": abs(with_noise(TRUTH.fat, 60, 1)),
        "water.nii.gz": abs(with_noise(TRUTH.water, 60, 2)),
        "in.nii.gz": abs(with_noise(TRUTH.water + TRUTH.fat, 60, 3)),
        "opposed.nii.gz": abs(with_noise(TRUTH.water - TRUTH.fat, 60, 4)),
        "on.nii.gz": abs(with_noise(0.6 * TRUTH.water + TRUTH.fat, 60, 5)),
    }
    for name, values in images.items():
        sitk.WriteImage(image_of(values), str(tmp_path / name))
    for k, values in enumerate(echoes(TRUTH, SIX_MS).values):
        sitk.WriteImage(image_of(np.abs(values)), str(tmp_path / f"m{k}.nii.gz"))
        sitk.WriteImage(image_of(np.angle(values) * 2048 / np.pi), str(tmp_path / f"p{k}.nii.gz"))
    return tmp_path


def echo_arguments(folder, count, times_ms) -> list[str]:
    return [
        "map",
        "ff",
        "--magnitude",
        *(str(folder / f"m{k}.nii.gz") for k in range(count)),
        "--phase",
        *(str(folder / f"p{k}.nii.gz") for k in range(count)),
        "--echo-times",
        ",".join(map(str, times_ms)),
        "--field-strength-t",
        "3",
    ]


def error_of(path) -> float:
    return float(np.nanmean((read_map(path, "FF").values - TRUTH.percent)[TRUTH.muscle]))


def test_ff_from_fat_and_water(folder, capsys):
    out = folder / "ff.nrrd"
    code = main(
        ["map", "ff", "--fat", str(folder / "fat.nii.gz"), "--water", str(folder / "water.nii.gz"), "-o", str(out)]
    )
    assert code == 0
    assert capsys.readouterr().out.split() == [str(out), str(folder / "ff.json")]
    assert abs(error_of(out)) < 0.3
    assert json.loads((folder / "ff.json").read_text())["inputs"] == {"fat": "fat.nii.gz", "water": "water.nii.gz"}


def test_ff_from_echoes_writes_all_that_the_separation_gives(folder, capsys):
    out = folder / "ff.nii.gz"
    assert main([*echo_arguments(folder, 6, SIX_MS), "-o", str(out)]) == 0
    written = {path.split("/")[-1] for path in capsys.readouterr().out.split() if path.endswith(".gz")}
    assert written == {f"ff{ending}.nii.gz" for ending in ("", "_b0", "_r2star", "_water", "_fat")}
    assert abs(error_of(out)) < 0.2


def test_all_that_the_separation_gives_is_written_or_nothing(folder, capsys, monkeypatch):
    write, room = sitk.WriteImage, iter("12")

    def to_full_disk(image, path, **options):
        write(image, path, **options)
        if next(room, None) is None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sitk, "WriteImage", to_full_disk)
    before = sorted(folder.iterdir())
    assert main([*echo_arguments(folder, 6, SIX_MS), "-o", str(folder / "ff.nrrd")]) == 2
    assert "could not be written" in capsys.readouterr().err
    assert sorted(folder.iterdir()) == before


def test_echo_times_and_field_strength_come_from_json_beside_the_magnitudes(folder):
    magnitudes, phases = ([str(folder / f"{kind}{k}.nii.gz") for k in range(6)] for kind in "mp")
    for k, time in enumerate(SIX_MS):
        stated = {"EchoTime": time / 1000, "MagneticFieldStrength": 3}
        (folder / f"m{k}.json").write_text(json.dumps(stated), encoding="utf-8")
    arguments = ["map", "ff", "--magnitude", *magnitudes, "--phase", *phases]
    assert main([*arguments, "-o", str(folder / "stated.nrrd")]) == 0
    assert main([*echo_arguments(folder, 6, SIX_MS), "-o", str(folder / "given.nrrd")]) == 0
    stated, given = (read_map(folder / f"{name}.nrrd", "FF").values for name in ("stated", "given"))
    np.testing.assert_array_equal(stated, given)


def test_echo_times_that_nothing_says_are_asked_for(folder, capsys):
    magnitudes, phases = ([str(folder / f"{kind}{k}.nii.gz") for k in range(3)] for kind in "mp")
    arguments = ["map", "ff", "--magnitude", *magnitudes, "--phase", *phases, "-o", str(folder / "ff.nrrd")]
    assert main(arguments) == 2
    assert "echo times are not known" in capsys.readouterr().err
    assert main([*arguments, "--echo-times", ",".join(map(str, SIX_MS[:3]))]) == 2
    assert "field strength is not known" in capsys.readouterr().err


def test_ff_by_glover_and_schneider_says_what_is_wrong_with_it(folder, capsys):
    for k, values in enumerate(echoes(TRUTH, THREE_MS).values):
        sitk.WriteImage(image_of(np.abs(values)), str(folder / f"m{k}.nii.gz"))
        sitk.WriteImage(image_of(np.angle(values)), str(folder / f"p{k}.nii.gz"))
    arguments = [*echo_arguments(folder, 3, THREE_MS), "--method", "glover-schneider", "-o", str(folder / "ff.nrrd")]
    assert main(arguments) == 0
    assert "warning: Fat was taken for one line of the spectrum" in capsys.readouterr().err


def test_ff_from_phases_says_that_it_is_ambiguous(folder, capsys):
    arguments = ["--in-phase", str(folder / "in.nii.gz"), "--opposed-phase", str(folder / "opposed.nii.gz")]
    assert main(["map", "ff", *arguments, "-o", str(folder / "ff.nrrd")]) == 0
    assert "above 50 % shows as 100 % less it" in capsys.readouterr().err


def test_mtr(folder):
    arguments = ["--without-pulse", str(folder / "in.nii.gz"), "--with-pulse", str(folder / "on.nii.gz"), "--no-align"]
    assert main(["map", "mtr", *arguments, "-o", str(folder / "mtr.nrrd")]) == 0
    values = read_map(folder / "mtr.nrrd", "MTR").values
    assert np.nanmean((values - 40 * (1 - TRUTH.percent / 100))[TRUTH.muscle]) == pytest.approx(0, abs=0.2)


def test_a_ready_made_map_is_brought_to_its_unit_and_said(folder, capsys):
    sitk.WriteImage(image_of(np.nan_to_num(TRUTH.percent) * 10), str(folder / "scanner.nii.gz"))
    out = folder / "ff.nii.gz"
    assert main(["map", "ready-made", "FF", str(folder / "scanner.nii.gz"), "-o", str(out)]) == 0
    assert "The FF map scanner.nii.gz was found to be stored in the scale 0-1000" in capsys.readouterr().err
    assert abs(error_of(out)) < 1e-3


@pytest.mark.parametrize("kind", ["ff", "mtr", "t2", "ready-made"])
def test_percent_signs_are_shown_once(capsys, kind):
    with pytest.raises(SystemExit):
        main(["map", kind, "--help"])
    assert "%%" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Give one of these sets"),
        (["--fat", "fat.nii.gz"], "belong together"),
        (["--fat", "fat.nii.gz", "--water", "water.nii.gz", "--in-phase", "in.nii.gz"], "Give one of these sets"),
        (
            ["--fat", "fat.nii.gz", "--water", "water.nii.gz", "--method", "glover-schneider"],
            "--method goes with --magnitude and --phase",
        ),
        (["--fat", "water.nii.gz", "--water", "fat.nii.gz"], "look swapped"),
        (["--fat", "fat.nii.gz", "--water", "nothing.nii.gz"], "There is no file"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_written(folder, capsys, monkeypatch, arguments, sentence):
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    assert main(["map", "ff", *arguments, "-o", "ff.nrrd"]) == 2
    assert sentence in capsys.readouterr().err
    assert sorted(folder.iterdir()) == before


def test_what_is_there_is_kept_unless_told(folder, capsys):
    (folder / "ff.json").write_text("mine")
    arguments = ["map", "ff", "--fat", str(folder / "fat.nii.gz"), "--water", str(folder / "water.nii.gz")]
    assert main([*arguments, "-o", str(folder / "ff.nrrd")]) == 2
    assert "ff.json is there already" in capsys.readouterr().err
    assert (folder / "ff.json").read_text() == "mine"
    assert main([*arguments, "-o", str(folder / "ff.nrrd"), "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("arguments", "there"),
    [
        (["t2", "none", "-o", "t2.nrrd"], "t2_b1.nrrd"),
        (["t2", "none", "-o", "t2.nii.gz"], "t2_t2_ff.json"),
        (["t2", "none", "--method", "monoexponential", "-o", "t2.nrrd"], "t2_t2_fit_error.nrrd"),
        (["ff", "--magnitude", "none", "--phase", "none", "-o", "ff.nrrd"], "ff_r2star.nrrd"),
    ],
)
def test_further_maps_that_are_there_are_refused_before_anything_is_read(
    tmp_path, capsys, monkeypatch, arguments, there
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / there).write_text("mine")
    assert main(["map", *arguments]) == 2
    assert f"{there} is there already" in capsys.readouterr().err
    assert main(["map", *arguments, "--overwrite"]) == 2
    assert "There is no file or folder none" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["t2", "none"], ["ff", "--magnitude", "none", "--phase", "none"]])
def test_maps_of_another_method_may_be_there(tmp_path, capsys, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    for name in ("map_b1.nrrd", "map_b0.nrrd"):
        (tmp_path / name).write_text("mine")
    method = {"t2": "monoexponential", "ff": "glover-schneider"}[arguments[0]]
    assert main(["map", *arguments, "--method", method, "-o", "map.nrrd"]) == 2
    assert "There is no file or folder none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        (["ff", "--fat", "fat.nii.gz", "--water", "water.nii.gz"], "fat.nii.gz"),
        (["ff", "--magnitude", "m0.nii.gz#0", "--phase", "p0.nii.gz"], "m0.nrrd"),
        (["mtr", "--without-pulse", "in.nii.gz", "--with-pulse", "on.nii.gz"], "on.nii.gz"),
        (["ready-made", "FF", "fat.nii.gz"], "fat.nii.gz"),
        (["t2", "m0.nii.gz", "m1.nii.gz", "--echo-times", "1,2"], "m1.nii.gz"),
        (["t2", ".", "--echo-times", "1,2"], "m1.nii.gz"),
    ],
)
def test_what_is_read_is_never_replaced(folder, capsys, monkeypatch, arguments, out):
    """Nor is what stands beside it: m0.json says the echo time of m0.nii.gz."""
    monkeypatch.chdir(folder)
    (folder / "m0.json").write_text('{"EchoTime": 0.001}')
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert main(["map", *arguments, "-o", out, "--overwrite"]) == 2
    assert "is what is read" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
