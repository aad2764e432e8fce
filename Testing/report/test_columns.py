"""Tests for the columns of measures and how their values are written."""

import math

import pytest

from MuscleSegLib.report.columns import MISSING, MeasureColumn


@pytest.mark.parametrize(
    ("name", "quantity", "statistic", "unit", "heading"),
    [
        ("volume_cm3", "volume", "", "cm3", "Volume, cm³"),
        ("lean_volume_cm3", "lean_volume", "", "cm3", "Lean volume, cm³"),
        ("largest_area_mm2", "largest_area", "", "mm2", "Largest area, mm²"),
        ("length_mm", "length", "", "mm", "Length, mm"),
        ("ff_mean_percent", "ff", "mean", "percent", "FF mean, %"),
        ("t2_sd_ms", "t2", "sd", "ms", "T2 SD, ms"),
        ("t2_r2_mean", "t2_r2", "mean", "", "T2 R2 mean"),
        ("mtr_p95_percent", "mtr", "p95", "percent", "MTR 95th percentile, %"),
        ("ff_voxels_left_out", "ff", "voxels_left_out", "", "FF voxels left out"),
    ],
)
def test_name_of_a_column_says_what_it_holds(name: str, quantity: str, statistic: str, unit: str, heading: str) -> None:
    column = MeasureColumn.of(name)
    assert column == MeasureColumn(name, quantity, statistic, unit)
    assert column.heading == heading


@pytest.mark.parametrize("name", ["name", "side", "kind", "abbreviation", "g20", "cut_by_field_of_view", "position_mm"])
def test_columns_of_other_things_are_no_measures(name: str) -> None:
    assert MeasureColumn.of(name) is None


@pytest.mark.parametrize(
    ("name", "value", "text", "signed"),
    [
        ("ff_mean_percent", 12.345, "12.3", "+12.3"),
        ("ff_mean_percent", -0.04, "0.0", "0.0"),
        ("ff_mean_percent", 0.04, "0.0", "0.0"),
        ("t2_mean_ms", -1.26, "−1.3", "−1.3"),
        ("volume_cm3", 0.0, "0.0", "0.0"),
        ("largest_area_mm2", 1234.4, "1234", "+1234"),
        ("t2_r2_mean", 0.987, "0.99", "+0.99"),
        ("ff_voxels_used", 10.0, "10", "+10"),
        ("ff_mean_percent", math.nan, MISSING, MISSING),
    ],
)
def test_values_are_rounded_in_one_way(name: str, value: float, text: str, signed: str) -> None:
    column = MeasureColumn.of(name)
    assert column is not None
    assert column.text(value) == text
    assert column.signed_text(value) == signed
