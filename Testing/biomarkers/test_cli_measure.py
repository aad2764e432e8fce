"""``muscleseg measure`` and ``muscleseg agreement``: files in, tables out, or a sentence."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleSegLib.biomarkers import map_labels, measure
from MuscleSegLib.biomarkers.measurement_files import read_measurements
from MuscleSegLib.cli import main
from MuscleSegLib.maps.parameter_map import write_map
from MuscleSegLib.registration import Registration, write_transform
from Testing.biomarkers.conftest import LABELS, image_of, map_like, row_of
from Testing.segmentation.phantoms import Limb, limb_volume


def write_labels(image, folder, name="labels"):
    sitk.WriteImage(image, str(folder / f"{name}.nii.gz"))
    rows = [f"{label.value}\t{label.title}" for label in LABELS]
    (folder / f"{name}.tsv").write_text("index\tname\n" + "\n".join(rows) + "\n", encoding="utf-8")


@pytest.fixture
def folder(boxes, ff, tmp_path):
    """Labels, a map of ours and a scanner's T2 map on a coarser grid."""
    write_labels(boxes.image, tmp_path)
    write_map(ff, tmp_path / "ff.nrrd")
    t2 = image_of(np.full((3, 6, 10), 38, np.int16), spacing=(2.0, 2.0, 10.0), origin=(0.5, 0.5, 2.5))
    sitk.WriteImage(t2, str(tmp_path / "t2.nii.gz"))
    return tmp_path


@pytest.fixture
def run(folder, monkeypatch):
    def call(*arguments) -> int:
        return main([str(argument) for argument in arguments])

    monkeypatch.chdir(folder)
    return call


def test_it_measures_what_the_library_measures(run, folder, boxes, ff, capsys):
    assert run("measure", "labels.nii.gz", "--map", "ff.nrrd", "-o", "p01.json", "p01.csv") == 0

    said = capsys.readouterr()
    assert said.out.split() == ["p01.json", "p01.csv", "p01_profile.csv"]
    expected = measure(boxes, [map_labels(boxes, ff)]).muscles
    found = read_measurements(folder / "p01.json")
    numbers = expected.select_dtypes("number").columns
    pd.testing.assert_frame_equal(found.muscles[numbers], expected[numbers], check_dtype=False, rtol=1e-6)
    assert list(found.muscles["name"]) == list(expected["name"])
    assert found.about["inputs"] == {"labels": "labels.nii.gz", "FF": "ff.nrrd"}
    assert "not for diagnostic use" in found.about["notice"]


def test_all_tables_are_written_or_none(run, folder, capsys, monkeypatch):
    arguments = ["measure", "labels.nii.gz", "--map", "ff.nrrd", "-o", "p01.json", "p01.csv"]
    before = sorted(folder.iterdir())

    def to_full_disk(_table, path, **_):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(pd.DataFrame, "to_csv", to_full_disk)
        assert run(*arguments) == 2
    assert "p01.csv could not be written" in capsys.readouterr().err
    assert sorted(folder.iterdir()) == before
    assert run(*arguments) == 0


def test_a_number_with_a_comma_is_refused_in_one_line(run, capsys):
    assert run("measure", "labels.nii.gz", "--erode", "2,5", "-o", "p01.json") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("muscleseg: argument --erode: '2,5' is no number") and "with a point" in line


def test_maps_on_their_own_grids_erosion_and_exclusion(run, folder):
    arguments = ["measure", "labels.nii.gz", "-m", "ff.nrrd", "-m", "T2=t2.nii.gz", "--erode", "0.5"]
    assert run(*arguments, "--exclude", "FF where FF > 30", "--exclude", "T2 where T2 < 10", "-o", "p01.json") == 0

    found = read_measurements(folder / "p01.json")
    row = row_of(found, "vastus lateralis")
    assert row["t2_mean_ms"] == pytest.approx(38) and row["ff_p95_percent"] < 30 and row["ff_voxels_left_out"] > 0
    assert found.about["exclusions"] == {"FF": ["FF > 30 %"], "T2": ["T2 < 10 ms"]}
    assert found.about["erosion_mm"] == 0.5


