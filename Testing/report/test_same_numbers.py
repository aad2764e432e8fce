"""Tests that a page, a printed sheet, a CSV file and a DICOM report have the same numbers in them."""

import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import SimpleITK as sitk
from highdicom import sr
from pypdf import PdfReader

from MuscleSegLib.biomarkers import Measurements
from MuscleSegLib.report.columns import measure_columns
from MuscleSegLib.report.content import Report
from MuscleSegLib.report.dicom_codes import derivation_code, quantity_code, unit_code
from MuscleSegLib.report.dicom_files import dicom_paths, write_dicom
from MuscleSegLib.report.dicom_source import read_dicom_source
from MuscleSegLib.report.html import html
from MuscleSegLib.report.pdf import write_pdf
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume
from Testing.report.scan_files import write_scan


class _Tables(HTMLParser):
    """The texts of the cells of every table of a page: tables, rows, cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._in_cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in {"td", "th"}:
            self.tables[-1][-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.tables[-1][-1][-1] += data


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory, measurements: Measurements) -> pd.DataFrame:
    """The measures as the CSV file has them."""
    path = tmp_path_factory.mktemp("csv") / "measures.csv"
    measurements.write_csv(path)
    return pd.read_csv(path, keep_default_na=True).fillna({"side": ""})


def _title(row: pd.Series) -> str:
    return f"{row['name']} {row['side']}".strip()


def _number(text: str) -> float:
    return math.nan if text == "–" else float(text.replace("−", "-"))


def _agree(text: str, value: float) -> bool:
    """Whether a text is the value rounded to as many decimals as the text has."""
    if math.isnan(value):
        return text == "–"
    decimals = len(text.partition(".")[2])
    return abs(_number(text) - value) <= 0.5 * 10**-decimals * (1 + 1e-9)


def test_every_number_of_the_page_is_that_of_the_csv_file(report: Report, csv: pd.DataFrame) -> None:
    _, everything = _Tables(html(report)).tables
    columns = measure_columns(csv)
    assert everything[0] == ["muscle", "side", *(column.heading for column in columns)]
    assert len(everything) == len(csv) + 1 and len(columns) > 25
    for cells, (_, row) in zip(everything[1:], csv.iterrows(), strict=True):
        assert cells[:2] == [row["name"], row["side"]]
        for cell, column in zip(cells[2:], columns, strict=True):
            assert _agree(cell, row[column.name]), (row["name"], column.name)


def test_the_table_right_beside_left_has_the_same_numbers(report: Report, csv: pd.DataFrame) -> None:
    table, _ = _Tables(html(report)).tables
    sides = table[1][1:4]
    assert sides == ["right", "left", "no side"]
    shown = [("volume_cm3", None), ("ff_mean_percent", "ff_sd_percent"), ("t2_mean_ms", "t2_sd_ms"),
             ("mtr_mean_percent", "mtr_sd_percent")]  # fmt: skip
    compared = 0
    for name, *cells in table[2:]:
        for n, cell in enumerate(cells):
            found = csv[(csv["name"] == re.sub(r" \(\w+\)$", "", name)) & (csv["side"] == ("right", "left", "")[n % 3])]
            if found.empty:
                assert cell == "–"
                continue
            row = found.iloc[0]
            mean, deviation = shown[n // 3]
            numbers = re.findall(r"−?\d+(?:\.\d+)?", cell)
            assert _agree(numbers[0], row[mean])
            assert deviation is None or _agree(numbers[1], row[deviation])
            assert ("▲" in cell) == (mean == "ff_mean_percent" and row["g20"] == "G20+")
            assert ("†" in cell) == (deviation is None and row["cut_by_field_of_view"])
            compared += 1
    assert compared == 4 * len(csv)


def test_the_printed_table_is_that_of_the_page(report: Report, tmp_path: Path) -> None:
    write_pdf(report, tmp_path / "report.pdf")
    printed = " ".join(PdfReader(tmp_path / "report.pdf").pages[0].extract_text().split())
    table, _ = _Tables(html(report)).tables
    for row in table:
        assert " ".join(cell for cell in row if cell) in printed


def test_the_structured_report_has_every_number_with_its_unit(
    measurements: Measurements, csv: pd.DataFrame, image: sitk.Image, labels: LabelledVolume, tmp_path: Path
) -> None:
    write_scan(tmp_path / "scan", image)
    write_dicom(measurements, labels, read_dicom_source(tmp_path / "scan"), tmp_path)
    content = sr.srread(dicom_paths(tmp_path)[1]).content
    groups = {
        group.tracking_identifier: group
        for group in (*content.get_volumetric_roi_measurement_groups(), *content.get_image_measurement_groups())
    }
    assert len(groups) == len(csv)
    for _, row in csv.iterrows():
        expected = {
            (quantity_code(column).value, getattr(derivation_code(column), "value", None), unit_code(column).value):
            row[column.name]
            for column in measure_columns(csv) if not math.isnan(row[column.name])
        }  # fmt: skip
        found = {
            (measurement.name.value, getattr(measurement.derivation, "value", None), measurement.unit.value):
            measurement.value
            for measurement in groups[_title(row)].get_measurements()
        }  # fmt: skip
        assert found.keys() == expected.keys()
        assert len(found) == len(groups[_title(row)].get_measurements())
        assert len(found) > 20
        # A decimal string of DICOM has 16 characters, and the CSV file all digits.
        assert all(found[key] == pytest.approx(expected[key], rel=1e-12) for key in found)
