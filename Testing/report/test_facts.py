"""Tests for the head of a report: where its measures come from."""

from dataclasses import replace
from pathlib import Path

from MuscleSegLib.biomarkers import Measurements
from MuscleSegLib.biomarkers.measurement_files import read_measurements, write_measurements
from MuscleSegLib.report.assembly import make_report
from MuscleSegLib.report.facts import facts


def _texts(measurements: Measurements) -> dict[str, str]:
    return {fact.name: fact.text for fact in facts(measurements.about, "", None)}


def test_the_erosion_and_the_placement_of_the_muscles_are_told(measurements: Measurements) -> None:
    registered = replace(measurements, about=measurements.about | {"placement": {"FF": "registration"}})
    texts = _texts(registered)
    assert texts["Measured by"].endswith("without the outer 1 mm of each muscle")
    assert texts["FF map"] == "Two-point Dixon; muscles placed by registration"
    assert texts["T2 map"] == "Mono-exponential"
    without = replace(measurements, about=measurements.about | {"erosion_mm": 0.0})
    assert _texts(without)["Measured by"].endswith("with the border of each muscle")


def test_what_was_not_recorded_is_not_made_up(measurements: Measurements, tmp_path: Path) -> None:
    older = {key: value for key, value in measurements.about.items() if key != "erosion_mm"}
    read = read_measurements(write_measurements(replace(measurements, about=older), tmp_path / "a.csv")[0])
    assert _texts(read)["Measured by"].endswith("erosion not recorded")


def test_a_report_from_a_table_says_the_erosion_and_that_warnings_are_missing(
    measurements: Measurements, tmp_path: Path
) -> None:
    read = read_measurements(write_measurements(measurements, tmp_path / "a.csv")[0])
    report = make_report(read)
    assert any("without the outer 1 mm of each muscle" in fact.text for fact in report.facts)
    assert any("CSV table, which holds no warnings" in text for text in report.warnings)
