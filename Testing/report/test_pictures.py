"""Tests for what is written above and below the pictures of a report."""

from MuscleSegLib.biomarkers import measure
from MuscleSegLib.report.assembly import make_report
from MuscleSegLib.report.content import Report
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume


def test_the_body_map_tells_of_fat_only_where_it_was_measured(report: Report, labels: LabelledVolume) -> None:
    assert report.body_map and report.body_map.title == "Fat fraction by muscle"
    assert "The number is the mean fat fraction" in report.body_map.description

    without = make_report(measure(labels), labels=labels).body_map

    assert without and without.title == "Muscles"
    assert "fat" not in without.description and "number" not in without.description