def test_a_transform_moves_the_labels(run, folder):
    write_transform(sitk.TranslationTransform(3, (500.0, 0.0, 0.0)), folder / "away.tfm")

    assert run("measure", "labels.nii.gz", "-m", "ff.nrrd", "--transform", "FF=away.tfm", "-o", "a.json") == 2


def test_the_scale_of_a_ready_made_map_can_be_given(run, folder):
    def t2_of(*arguments):
        assert run("measure", "labels.nii.gz", "-m", "T2=t2.nii.gz", *arguments, "-o", "a.json", "--overwrite") == 0
        return read_measurements(folder / "a.json").muscles["t2_mean_ms"].iloc[0]

    assert t2_of() == pytest.approx(38)
    assert t2_of("--scale", "T2=0.1ms") == pytest.approx(3.8)


def test_labels_are_registered_to_a_map(run, folder):
    """The map was taken after the body had moved by 9 mm: the labels find the muscle, whose value is its own."""
    image = limb_volume([Limb(-85)], slices=4)
    values = np.zeros(image.GetSize()[::-1], np.uint8)
    x = (np.arange(128) - 63.5) * 3
    y = (np.arange(96) - 47.5) * 3
    values[:, np.hypot(x[None] + 85, y[:, None]) < 45] = LABELS[0].value
    labels = sitk.GetImageFromArray(values)
    labels.CopyInformation(image)
    write_labels(labels, folder, "thigh")
    sitk.WriteImage(image, str(folder / "thigh_t1.nii.gz"))
    signal = limb_volume([Limb(-85, y=9.0)], slices=4, noise=0)
    fat = sitk.GetArrayFromImage(signal)
    ff = np.where(fat > 200, 90.0, np.where(fat > 60, 8.0, np.nan))
    write_map(map_like(signal, ff), folder / "thigh_ff.nrrd")

    arguments = ["measure", "thigh.nii.gz", "-m", "thigh_ff.nrrd", "-o", "r.json"]
    assert run(*arguments, "--register", "thigh_t1.nii.gz") == 0

    row = row_of(read_measurements(folder / "r.json"), "vastus lateralis")
    assert row["ff_mean_percent"] == pytest.approx(8) and row["ff_covered_percent"] > 85


def registration(warnings):
    """Registering that moves nothing, as the library gives it back."""
    return Registration(sitk.TranslationTransform(3), (), tuple(warnings))


def test_warnings_of_registration_go_with_the_measures_and_are_said_once(run, folder, ff, monkeypatch, capsys):
    sitk.WriteImage(ff.image, str(folder / "t1.nii.gz"))
    write_map(map_like(ff.image, np.array(38.0), "T2"), folder / "t2.nrrd")
    monkeypatch.setattr("MuscleSegLib.registration.register", lambda *_, **__: registration(["The left limb is odd."]))
    arguments = ["measure", "labels.nii.gz", "-m", "ff.nrrd", "-m", "t2.nrrd", "-o", "r.json"]
    assert run(*arguments, "--register", "t1.nii.gz") == 0

    measured = read_measurements(folder / "r.json")
    sentence = "FF and T2 maps: The left limb is odd."
    assert measured.warnings.count(sentence) == 1
    assert capsys.readouterr().err.count("The left limb is odd.") == 1
    assert measured.about["placement"] == {"FF": "registration", "T2": "registration"}
    assert measured.about["inputs"]["segmented image"] == "t1.nii.gz"


def test_what_registering_warned_of_goes_with_its_transform(run, folder):
    write_transform(sitk.TranslationTransform(3), folder / "own.tfm")
    write_transform(sitk.TranslationTransform(3), folder / "found.tfm")
    described = {"limbs": [], "warnings": ["The left limb is odd."]}
    (folder / "found.json").write_text(json.dumps(described), encoding="utf-8")

    def measured(*arguments):
        assert run("measure", "labels.nii.gz", "-m", "ff.nrrd", *arguments, "-o", "r.json", "--overwrite") == 0
        return read_measurements(folder / "r.json")

    by_scanner, by_own, by_found = (
        measured(),
        measured("--transform", "FF=own.tfm"),
        measured("--transform", "FF=found.tfm"),
    )
    assert "FF map: The left limb is odd." in by_found.warnings and by_own.warnings == by_scanner.warnings
    placements = [one.about["placement"]["FF"] for one in (by_scanner, by_own, by_found)]
    assert placements == ["scanner coordinates", "transform", "registration"]
    assert by_found.about["inputs"]["FF transform"] == "found.tfm"


