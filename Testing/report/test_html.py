"""Tests for the report as an HTML page."""

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest

from MuscleSegLib.report.content import Change, Course, Fact, PlainTable, Report
from MuscleSegLib.report.html import html, write_html
from MuscleSegLib.report.side_table import SideTable, SideTableColumn, SideTableRow

#: A text of a file name or a DICOM header that would break a page.
MEAN = "<script>alert('x')</script> & \"Co\" 'n'"


class _Page(HTMLParser):
    """What a browser makes of a page: its elements with their attributes, and all of its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_nothing_is_loaded_from_elsewhere_and_no_script_runs(report: Report) -> None:
    page = _Page(html(report))
    assert {tag for tag, _ in page.elements} & {"script", "link", "iframe", "object"} == set()
    sources = [
        value for _, attributes in page.elements for name, value in attributes.items() if name in {"src", "href"}
    ]
    assert len(sources) == 3
    assert all(source and source.startswith("data:image/png;base64,") for source in sources)
    assert "url(" not in html(report) and "@import" not in html(report)


def test_every_text_is_escaped(report: Report) -> None:
    assert report.body_map
    table = SideTable((SideTableColumn(MEAN, MEAN),), (SideTableRow(MEAN, True, (MEAN,)),), MEAN)
    plain = PlainTable((MEAN,), ((MEAN,),))
    picture = replace(report.body_map, title=MEAN, description=MEAN)
    harmful = Report(
        title=MEAN,
        notice=MEAN,
        version=MEAN,
        facts=(Fact(MEAN, MEAN),),
        table=table,
        all_measures=plain,
        body_map=picture,
        slices=picture,
        profiles=picture,
        change=Change(MEAN, table, plain),
        course=Course(MEAN, table),
        warnings=(MEAN,),
    )
    expected = _Page(html(replace(report, change=Change("", report.table, plain), course=Course("", report.table))))
    page = _Page(html(harmful))
    assert {tag for tag, _ in page.elements} == {tag for tag, _ in expected.elements}
    assert page.text.count(MEAN) >= 20
    assert {attributes["alt"] for tag, attributes in page.elements if tag == "img"} == {MEAN}


def test_a_report_of_little_says_what_there_is(report: Report) -> None:
    page = _Page(html(replace(report, body_map=None, slices=None, profiles=None, warnings=())))
    assert "img" not in {tag for tag, _ in page.elements}
    assert "Please check" not in page.text
    assert "vastus lateralis" in page.text and report.notice in page.text


def test_a_page_that_cannot_be_made_leaves_the_older_one(report: Report, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("older")
    with pytest.raises(jinja2.UndefinedError):
        write_html(replace(report, table=None), tmp_path / "report.html")  # type: ignore[arg-type]
    assert [file.read_text() for file in tmp_path.iterdir()] == ["older"]
    write_html(report, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html(report)
