"""``muscleseg propagate`` from files to files."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.cli import main
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, VolumeLabel
from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume
from MuscleSegLib.segmentation.segmentation_writing import write_labelled_volume
from Testing.propagation.limbs import changed, limb, only

LABELS = (
    VolumeLabel(1, "gracilis", "Gr", "right", (200, 0, 0)),
    VolumeLabel(2, "sartorius", "Sa", "right", (0, 200, 0)),
    VolumeLabel(3, "wing muscle", "", "", (0, 0, 200)),
    VolumeLabel(4, "tail muscle", "", "", (90, 90, 0)),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The image, what was drawn in three slices, and the whole truth."""
    where = tmp_path_factory.mktemp("limb")
    image, truth = limb()
    sitk.WriteImage(image, str(where / "image.nii.gz"))
    for name, labels in (("drawn", only(truth, (1, 5, 9))), ("truth", truth)):
        write_labelled_volume(LabelledVolume(labels, LABELS), where / f"{name}.seg.nrrd", {})
    return where


def run(*arguments: object) -> int:
    return main([str(argument) for argument in ("propagate", *arguments)])


def values(path: Path) -> np.ndarray:
    return sitk.GetArrayFromImage(read_labelled_volume(path).image)


@pytest.mark.parametrize("name", ["whole.seg.nrrd", "whole.nii.gz"])
def test_drawn_slices_become_a_volume_with_the_users_own_names(folder, tmp_path, capsys, name):
    out, table = tmp_path / name, tmp_path / "sure.tsv"
    assert run("slices", folder / "image.nii.gz", folder / "drawn.seg.nrrd", "-o", out, "--confidence", table) == 0
    found, drawn, truth = values(out), values(folder / "drawn.seg.nrrd"), values(folder / "truth.seg.nrrd")
    assert [label.title for label in read_labelled_volume(out).labels] == [label.title for label in LABELS]
    np.testing.assert_array_equal(found[[1, 5, 9]], drawn[[1, 5, 9]])
    assert (found == truth).mean() > 0.99
    rows = table.read_text().splitlines()
    assert rows[0].startswith("# MuscleSeg") and "not for diagnostic use" in rows[0]
    assert rows[1].split("\t") == ["index", "name", "side", "slice", "key_slice", "expected_dsc"]
    assert "slice to correct next" in capsys.readouterr().out


def test_corrections_are_found_by_comparison_and_others_locked(folder, tmp_path):
    truth = read_labelled_volume(folder / "truth.seg.nrrd")
    edited = changed(truth.image, lambda array: np.putmask(array[5], array[5] == 1, 0))
    write_labelled_volume(LabelledVolume(edited, LABELS), tmp_path / "edited.seg.nrrd", {})
    out = tmp_path / "out.seg.nrrd"
    last = folder / "truth.seg.nrrd"
    assert run("slices", folder / "image.nii.gz", tmp_path / "edited.seg.nrrd", "-o", out, "--last", last) == 0
    found, before = values(out), values(last)
    for value in (2, 3, 4):
        np.testing.assert_array_equal(found == value, before == value)
    assert not (found[5] == 1).any()


def test_only_and_lock_take_names_and_abbreviations(folder, tmp_path):
    out = tmp_path / "out.nii.gz"
    image, drawn = folder / "image.nii.gz", folder / "drawn.seg.nrrd"
    assert run("slices", image, drawn, "-o", out, "--only", "Gr", "wing muscle", "--lock", "Gracilis Right") == 0
    slices_with = {value: np.flatnonzero((values(out) == value).any((1, 2))).tolist() for value in (1, 3)}
    assert slices_with[1] == [1, 5, 9] and slices_with[3] == list(range(11))


@pytest.mark.parametrize("name", ["GR RIGHT", "r_gr", "Gr_right", "Gracilis"])
def test_a_label_is_found_by_any_name_of_its_muscle(folder, tmp_path, name):
    out = tmp_path / "out.nii.gz"
    assert run("slices", folder / "image.nii.gz", folder / "drawn.seg.nrrd", "-o", out, "--only", name) == 0
    found = {value: len(np.flatnonzero((values(out) == value).any((1, 2)))) for value in (1, 2)}
    assert found == {1: 11, 2: 3}


