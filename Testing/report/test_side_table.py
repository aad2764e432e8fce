"""Tests for the table that shows right beside left."""

import math

import pandas as pd

from MuscleSegLib.report.columns import MISSING
from MuscleSegLib.report.side_table import SideTableColumn, measures_table


def _row(name: str, side: str, volume: float, fat: float, **other: object) -> dict[str, object]:
    return {
        "kind": "muscle",
        "abbreviation": "" if "kind" in other else name[:2].title(),
        "name": name,
        "side": side,
        "volume_cm3": volume,
        "cut_by_field_of_view": False,
        "g20": "G20+" if fat > 20 else "G20-",
        "ff_mean_percent": fat,
        "ff_sd_percent": 1.25,
        "t2_mean_ms": 36.04,
        **other,
    }


def test_right_stands_beside_left_and_groups_below() -> None:
    table = measures_table(
        pd.DataFrame(
            [
                _row("thigh", "right", 800.0, 12.0, kind="group"),
                _row("sartorius", "left", 55.55, 3.0),
                _row("sartorius", "right", 60.0, 4.0),
            ]
        )
    )
    assert [column.side for column in table.columns] == ["right", "left"] * 3
    assert table.measures == [("Volume, cm³", 2), ("FF, %", 2), ("T2, ms", 2)]
    assert [(row.name, row.is_group) for row in table.rows] == [("sartorius (Sa)", False), ("thigh", True)]
    assert table.rows[0].cells == ("60.0", "55.5", "4.0 ± 1.2", "3.0 ± 1.2", "36.0", "36.0")
    assert table.rows[1].cells == ("800.0", MISSING, "12.0 ± 1.2", MISSING, "36.0", MISSING)


def test_one_side_alone_has_one_column_a_measure() -> None:
    table = measures_table(pd.DataFrame([_row("sartorius", "left", 55.0, 3.0)]))
    assert [column.side for column in table.columns] == ["left"] * 3


def test_measures_without_sides_have_no_side_in_the_heading() -> None:
    table = measures_table(pd.DataFrame([_row("my muscle", "", 55.0, 3.0)]))
    assert table.columns[0] == SideTableColumn("Volume, cm³", "")


def test_fat_and_cut_muscles_are_marked_and_the_marks_explained() -> None:
    table = measures_table(
        pd.DataFrame(
            [_row("gracilis", "right", 50.0, 35.0, cut_by_field_of_view=True), _row("gracilis", "left", 50, 5)]
        )
    )
    assert table.rows[0].cells[:4] == ("† 50.0", "50.0", "▲ 35.0 ± 1.2", "5.0 ± 1.2")
    assert "† cut by the field of view" in table.explanation and "▲ fat fraction above 20 %" in table.explanation


def test_what_was_not_measured_is_a_dash_and_unused_marks_are_not_explained() -> None:
    table = measures_table(pd.DataFrame([_row("gracilis", "right", math.nan, math.nan, g20="")]))
    assert table.rows[0].cells[:2] == (MISSING, MISSING)
    assert "†" not in table.explanation and "▲" not in table.explanation
