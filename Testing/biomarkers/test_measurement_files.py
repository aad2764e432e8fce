"""Measurements come back from files as they were, and say whose they are and by what they were made."""

import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from MuscleSegLib import __version__
from MuscleSegLib.biomarkers import Measurements, map_labels, measure
from MuscleSegLib.biomarkers.measurement_files import measurement_paths, read_measurements, write_measurements
from MuscleSegLib.errors import InputError
from Testing.biomarkers.conftest import map_like


def assert_same(one, other):
    pd.testing.assert_frame_equal(one.muscles, other.muscles, check_dtype=False)
    pd.testing.assert_frame_equal(one.profile, other.profile, check_dtype=False)
    assert (one.about, one.warnings) == (other.about, other.warnings)


def test_json_gives_back_every_digit(measured, tmp_path):
    write_measurements(measured, tmp_path / "p01.json")

    assert_same(read_measurements(tmp_path / "p01.json"), measured)


def test_json_gives_back_what_could_not_be_measured(boxes):
    measured = measure(boxes, [map_labels(boxes, map_like(boxes.image, float("nan")))])

    again = Measurements.from_json(measured.to_json())

    assert again.muscles["ff_mean_percent"].isna().all() and again.muscles["ff_mean_percent"].dtype == float
    assert_same(again, measured)


def test_csv_has_the_same_numbers(measured, tmp_path):
    written = write_measurements(measured, tmp_path / "p01.csv")

    assert [path.name for path in written] == ["p01.csv", "p01_profile.csv"]
    again = read_measurements(tmp_path / "p01.csv")
    pd.testing.assert_frame_equal(again.muscles, measured.muscles, check_dtype=False, rtol=1e-12)
    pd.testing.assert_frame_equal(again.profile, measured.profile, check_dtype=False, rtol=1e-12)
    assert (again.about["pseudonym"], again.about["scan_date"]) == ("P01", "2024-05-01")


def test_each_row_of_a_csv_says_where_it_comes_from(measured, tmp_path):
    measured = replace(measured, about=measured.about | {"models": ["thigh-hrnet 1.0 (sha256 ab)", "b 2 (sha256 cd)"]})
    for path in write_measurements(measured, tmp_path / "p01.csv"):
        table = pd.read_csv(path)
        assert set(table["version"]) == {__version__}
        assert set(table["models"]) == {"thigh-hrnet 1.0 (sha256 ab); b 2 (sha256 cd)"}
        assert set(table["notice"]) == {"For research; not for diagnostic use."}
    assert read_measurements(tmp_path / "p01.csv").about["models"] == measured.about["models"]


def test_a_csv_says_the_erosion_and_that_it_holds_no_warnings(measured, tmp_path):
    eroded = replace(measured, about=measured.about | {"erosion_mm": 2.0}, warnings=("Look at it.",))
    for path in write_measurements(eroded, tmp_path / "p01.csv"):
        assert set(pd.read_csv(path)["erosion_mm"]) == {2.0}

    again = read_measurements(tmp_path / "p01.csv")
    assert again.about["erosion_mm"] == 2.0
    assert len(again.warnings) == 1 and "holds no warnings" in again.warnings[0] and ".json" in again.warnings[0]


def test_a_csv_of_an_older_version_says_nothing_of_the_erosion(measured, tmp_path):
    again = read_measurements(edited_csv(measured, tmp_path, erosion_mm=None))

    assert "erosion_mm" not in again.about
    assert read_measurements(write_measurements(again, tmp_path / "again.csv")[0]).about == again.about


def test_every_measure_has_its_unit_in_its_name(measured):
    counts = ("_voxels_used", "_voxels_left_out")
    words = {"kind", "abbreviation", "name", "side", "members", "g20", "cut_by_field_of_view", "slice"}
    for column in {*measured.muscles, *measured.profile} - words:
        assert column.endswith(("_cm3", "_mm2", "_mm", "_percent", *counts)), column


def test_nothing_is_written_over_half(measured, tmp_path, monkeypatch):
    (tmp_path / "p01.csv").write_text("before")

    def full_disk(*_args, **_kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full_disk)
    with pytest.raises(InputError, match="could not be written"):
        write_measurements(measured, tmp_path / "p01.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["p01.csv"]
    assert (tmp_path / "p01.csv").read_text() == "before"


@pytest.mark.parametrize("name", ["p01.xlsx", "nowhere/p01.json"])
def test_where_nothing_can_be_written_is_said_beforehand(tmp_path, name):
    with pytest.raises(InputError):
        measurement_paths(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", "{}"),
        ("b.json", "no json"),
        ("c.json", '{"format": "MuscleSeg measurements"}'),
        ("d.csv", "a,b\n1,2\n"),
    ],
)
def test_other_files_are_refused(tmp_path, name, content):
    (tmp_path / name).write_text(content)

    with pytest.raises(InputError, match="holds no measures of MuscleSeg"):
        read_measurements(tmp_path / name)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="There is no file of measures"):
        read_measurements(tmp_path / "none.json")


