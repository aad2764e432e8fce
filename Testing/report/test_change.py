"""Tests for what a report says of the change since an earlier visit."""

from dataclasses import replace

import numpy as np
import pytest

from MuscleSegLib.biomarkers import Measurements
from MuscleSegLib.biomarkers.follow_up import FollowUp, follow_up, follow_ups
from MuscleSegLib.biomarkers.retest import Retest, compare_retest
from MuscleSegLib.report.assembly import make_report
from MuscleSegLib.report.change import change_since
from MuscleSegLib.report.columns import measure_columns
from MuscleSegLib.report.html import html


def _fatter(measurements: Measurements, percent: float, date: str = "2025-03-01") -> Measurements:
    """The same visit with another fat fraction in the rectus femoris, and a little more in all muscles."""
    muscles = measurements.muscles.copy()
    muscles["ff_mean_percent"] += 0.1
    muscles.loc[muscles["name"] == "rectus femoris", "ff_mean_percent"] += percent
    return replace(measurements, muscles=muscles, about=measurements.about | {"scan_date": date})


def _again(measurements: Measurements, seed: int) -> Measurements:
    """Another scan of the same day: every measure is a few tenths off."""
    noise = np.random.default_rng(seed)
    muscles = measurements.muscles.copy()
    for column in measure_columns(muscles):
        muscles[column.name] = muscles[column.name] + noise.normal(0, 0.2, len(muscles))
    return replace(measurements, muscles=muscles)


@pytest.fixture(scope="module")
def retest(measurements: Measurements) -> Retest:
    return compare_retest([measurements] * 4, [_again(measurements, seed) for seed in range(4)])


@pytest.fixture
def since(measurements: Measurements, retest: Retest) -> FollowUp:
    return follow_up(_fatter(measurements, -7.0), measurements, retest)


def _fat(change_cells: tuple[str, ...]) -> tuple[str, ...]:
    """Right, left and no side of the fat fraction, which follows the volume."""
    return change_cells[3:6]


def test_change_is_this_visit_minus_the_earlier_one_and_marked_when_more_than_the_error(since: FollowUp) -> None:
    change = change_since(since)
    assert change.title == "Change since 2025-03-01"
    cells = {row.name: _fat(row.cells) for row in change.table.rows}
    assert cells["rectus femoris (RF)"] == ("● +6.9", "● +6.9", "–")
    assert cells["vastus lateralis (VL)"] == ("−0.1", "−0.1", "–")
    assert "● more than the smallest change" in change.table.explanation


def test_cut_muscles_are_not_compared_and_it_is_said(since: FollowUp) -> None:
    change = change_since(since)
    volumes = {row.name: row.cells[0] for row in change.table.rows}
    assert volumes["vastus lateralis (VL)"] == "–"
    assert "not compared: " in change.table.explanation and "cut by the field of view" in change.table.explanation


def test_without_an_error_nothing_is_marked_and_it_is_said(measurements: Measurements) -> None:
    without_error = follow_up(_fatter(measurements, -7.0), measurements)
    change = change_since(without_error)
    assert not any("●" in cell for row in change.table.rows for cell in row.cells)
    report = make_report(measurements, follow_ups=[without_error])
    assert sum(text.count("not known") for text in (change.table.explanation, *report.warnings)) == 1
    assert "No change is marked: the error of measuring is not known" in report.warnings[-1]


def test_an_error_that_is_known_of_some_measures_only_is_said_under_the_table(since: FollowUp) -> None:
    table = since.table.copy()
    fat = (table["measure"] == "ff_mean_percent") & (table["finding"] != "not compared")
    table.loc[fat, "smallest_detectable_change"] = np.nan
    table.loc[fat, "finding"] = "error not known"
    explanation = change_since(replace(since, table=table)).table.explanation
    assert "Where the error of measuring is not known, no change is marked." in explanation


def test_details_have_every_measure_with_what_is_known_of_its_error(since: FollowUp) -> None:
    details = change_since(since).details
    row = next(row for row in details.rows if row[:3] == ("rectus femoris", "left", "FF mean, %"))
    found = since.table.set_index(["name", "side", "measure"]).loc[("rectus femoris", "left", "ff_mean_percent")]
    assert row[3:7] == (
        f"{found['earlier']:.1f}",
        f"{found['now']:.1f}",
        "+6.9",
        f"{found['smallest_detectable_change']:.1f}",
    )
    assert row[7] == "more than the error"
    assert len(details.rows) == len(since.table)


def test_a_report_has_the_change_and_its_warnings(measurements: Measurements) -> None:
    without_error = follow_up(_fatter(measurements, -7.0, date=""), measurements)
    report = make_report(measurements, follow_ups=[without_error])
    assert report.warnings == (*measurements.warnings, *without_error.warnings)
    assert "Change since the earlier visit" in html(report)


def test_several_visits_are_shown_as_the_course_of_each_muscle_from_the_first_to_this_one(
    measurements: Measurements,
) -> None:
    visits = [_fatter(measurements, -7.0, "2025-03-01"), _fatter(measurements, -9.0, "2024-02-01")]
    report = make_report(measurements, follow_ups=follow_ups(visits, measurements))
    assert report.change is not None and report.change.title == "Change since 2025-03-01"
    assert report.course is not None
    now = measurements.about["scan_date"]
    assert report.course.title == f"Course over 3 visits: 2024-02-01 → 2025-03-01 → {now}"
    femoris = measurements.muscles[measurements.muscles["name"] == "rectus femoris"]
    value = femoris[femoris["side"] == "right"]["ff_mean_percent"].item()
    cells = {row.name: row.cells for row in report.course.table.rows}
    assert f"{value - 8.9:.1f} → {value - 6.9:.1f} → {value:.1f}".replace("-", "−") in cells["rectus femoris (RF)"]
    assert report.course.title in html(report)


def test_one_earlier_visit_is_no_course(measurements: Measurements, since: FollowUp) -> None:
    assert make_report(measurements, follow_ups=[since]).course is None