def test_an_image_that_was_not_segmented_is_refused(run, capsys):
    assert run("measure", "labels.nii.gz", "-m", "ff.nrrd", "--register", "t2.nii.gz", "-o", "a.json") == 2
    assert "t2.nii.gz is not the image that was segmented" in capsys.readouterr().err


def test_changes_since_an_earlier_visit_with_the_error_of_own_retests(run, folder):
    for patient in range(3):
        fixed = ["measure", "labels.nii.gz", "-m", "ff.nrrd", "--pseudonym", f"P{patient}"]
        assert run(*fixed, "--date", "2024-01-01", "-o", f"test{patient}.json") == 0
        assert run(*fixed, "--date", "2024-01-02", "-o", f"retest{patient}.csv") == 0
    tests, retests = ([f"{name}{n}.{end}" for n in range(3)] for name, end in (("test", "json"), ("retest", "csv")))
    assert run("agreement", "--test", *tests, "--retest", *retests, "-o", "agreement.json") == 0

    follow_up = [
        "measure",
        "labels.nii.gz",
        "-m",
        "ff.nrrd",
        "--date",
        "2025-01-01",
        "--pseudonym",
        "P1",
        "-o",
        "now.json",
    ]
    assert run(*follow_up, "--since", "test1.json", "--changes", "changes.csv", "--retest", "agreement.json") == 0

    table = pd.read_csv(folder / "changes.csv", keep_default_na=False)
    assert set(table["finding"]) == {"within the error"}
    ff = table[(table["measure"] == "ff_mean_percent") & (table["name"] == "sartorius")]
    assert list(ff["change"].astype(float)) == [0.0] and list(ff["earlier_date"]) == ["2024-01-01"]


def test_an_earlier_visit_may_be_its_label_map_and_maps(run, folder, boxes, ff):
    write_labels(boxes.image, folder, "earlier")
    write_map(map_like(boxes.image, ff.values - 2), folder / "earlier_ff.nrrd")
    write_map(map_like(boxes.image, ff.values - 3), folder / "first_ff.nrrd")
    assert run("measure", "earlier.nii.gz", "-m", "first_ff.nrrd", "--erode", "0.5", "-o", "first.json") == 0
    visits = ["--since", "first.json", "--since", "earlier.nii.gz", "earlier_ff.nrrd"]
    arguments = ["measure", "labels.nii.gz", "-m", "ff.nrrd", "--erode", "0.5", "-o", "now.json"]
    assert run(*arguments, *visits, "--changes", "changes.csv") == 0

    table = pd.read_csv(folder / "changes.csv", keep_default_na=False)
    ff_mean = table[(table["measure"] == "ff_mean_percent") & (table["name"] == "sartorius")]
    assert ff_mean["change"].astype(float).tolist() == pytest.approx([3.0, 2.0])


def test_warnings_of_an_earlier_visit_are_told_of_as_such(run, folder, boxes, ff, capsys):
    write_labels(boxes.image, folder, "earlier")
    empty = map_like(boxes.image, ff.values)
    write_map(
        replace(empty, provenance={"method": "test", "warnings": ["Fat and water were swapped."]}), folder / "e.nrrd"
    )
    assert run("measure", "earlier.nii.gz", "-m", "e.nrrd", "-o", "first.json") == 0
    capsys.readouterr()

    for visit in (["earlier.nii.gz", "e.nrrd"], ["first.json"]):
        arguments = ["measure", "labels.nii.gz", "-m", "ff.nrrd", "-o", "now.json", "--changes", "c.csv", "--overwrite"]
        assert run(*arguments, "--since", *visit) == 0
        assert capsys.readouterr().err.count("Earlier visit: Fat and water were swapped.") == 1