def edited_csv(measured, folder, **columns):
    """A table of measures in which, as in its profile, columns were overwritten, or, with None, deleted."""
    written = write_measurements(measured, folder / "p01.csv")
    for path in written:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        table = table.assign(**{name: value for name, value in columns.items() if value is not None})
        deleted = [name for name, value in columns.items() if value is None]
        table.drop(columns=deleted, errors="ignore").to_csv(path, index=False)
    return written[0]


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"volume_cm3": "30,5"}, "the column volume_cm3 holds '30,5', which is no number"),
        ({"volume_cm3": "1e999"}, "the column volume_cm3 holds 'inf', which is no number"),
        ({"volume_cm3": "-1e308"}, "the column volume_cm3 holds '-1e+308', which is no number that can be measured"),
        ({"volume_cm3": "-5"}, "the column volume_cm3 holds '-5', which is no number that can be measured"),
        ({"fat_volume_cm3": "-0.1"}, "the column fat_volume_cm3 holds '-0.1'"),
        ({"mean_area_mm2": "-3"}, "the column mean_area_mm2 holds '-3'"),
        ({"area_mm2": "-3"}, "the column area_mm2 holds '-3'"),
        ({"length_mm": "-8"}, "the column length_mm holds '-8'"),
        ({"ff_mean_percent": "-100.5"}, "the column ff_mean_percent holds '-100.5'"),
        ({"cut_by_field_of_view": "WAHR"}, "does not hold True or False in every row"),
        ({"cut_by_field_of_view": ""}, "does not hold True or False in every row"),
        ({"cut_by_field_of_view": None}, "the column cut_by_field_of_view is missing"),
        ({"members": None}, "the column members is missing"),
        ({"scan_date": "01.05.2024"}, "'01.05.2024', is not written as year-month-day"),
        ({"name": "gracilis", "side": "left", "kind": "muscle", "abbreviation": "Gra"}, "gracilis left is in it twice"),
    ],
)
def test_what_a_spreadsheet_changed_is_said(measured, tmp_path, columns, text):
    path = edited_csv(measured, tmp_path, **columns)

    with pytest.raises(InputError, match=r"p01\.csv is not as muscleseg measure wrote it: .*" + re.escape(text)):
        read_measurements(path)


def test_noise_may_bring_a_fat_fraction_below_zero(measured, tmp_path):
    read = read_measurements(edited_csv(measured, tmp_path, ff_mean_percent="-3.5"))

    assert set(read.muscles["ff_mean_percent"]) == {-3.5}


@pytest.mark.parametrize(
    ("column", "other", "said"),
    [
        ("pseudonym", "P02", "'P01' and 'P02' as pseudonym"),
        ("pseudonym", "", "'P01' and '' as pseudonym"),
        ("scan_date", "2025-05-01", "'2024-05-01' and '2025-05-01' as scan_date"),
        ("models", "m 1 (sha256 ab)", "'' and 'm 1 (sha256 ab)' as models"),
        ("erosion_mm", "2.0", "'0.0' and '2.0' as erosion_mm"),
    ],
)
@pytest.mark.parametrize("rows", ["of the table", "of the profile"])
def test_rows_of_several_visits_are_not_read_as_those_of_the_first(measured, tmp_path, rows, column, other, said):
    table, profile = write_measurements(measured, tmp_path / "p01.csv")
    path = {"of the table": table, "of the profile": profile}[rows]
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[len(frame) - 1, column] = other
    frame.to_csv(path, index=False)

    with pytest.raises(InputError, match=rf"^p01\.csv, or the profile .* {re.escape(said)}\. Give the file"):
        read_measurements(table)


@pytest.mark.parametrize("part", ["muscles", "profile"])
@pytest.mark.parametrize("name", [None, {}, 3])
def test_a_name_that_is_no_text_is_said(measured, tmp_path, part, name):
    path = write_measurements(measured, tmp_path / "p01.json")[0]
    content = json.loads(path.read_text("utf-8"))
    content[part][0]["name"] = name
    path.write_text(json.dumps(content), "utf-8")

    with pytest.raises(InputError, match=r"the column name holds .*which is no text"):
        read_measurements(path)


def test_what_a_spreadsheet_adds_around_a_table_does_no_harm(measured, tmp_path):
    path = write_measurements(measured, tmp_path / "p01.csv")[0]
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    empty = "," * header.count(",")
    path.write_text("\r\n".join([header, *rows, empty, ""]), encoding="utf-8-sig")

    pd.testing.assert_frame_equal(read_measurements(path).muscles, measured.muscles, check_dtype=False, rtol=1e-12)


def test_a_column_that_a_person_added_is_no_measure(measured, tmp_path):
    path = edited_csv(measured, tmp_path, remark="seen", age="63")

    assert list(read_measurements(path).muscles) == list(measured.muscles)


def test_a_table_that_is_cut_off_is_refused(measured, tmp_path):
    path = write_measurements(measured, tmp_path / "p01.csv")[0]
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.rindex("vastus") + 40], encoding="utf-8")

    with pytest.raises(InputError, match="or not all that were written"):
        read_measurements(path)


@pytest.mark.parametrize("content", [b"a;b\n1;2\n", b"\xff\xfe\x00", b""])
def test_a_damaged_profile_beside_a_table_is_refused(measured, tmp_path, content):
    path, profile = write_measurements(measured, tmp_path / "p01.csv")
    profile.write_bytes(content)

    with pytest.raises(InputError, match="holds no measures"):
        read_measurements(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(muscles=[]),
        lambda content: content.update(muscles=[1, 2]),
        lambda content: [row.pop("side") for row in content["muscles"]],
        lambda content: content["muscles"].append(content["muscles"][0]),
        lambda content: content["about"].update(scan_date=20240501),
        lambda content: content["about"].update(scan_date="01.05.2024"),
        lambda content: content["about"].update(pseudonym=17),
        lambda content: content["about"].update(maps=None),
        lambda content: content["about"].update(erosion_mm="2 mm"),
        lambda content: content["about"].update(placement=None),
    ],
)
def test_json_that_was_changed_is_refused(measured, tmp_path, change):
    content = json.loads(measured.to_json())
    change(content)
    (tmp_path / "p01.json").write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(InputError, match=r"p01\.json is not as muscleseg measure wrote it"):
        read_measurements(tmp_path / "p01.json")
