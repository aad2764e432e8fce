"""Tests for the report on paper."""

from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from MuscleSegLib.report.content import Fact, Report
from MuscleSegLib.report.pdf import write_pdf
from MuscleSegLib.report.typeface import printable


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