def test_a_program_is_told_as_json_lines(folder, tmp_path, capsys):
    out = tmp_path / "out.nii.gz"
    command = ["--json-lines", "propagate", "slices", str(folder / "image.nii.gz"), str(folder / "drawn.seg.nrrd")]
    assert main([*command, "-o", str(out), "--key", "5"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"progress", "warning", "file", "text", "done"} <= {line["type"] for line in told}


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--key", "40"], "no slice 40"),
        (["--only", "biceps"], 'no label "biceps"'),
        (["--only", "Gr left"], 'no label "Gr left"'),
        (["--last", "drawn.seg.nrrd"], "nothing to carry"),
        (["--confidence", "nowhere/sure.tsv"], "nowhere does not exist"),
        (["--only", "Gr", "--lock", "gracilis right"], "is locked (--lock)"),
        (["--keys", "nowhere.json"], "There is no file nowhere.json"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_written(folder, tmp_path, capsys, more, sentence):
    more = [folder / part if part.endswith(".nrrd") else part for part in more]
    out = tmp_path / "out.seg.nrrd"
    assert run("slices", folder / "image.nii.gz", folder / "drawn.seg.nrrd", "-o", out, *more) == 2
    assert sentence in capsys.readouterr().err
    assert not out.exists()


def test_key_slices_that_an_editor_saved_with_a_byte_order_mark_are_read(folder, tmp_path):
    keys, out = tmp_path / "keys.json", tmp_path / "out.seg.nrrd"
    keys.write_text(json.dumps({"gracilis right": [1, 9]}), encoding="utf-8-sig")
    assert run("slices", folder / "image.nii.gz", folder / "drawn.seg.nrrd", "-o", out, "--keys", keys) == 0
    assert read_labelled_volume(out).key_slices == {1: (1, 9)}


def test_several_names_of_one_label_name_its_key_slices_together(folder, tmp_path):
    keys, out = tmp_path / "keys.json", tmp_path / "out.seg.nrrd"
    keys.write_text('{"gracilis right": [1], "Gr": [5], "gracilis right": [9]}')
    assert run("slices", folder / "image.nii.gz", folder / "drawn.seg.nrrd", "-o", out, "--keys", keys) == 0
    assert read_labelled_volume(out).key_slices == {1: (1, 5, 9)}


@pytest.mark.parametrize("text", ['{"Gr": [true]}', '{"Gr": "5"}', '{"Gr": 5}', '{"Gr": [5.0]}', "[1]", "{"])
def test_a_file_that_names_no_slices_is_refused(folder, tmp_path, capsys, text):
    keys, out = tmp_path / "keys.json", tmp_path / "out.seg.nrrd"
    keys.write_text(text)
    assert run("slices", folder / "image.nii.gz", folder / "drawn.seg.nrrd", "-o", out, "--keys", keys) == 2
    assert "keys.json does not say which slices were drawn" in capsys.readouterr().err


def test_what_is_there_is_kept_unless_told_otherwise(folder, tmp_path, capsys):
    out = tmp_path / "out.seg.nrrd"
    out.write_bytes(b"edits")
    assert run("slices", folder / "image.nii.gz", folder / "drawn.seg.nrrd", "-o", out) == 2
    assert "--overwrite" in capsys.readouterr().err and out.read_bytes() == b"edits"
    assert run("slices", folder / "image.nii.gz", folder / "drawn.seg.nrrd", "-o", out, "--overwrite") == 0
    assert read_labelled_volume(out).labels


@pytest.mark.parametrize("arguments", [("drawn.nii.gz",), ("drawn.nii",), ("out.nii.gz", "--confidence", "drawn.tsv")])
def test_what_is_read_is_never_replaced(folder, tmp_path, monkeypatch, capsys, arguments):
    """Nor is the table that names its labels."""
    monkeypatch.chdir(tmp_path)
    write_labelled_volume(read_labelled_volume(folder / "drawn.seg.nrrd"), "drawn.nii.gz", {})
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert run("slices", folder / "image.nii.gz", "drawn.nii.gz", "--overwrite", "-o", *arguments) == 2
    assert "is what is read" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_table_that_is_there_is_kept(folder, tmp_path, capsys):
    (tmp_path / "out.tsv").write_text("mine")
    assert run("slices", folder / "image.nii.gz", folder / "drawn.seg.nrrd", "-o", tmp_path / "out.nii.gz") == 2
    assert "out.tsv is there already" in capsys.readouterr().err
    assert (tmp_path / "out.tsv").read_text() == "mine" and not (tmp_path / "out.nii.gz").exists()


def test_a_result_that_calls_labels_differently_is_told_of(folder, tmp_path, capsys):
    truth = read_labelled_volume(folder / "truth.seg.nrrd")
    renamed = [replace(label, name="sail muscle") if label.value == 3 else label for label in LABELS]
    write_labelled_volume(LabelledVolume(truth.image, tuple(renamed)), tmp_path / "last.seg.nrrd", {})
    arguments = ("slices", folder / "image.nii.gz", folder / "drawn.seg.nrrd", "--last", tmp_path / "last.seg.nrrd")
    assert run(*arguments, "--key", 1, 5, 9, "-o", tmp_path / "out.seg.nrrd") == 0
    assert "last.seg.nrrd does not name wing muscle, but sail muscle" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "sentence"), [("other muscle", "names no label of those"), ("gracilis", "4 segments are called gracilis")]
)
def test_a_result_whose_names_say_nothing_is_refused(folder, tmp_path, capsys, name, sentence):
    truth = read_labelled_volume(folder / "truth.seg.nrrd")
    of_one_name = tuple(VolumeLabel(label.value, name, "", "", label.color) for label in LABELS)
    labels = of_one_name[:1] if name == "other muscle" else of_one_name
    write_labelled_volume(LabelledVolume(truth.image, labels), tmp_path / "last.seg.nrrd", {})
    arguments = ("slices", folder / "image.nii.gz", folder / "drawn.seg.nrrd", "--last", tmp_path / "last.seg.nrrd")
    assert run(*arguments, "-o", tmp_path / "out.seg.nrrd") == 2
    assert sentence in capsys.readouterr().err


