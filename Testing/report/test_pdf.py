"""Tests for the report on paper."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from pypdf import PdfReader
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics

from MuscleSegLib.report.content import Course, Fact, Report
from MuscleSegLib.report.pdf import write_pdf
from MuscleSegLib.report.side_table import SideTable, SideTableColumn, SideTableRow
from MuscleSegLib.report.typeface import BOLD, REGULAR, printable


def _pages(report: Report, folder: Path) -> list[str]:
    """The text of each page, white space as single spaces."""
    write_pdf(report, folder / "report.pdf")
    return [" ".join(page.extract_text().split()) for page in PdfReader(folder / "report.pdf").pages]


def test_there_are_two_pages_that_say_what_they_are(report: Report, tmp_path: Path) -> None:
    first, second = _pages(report, tmp_path)
    assert report.title in first and report.notice in first
    assert "page 1 of 2" in first and "page 2 of 2" in second
    assert all(report.notice in page and report.version in page for page in (first, second))


def test_warnings_are_announced_on_the_first_page_and_printed_on_the_second(report: Report, tmp_path: Path) -> None:
    first, second = _pages(replace(report, warnings=("The gracilis <left> & right are thin.",)), tmp_path)
    assert "Please check: 1 remark on page 2." in first
    assert "The gracilis <left> & right are thin." in second


def test_much_more_than_fits_is_still_two_pages_with_everything_on_them(report: Report, tmp_path: Path) -> None:
    many = replace(
        report,
        warnings=tuple(f"Warning {n} is a sentence of some length that names a muscle and a slice." for n in range(60)),
        table=replace(report.table, rows=report.table.rows * 9),
        facts=tuple(Fact(f"Fact {n}", "text " * 30) for n in range(12)),
    )
    first, second = _pages(many, tmp_path)
    assert "Fact 11" in first and first.count("vastus lateralis") >= 9
    assert "Warning 59" in second


def test_a_report_of_little_has_two_pages_too(report: Report, tmp_path: Path) -> None:
    little = replace(report, body_map=None, slices=None, profiles=None, warnings=())
    assert len(_pages(little, tmp_path)) == 2


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Łukasz Ünal Ёлка Ωmega ± † ▲ − cm³", "Łukasz Ünal Ёлка Ωmega ± † ▲ − cm³"),
        ("大山", "��"),
        ("שלום", "����"),
    ],
)
def test_letters_that_cannot_be_printed_are_shown_to_be_missing(
    report: Report, text: str, printed: str, tmp_path: Path
) -> None:
    assert printable(text) == printed
    first, _ = _pages(replace(report, facts=(Fact("Patient", text),)), tmp_path)
    assert printed in first


def test_the_same_report_is_the_same_file(report: Report, tmp_path: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        write_pdf(report, tmp_path / name)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


def _course(visits: int) -> SideTable:
    """A table of three maps on two sides, with a value of each visit in each cell."""
    columns = tuple(SideTableColumn(measure, side) for measure in ("FF, %", "T2, ms", "MTR, %") for side in "RL")
    cells = (" → ".join(["31.5"] * visits),) * len(columns)
    rows = tuple(SideTableRow("biceps femoris short head (BFS)", is_group, cells) for is_group in (False, True))
    return SideTable(columns, rows, "")


@pytest.mark.parametrize("visits", [2, 3, 6])
def test_the_values_of_several_visits_do_not_run_into_each_other(report: Report, visits: int, tmp_path: Path) -> None:
    write_pdf(replace(report, course=Course("Course", _course(visits))), tmp_path / "report.pdf")
    placed: dict[float, list[tuple[float, float]]] = {}

    def place(text: str, page: list[float], line: list[float], font: dict[str, str] | None, size: float) -> None:
        if font and ("31.5" in text or "BFS" in text):
            name = BOLD if "Bold" in font["/BaseFont"] else REGULAR
            start = page[4] + page[0] * line[4]
            end = start + page[0] * pdfmetrics.stringWidth(text.strip(), name, size)
            placed.setdefault(round(page[5] + page[3] * line[5], 1), []).append((start, end))

    PdfReader(tmp_path / "report.pdf").pages[1].extract_text(visitor_text=place)
    lines = [sorted(cells) for cells in placed.values()]
    assert [len(cells) for cells in lines] == [7, 7]
    assert all(end < start for cells in lines for (_, end), (start, _) in pairwise(cells))
    assert all(cells[-1][1] < A4[0] for cells in lines)