def test_an_earlier_visit_may_lack_a_map_that_a_rule_names(run, folder, boxes, ff):
    write_labels(boxes.image, folder, "earlier")
    write_map(map_like(boxes.image, ff.values), folder / "earlier_ff.nrrd")
    arguments = ["measure", "labels.nii.gz", "-m", "ff.nrrd", "-m", "T2=t2.nii.gz", "-o", "now.json"]
    rules = ["--exclude", "T2 where T2 > 100", "--exclude", "FF where FF > 30"]
    visit = ["--since", "earlier.nii.gz", "earlier_ff.nrrd", "--changes", "changes.csv"]

    assert run(*arguments, *rules, *visit) == 0

    table = pd.read_csv(folder / "changes.csv", keep_default_na=False)
    ff_p95 = table[(table["measure"] == "ff_p95_percent") & (table["name"] == "vastus lateralis")]
    assert (ff_p95["earlier"].astype(float) < 30).all()


def test_agreement_is_shown(run, folder, capsys):
    visits = ["a.json", "b.json", "c.json", "d.json"]
    assert run("measure", "labels.nii.gz", "-o", visits[0]) == 0
    for name in visits[1:]:
        shutil.copy(folder / visits[0], folder / name)
    capsys.readouterr()

    assert run("agreement", "--test", *visits[:2], "--retest", *visits[2:], "-o", "b.csv") == 0

    said = capsys.readouterr().out
    assert "volume_cm3" in said and "ICC(2,1)" in said and said.endswith("b.csv\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.nii.gz", "-o", "a.json"], "There is no segmentation file"),
        (["labels.nii.gz", "-o", "a.txt"], "Let the name end in .json"),
        (["labels.nii.gz", "-o", "nowhere/a.json"], "does not exist"),
        (["labels.nii.gz", "-m", "t2.nii.gz", "-o", "a.json"], "Say whether it shows FF, T2 or MTR"),
        (["labels.nii.gz", "-m", "ff.nrrd", "-m", "FF=ff.nrrd", "-o", "a.json"], "second FF map"),
        (["labels.nii.gz", "--transform", "FF=a.tfm", "-o", "a.json"], "does not say which map"),
        (["labels.nii.gz", "-m", "T2=t2.nii.gz", "--scale", "FF=0-1", "-o", "a.json"], "which map the scale is of"),
        (["labels.nii.gz", "-m", "T2=t2.nii.gz", "--scale", "T2=0-1", "-o", "a.json"], "Choose among s, ms, 0.1ms"),
        (
            ["labels.nii.gz", "-m", "T2=t2.nii.gz", "--scale", "T2=s", "--scale", "T2=ms", "-o", "a.json"],
            "Two scales are given for the T2 map",
        ),
        (
            ["labels.nii.gz", "-m", "ff.nrrd", "--transform", "FF=a.h5", "--transform", "FF=b.h5", "-o", "a.json"],
            "Two transforms are given for the FF map",
        ),
        (["labels.nii.gz", "--retest", "r.json", "-o", "a.json"], "name an earlier visit with --since"),
        (
            ["labels.nii.gz", "--since", "x.json", "--since", "./x.json", "--changes", "c.csv", "-o", "a.json"],
            "x.json is given twice",
        ),
        (["labels.nii.gz", "-m", "FF=", "-o", "a.json"], "Nothing is given after FF="),
        (["labels.nii.gz", "-m", "T2=t2.nii.gz", "--scale", "T2=", "-o", "a.json"], "Nothing is given after T2="),
        (["labels.nii.gz", "-m", "ff.nrrd", "--transform", "FF= ", "-o", "a.json"], "Nothing is given after FF="),
        (["labels.nii.gz", "-m", "ff.nrrd", "--register", "", "-o", "a.json"], "Nothing is given after --register"),
        (["labels.nii.gz", "-m", "ff.nrrd", "--register=", "-o", "a.json"], "Nothing is given after --register"),
        (["", "-o", "a.json"], "Nothing is given after measure"),
        (["labels.nii.gz", "--register", "ff.nrrd", "-o", "a.json"], "give those with --map, or leave it out"),
        (["labels.nii.gz", "--exclude", "T2 > 100", "-o", "a.json"], "does not say which voxels to leave out"),
        (
            ["labels.nii.gz", "-m", "ff.nrrd", "--exclude", "FF where T2 > 9", "-o", "a.json"],
            "does not say which voxels",
        ),
        (["labels.nii.gz", "-m", "FF=ff.nrrd", "--scale", "FF=0-1", "-o", "a.json"], "Leave out its scale"),
        (
            ["labels.nii.gz", "--since", "x.json", "--changes", "c.json", "-o", "a.json"],
            "Changes cannot be written as c.json: they are a table. Let the name end in .csv.",
        ),
        (["labels.nii.gz", "--date", "1.5.2024", "-o", "a.json"], "is no date"),
        (["labels.nii.gz", "--date", "20240501", "-o", "a.json"], "is no date"),
        (["labels.nii.gz", "--erode", "-1", "-o", "a.json"], "cannot be eroded"),
        (["labels.nii.gz", "--since", "x.json", "-o", "a.json"], "go together"),
        (["labels.nii.gz", "--since", "x.json", "--changes", "c.csv", "-o", "a.json"], "There is no file of measures"),
        (
            ["labels.nii.gz", "--since", "x.json", "ff.nrrd", "--changes", "c.csv", "-o", "a.json"],
            "holds measures already",
        ),
        (["labels.nii.gz", "--since", "none.nii.gz", "--changes", "c.csv", "-o", "a.json"], "no segmentation file"),
        (
            ["labels.nii.gz", "--since", "x.json", "--changes", "no/c.csv", "-o", "a.json"],
            "no does not exist",
        ),
        (["labels.nii.gz", "--since", "x.json", "--changes", "a.csv", "-o", "a.csv"], "are to be written as a.csv"),
    ],
)
def test_what_cannot_be_measured_is_said_in_a_sentence(run, folder, capsys, arguments, sentence):
    before = set(folder.iterdir())

    assert run("measure", *arguments) == 2

    said = capsys.readouterr().err
    assert said.startswith("muscleseg: ") and sentence in said and "Traceback" not in said
    assert set(folder.iterdir()) == before