def without(labels, value, *where):
    """The label map with a label erased in some slices, or in (slice, rows)."""
    return changed(labels, lambda array: [np.putmask(array[part], array[part] == value, 0) for part in where])


@pytest.mark.parametrize("name", ["first.seg.nrrd", "first.nii.gz"])
def test_what_was_drawn_in_one_round_stays_in_the_next(folder, tmp_path, name):
    """``--last`` says from which slices of each label it was carried: they are key slices of the next round too."""
    image, network, first, second = (
        folder / "image.nii.gz",
        folder / "truth.seg.nrrd",
        tmp_path / name,
        tmp_path / "2.nii",
    )
    drawn = {2: slice(24, None), 7: slice(None, 22)}  # rows that are taken from the gracilis
    for n, (last, out) in zip(drawn, ((network, first), (first, second)), strict=True):
        corrected = without(read_labelled_volume(last).image, 1, (n, drawn[n]))
        write_labelled_volume(LabelledVolume(corrected, LABELS), tmp_path / "corrected.seg.nrrd", {})
        more = ["--network", network] if last != network else []
        assert run("slices", image, tmp_path / "corrected.seg.nrrd", "--last", last, "-o", out, *more) == 0
    for n, path in ((2, first), (7, tmp_path / "corrected.seg.nrrd")):
        np.testing.assert_array_equal(values(second)[n], values(path)[n])
        assert (values(second)[n] == 1).any()
        assert not (values(second)[n, drawn[n]] == 1).any()
    assert read_labelled_volume(second).key_slices == {1: (2, 7)}


def test_a_locked_label_does_not_have_others_taken_for_erased(folder, tmp_path):
    """The tail muscle is not drawn in the key slices: it stays, whatever else is locked."""
    drawn = without(read_labelled_volume(folder / "truth.seg.nrrd").image, 4, 1, 5, 9)
    write_labelled_volume(LabelledVolume(drawn, LABELS), tmp_path / "drawn.seg.nrrd", {})
    out, before = tmp_path / "out.seg.nrrd", sitk.GetArrayFromImage(drawn)
    arguments = ("slices", folder / "image.nii.gz", tmp_path / "drawn.seg.nrrd", "--key", 1, 5, 9, "-o", out)
    assert run(*arguments, "--lock", "gracilis right") == 0
    assert (before == 4).any()
    for value in (1, 4):
        np.testing.assert_array_equal(values(out) == value, before == value)


