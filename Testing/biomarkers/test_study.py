"""The measures of many visits in one table."""

from dataclasses import replace

import pandas as pd
import pytest

from MuscleSegLib.biomarkers.measurement_files import read_measurements, write_measurements
from MuscleSegLib.biomarkers.study import collect
from MuscleSegLib.cli import main
from MuscleSegLib.errors import InputError


def visit(measured, **about):
    return replace(measured, about=measured.about | about)


def test_rows_of_all_visits_are_below_each_other_and_say_whose_they_are(measured):
    study = collect({"a": visit(measured, pseudonym="A"), "b": visit(measured, pseudonym="B")})
    for table, one in ((study.muscles, measured.muscles), (study.profile, measured.profile)):
        assert table["pseudonym"].tolist() == ["A"] * len(one) + ["B"] * len(one)
        for name in "AB":
            own = table[table["pseudonym"] == name][one.columns].reset_index(drop=True)
            pd.testing.assert_frame_equal(own, one)
        assert table.columns[:2].tolist() == ["pseudonym", "scan_date"] and table.columns[-1] == "notice"
    assert study.warnings == ()


def test_a_visit_without_a_map_that_others_have_is_empty_there(measured):
    fat = [name for name in measured.muscles if name.startswith("ff_")]
    without = replace(visit(measured, pseudonym="A"), muscles=measured.muscles.drop(columns=fat))
    study = collect({"a": without, "b": visit(measured, pseudonym="B")})
    assert fat and study.muscles[fat].notna().all(axis=1).sum() == measured.muscles[fat].notna().all(axis=1).sum()
    assert study.muscles[study.muscles["pseudonym"] == "A"][fat].isna().all(axis=None)
    assert study.muscles.columns[-1] == "notice"


def test_visits_of_one_patient_are_told_apart_by_their_dates(measured):
    days = [visit(measured, pseudonym="A", scan_date=day) for day in ("2024-05-01", "2025-05-01")]
    assert len(collect(dict(zip("ab", days, strict=True))).muscles) == 2 * len(measured.muscles)
    with pytest.raises(InputError, match="a and b are both measures of A of 2024-05-01"):
        collect({"a": days[0], "b": days[0]})
    dateless = visit(measured, pseudonym="A", scan_date="")
    with pytest.raises(InputError, match="a and b are both measures of A without a date"):
        collect({"a": dateless, "b": dateless})


def test_a_table_of_several_visits_is_not_read_as_one(measured, tmp_path):
    collect({name: visit(measured, pseudonym=name) for name in "AB"}).write_csv(tmp_path / "study.csv")
    with pytest.raises(InputError, match=r"study\.csv.* is not of one visit: its rows say 'A' and 'B' as pseudonym"):
        read_measurements(tmp_path / "study.csv")


def test_rows_that_nobody_could_tell_whose_they_are_are_refused(measured):
    with pytest.raises(InputError, match="b does not say whose measures it holds: measure with --pseudonym"):
        collect({"a": visit(measured, pseudonym="A"), "b": visit(measured, pseudonym="")})


def test_what_was_done_differently_is_said_once_for_all(measured):
    settings = {
        "a": {"erosion_mm": 0.0, "models": ["m"]},
        "b": {"erosion_mm": 2.0, "models": ["m"]},
        "c": {"erosion_mm": 2.0, "models": ["m"]},
        "d": {"erosion_mm": 0.0, "models": ["m", "own"]},
    }
    visits = {name: visit(measured, pseudonym=name, **own) for name, own in settings.items()}
    assert collect(visits).warnings == (
        "2 of 4 visits, such as b, were measured with other erosion than a: differences may come from that.",
        "1 of 4 visits, such as d, were measured with other models than a: differences may come from that.",
    )


def test_another_erosion_is_said_of_csv_tables_too(measured, tmp_path):
    files = [str(tmp_path / f"{name}.csv") for name in "ab"]
    for file, erosion_mm in zip(files, (0.0, 2.0), strict=True):
        write_measurements(visit(measured, pseudonym=file, erosion_mm=erosion_mm), file)
    assert any("other erosion" in text for text in collect({file: read_measurements(file) for file in files}).warnings)


def test_the_command_writes_both_tables_or_says_what_is_wrong(measured, tmp_path, capsys):
    for name in "ab":
        write_measurements(visit(measured, pseudonym=name), tmp_path / f"{name}.json")
    one, other, table = (str(tmp_path / name) for name in ("a.json", "b.json", "study.csv"))
    assert main(["collect", one, other, "-o", table]) == 0
    rows = pd.read_csv(table)
    assert set(rows["pseudonym"]) == {"a", "b"} and len(rows) == 2 * len(measured.muscles)
    assert len(pd.read_csv(tmp_path / "study_profile.csv")) == 2 * len(measured.profile)
    for arguments, said in (
        ([one, other, "-o", table], "--overwrite"),
        ([one, one, "-o", str(tmp_path / "c.csv")], "a.json is given twice"),
        ([one, "-o", str(tmp_path / "c.json")], "Let the name end in .csv"),
        ([one, str(tmp_path / "none.json"), "-o", str(tmp_path / "c.csv")], "There is no file of measures"),
    ):
        capsys.readouterr()
        assert main(["collect", *arguments]) == 2
        assert said in capsys.readouterr().err
        assert not (tmp_path / "c.csv").exists()