def test_a_visit_is_not_its_own_retest(run, capsys):
    assert run("measure", "labels.nii.gz", "-o", "a.json") == 0

    assert run("agreement", "--test", "a.json", "--retest", "a.json", "-o", "agreement.json") == 2

    assert "a.json is given twice. Give a file of its own for each visit." in capsys.readouterr().err


def test_what_is_there_is_kept_unless_it_may_be_replaced(run, folder, capsys):
    (folder / "p01_profile.csv").write_text("before")

    assert run("measure", "labels.nii.gz", "-o", "p01.csv") == 2
    assert "is there already" in capsys.readouterr().err and not (folder / "p01.csv").exists()
    assert run("measure", "labels.nii.gz", "-o", "p01.csv", "--overwrite") == 0
    assert (folder / "p01_profile.csv").read_text() != "before"


def test_warnings_are_lines_of_json_for_a_program(run, capsys):
    assert run("--json-lines", "measure", "labels.nii.gz", "-m", "T2=t2.nii.gz", "-o", "a.json") == 0

    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[-1]["type"] == "done"
    assert [event["path"] for event in events if event["type"] == "file"] == ["a.json"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["measure", "labels.nii.gz", "-m", "ff.nrrd", "-o", "ff.json"],
        ["measure", "labels.nii.gz", "--since", "p01.csv", "--changes", "c.csv", "-o", "p01.csv"],
        ["measure", "labels.nii.gz", "--since", "p01.csv", "--changes", "p01_profile.csv", "-o", "p02.json"],
        ["agreement", "--test", "p01.csv", "--retest", "p01.csv", "-o", "p01.csv"],
    ],
)
def test_what_is_read_is_never_replaced(run, folder, capsys, arguments):
    assert run("measure", "labels.nii.gz", "-o", "p01.csv") == 0
    before = {path: path.read_bytes() for path in folder.iterdir()}

    assert run(*arguments, "--overwrite") == 2

    assert "is what is read" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