def edited(path, out, *edits):
    """``out``: what ``path`` is, without the upper half of a label in a slice, for each (label, slice)."""
    volume = read_labelled_volume(path)

    def halve(array):
        for value, n in edits:
            rows = np.flatnonzero((array[n] == value).any(1))
            half = array[n, : rows[len(rows) // 2]]
            half[half == value] = 0

    write_labelled_volume(replace(volume, image=changed(volume.image, halve)), out, {})
    return out


def assert_same(one, other, value, n):
    np.testing.assert_array_equal(values(one)[n] == value, values(other)[n] == value)


@pytest.mark.parametrize("locking", [("--only", "Gr"), ("--lock", "Sa")])
def test_what_was_edited_of_a_locked_label_counts_as_drawn_in_the_next_round(folder, tmp_path, locking):
    image, network = folder / "image.nii.gz", folder / "truth.seg.nrrd"
    first, second = tmp_path / "1.seg.nrrd", tmp_path / "2.seg.nrrd"
    corrected = edited(network, tmp_path / "corrected.seg.nrrd", (1, 5), (2, 4))
    assert run("slices", image, corrected, "--last", network, "-o", first, *locking) == 0
    assert read_labelled_volume(first).key_slices == {1: (5,), 2: (4,)}
    again = edited(first, tmp_path / "again.seg.nrrd", (2, 8))
    assert run("slices", image, again, "--last", first, "--network", network, "-o", second) == 0
    assert read_labelled_volume(second).key_slices == {1: (5,), 2: (4, 8)}
    for value, n in ((1, 5), (2, 4), (2, 8)):
        assert_same(second, again, value, n)


@pytest.mark.parametrize("by", ["last", "labels"])
@pytest.mark.parametrize("option", ["--key", "--keys"])
def test_what_was_drawn_in_earlier_rounds_is_not_overwritten_whatever_else_is_named(folder, tmp_path, option, by):
    """Be it recorded in the last result, or in what was corrected."""
    image, network = folder / "image.nii.gz", folder / "truth.seg.nrrd"
    first, second = tmp_path / "1.seg.nrrd", tmp_path / "2.seg.nrrd"
    corrected = edited(network, tmp_path / "corrected.seg.nrrd", (1, 3))
    assert run("slices", image, corrected, "--last", network, "-o", first) == 0
    again = edited(first, tmp_path / "again.seg.nrrd", (1, 8))
    (tmp_path / "keys.json").write_text('{"Gr": [8]}')
    named = 8 if option == "--key" else tmp_path / "keys.json"
    if by == "last":
        write_labelled_volume(replace(read_labelled_volume(again), key_slices={}), again, {})
    more = ["--last", first] if by == "last" else []
    assert run("slices", image, again, "--network", network, "-o", second, option, named, *more) == 0
    for n in (3, 8):
        assert_same(second, again, 1, n)
    assert read_labelled_volume(second).key_slices[1] == (3, 8)


def test_edits_that_are_not_among_the_slices_that_were_named_are_told_of(folder, tmp_path, capsys):
    network, out = folder / "truth.seg.nrrd", tmp_path / "out.seg.nrrd"
    corrected = edited(network, tmp_path / "corrected.seg.nrrd", (1, 3), (1, 8))
    assert run("slices", folder / "image.nii.gz", corrected, "--last", network, "--key", 8, "-o", out) == 0
    assert "not kept, since --key or --keys names other slices: gracilis right (slice 3)." in capsys.readouterr().err
    assert read_labelled_volume(out).key_slices[1] == (8,)


def test_a_carried_result_says_by_itself_nothing_of_what_was_corrected(folder, tmp_path, capsys):
    image, first = folder / "image.nii.gz", tmp_path / "1.seg.nrrd"
    assert run("slices", image, folder / "drawn.seg.nrrd", "-o", first) == 0
    again = edited(first, tmp_path / "again.seg.nrrd", (1, 8))
    assert run("slices", image, again, "-o", tmp_path / "2.seg.nrrd") == 2
    assert "again.seg.nrrd was carried already" in capsys.readouterr().err


def drawn_by_hand(folder, path, slices, edit, key_slices=()):
    """``path``, a segmentation of what a person drew in some slices, after ``edit``."""
    truth = read_labelled_volume(folder / "truth.seg.nrrd").image
    drawn = LabelledVolume(changed(only(truth, slices), edit), LABELS, key_slices=dict(key_slices))
    write_labelled_volume(drawn, path, {})
    return path


def slices_with(path, value):
    return np.flatnonzero((values(path) == value).any((1, 2))).tolist()


def test_labels_of_which_no_slice_is_recorded_are_left_where_others_have_some(folder, tmp_path, capsys):
    """As what was mirrored from the other side."""
    record, out = dict.fromkeys((1, 3, 4), (5,)), tmp_path / "out.seg.nrrd"
    drawn = drawn_by_hand(
        folder, tmp_path / "drawn.nii.gz", (4, 5), lambda array: np.putmask(array[4], array[4] != 2, 0), record
    )
    assert run("slices", folder / "image.nii.gz", drawn, "-o", out) == 0
    assert slices_with(out, 1) == list(range(11)) and slices_with(out, 2) == [4, 5]
    assert "so left as it is: sartorius right." in capsys.readouterr().err
    assert read_labelled_volume(out).key_slices == record


def test_a_drawing_of_few_slices_is_no_network_that_found_nothing_in_the_others(folder, tmp_path):
    """As when what was mirrored in one slice is corrected there, and what it was before is the last result."""
    last = drawn_by_hand(folder, tmp_path / "last.nii.gz", (5,), lambda _: None, {1: (5,)})
    corrected, out = edited(last, tmp_path / "corrected.nii.gz", (2, 5)), tmp_path / "out.seg.nrrd"
    assert run("slices", folder / "image.nii.gz", corrected, "--last", last, "-o", out) == 0
    assert slices_with(out, 1) == slices_with(out, 2) == list(range(11))
    assert read_labelled_volume(out).key_slices == {1: (5,), 2: (5,)}


def test_labels_that_were_drawn_in_slices_of_their_own_are_carried_to_those_of_others(folder, tmp_path, capsys):
    def keep(array):
        for n, value in ((3, 1), (7, 2)):
            array[n] *= array[n] == value

    drawn, out = drawn_by_hand(folder, tmp_path / "drawn.nii.gz", (3, 7), keep), tmp_path / "out.seg.nrrd"
    assert run("slices", folder / "image.nii.gz", drawn, "-o", out) == 0
    assert slices_with(out, 1) == slices_with(out, 2) == list(range(11))
    told = capsys.readouterr().err
    assert "not drawn, though others are drawn in these slices: gracilis right (slice 7); sartorius right (sl" in told


def test_labels_that_count_as_absent_are_named(folder, tmp_path, capsys):
    drawn = drawn_by_hand(
        folder, tmp_path / "drawn.nii.gz", (1, 5, 9), lambda array: np.putmask(array[9], array[9] == 2, 0)
    )
    assert run("slices", folder / "image.nii.gz", drawn, "-o", tmp_path / "out.seg.nrrd") == 0
    assert "because others are drawn in these slices: sartorius right (slice 9)." in capsys.readouterr().err


def test_an_empty_segmentation_does_not_count_as_if_all_was_erased(folder, tmp_path, capsys):
    image, truth = folder / "image.nii.gz", folder / "truth.seg.nrrd"
    sitk.WriteImage(read_labelled_volume(truth).image * 0, str(tmp_path / "empty.nii.gz"))
    (tmp_path / "empty.tsv").write_text("index\tname\n1\tgracilis right\n")
    assert run("slices", image, tmp_path / "empty.nii.gz", "--last", truth, "-o", tmp_path / "out.seg.nrrd") == 2
    assert "empty.nii.gz shows no label at all" in capsys.readouterr().err
