"""The report on two pages of A4."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch, mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    Image,
    KeepInFrame,
    ListFlowable,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.report.content import Fact, Report
from MuscleSegLib.report.pictures import Picture
from MuscleSegLib.report.side_table import SideTable
from MuscleSegLib.report.typeface import BOLD, REGULAR, printable, register_typeface

_MARGIN, _FOOT = 13 * mm, 8 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_HEIGHT = A4[1] - 2 * _MARGIN - _FOOT
#: The size of letters in a table, and the width of what is around a text, in points.
_TABLE_POINTS, _CELL_POINTS = 7.0, 8.0
_INK, _SOFT = colors.HexColor("#1a1a1a"), colors.HexColor("#5c5c5c")
_LINE, _SHADE = colors.HexColor("#c8c8c8"), colors.HexColor("#f3f3f1")

_TEXT = ParagraphStyle("text", fontName=REGULAR, fontSize=7.5, leading=9.6, textColor=_INK)
_NOTE = ParagraphStyle("note", _TEXT, fontSize=6.5, leading=8.2, textColor=_SOFT, spaceBefore=1.5)
_HEAD = ParagraphStyle("head", _TEXT, fontName=BOLD, fontSize=9, leading=11, spaceBefore=6, spaceAfter=2)
_REMARK = ParagraphStyle("remark", _TEXT, fontName=BOLD, spaceBefore=3)
_TITLE = ParagraphStyle("title", _TEXT, fontName=BOLD, fontSize=14, leading=17)
_WARNING = ParagraphStyle("warning", _TEXT, fontName=BOLD, fontSize=8, leading=17, alignment=TA_RIGHT)


def write_pdf(report: Report, path: Path) -> None:
    """Write the report on two pages; the file appears when it is complete.

    What would not fit onto a page is printed smaller. Text stays text: it can be searched and copied.
    """
    register_typeface()
    file = BytesIO()
    document = BaseDocTemplate(
        file,
        pagesize=A4,
        title=printable(report.title),
        author=f"MuscleSeg {report.version}",
        subject=printable(report.notice),
        invariant=1,
    )
    frame = Frame(_MARGIN, _MARGIN + _FOOT, _WIDTH, _HEIGHT, 0, 0, 0, 0)

    def foot(canvas: Canvas, page: BaseDocTemplate) -> None:
        canvas.setFont(REGULAR, 6.5)
        canvas.setFillColor(_SOFT)
        canvas.drawString(_MARGIN, _MARGIN, printable(f"MuscleSeg {report.version} · {report.notice}"))
        canvas.drawRightString(A4[0] - _MARGIN, _MARGIN, f"page {page.page} of 2")

    document.addPageTemplates(PageTemplate(frames=[frame], onPage=foot))
    pages = (_first_page(report), _second_page(report))
    fitted = [KeepInFrame(_WIDTH, _HEIGHT, page, mode="shrink") for page in pages]
    document.build([fitted[0], PageBreak(), fitted[1]])
    with written_atomically(path) as unfinished:
        unfinished.write_bytes(file.getvalue())


def _first_page(report: Report) -> list[Flowable]:
    title = Table(
        [[_paragraph(report.title, _TITLE), _paragraph(report.notice, _WARNING)]],
        colWidths=["55%", "45%"],
        hAlign="LEFT",
        style=[
            ("LINEBELOW", (0, 0), (-1, -1), 1, _INK),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
        ],
    )
    page: list[Flowable] = [title, Spacer(0, 3), _facts(report.facts)]
    if report.warnings:
        count = len(report.warnings)
        page.append(_paragraph(f"Please check: {count} remark{'s' if count > 1 else ''} on page 2.", _REMARK))
    if report.body_map:
        page += _picture(report.body_map)
    page += [_paragraph("Muscles, right beside left", _HEAD), *_side_table(report.table)]
    return page


def _second_page(report: Report) -> list[Flowable]:
    page: list[Flowable] = []
    if report.warnings:
        sentences = [_paragraph(text, _TEXT) for text in report.warnings]
        page += [
            _paragraph("Please check", _HEAD),
            ListFlowable(sentences, bulletType="bullet", bulletFontSize=5, bulletOffsetY=-1.5, leftIndent=8),
        ]
    if report.change:
        page += [_paragraph(report.change.title, _HEAD), *_side_table(report.change.table)]
    if report.course:
        page += [_paragraph(report.course.title, _HEAD), *_side_table(report.course.table)]
    for picture in (report.profiles, report.slices):
        if picture:
            page += _picture(picture)
    return page or [Spacer(0, 0)]


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(printable(text)), style)


def _facts(facts: Sequence[Fact]) -> Table:
    rows = [[_paragraph(fact.name, _NOTE), _paragraph(fact.text, _TEXT)] for fact in facts]
    style = [
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0.5),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    return Table(rows, colWidths=["14%", "86%"], style=style, hAlign="LEFT")


def _picture(picture: Picture) -> list[Flowable]:
    scale = _WIDTH / (picture.width_inch * inch)
    image = Image(BytesIO(picture.png), _WIDTH, picture.height_inch * inch * scale, hAlign="CENTER")
    return [_paragraph(picture.title, _HEAD), image, _paragraph(picture.description, _NOTE)]


class _SideTableSheet(Flowable):  # type: ignore[misc]
    """A side table as wide as the page, in letters so small that no number touches the next.

    A page that is printed smaller is laid out wider: the table is laid out anew for each width.
    """

    def __init__(self, table: SideTable) -> None:
        super().__init__()
        measures = [text for measure, count in table.measures for text in (measure, *[""] * (count - 1))]
        rows = [["", *measures], ["", *(column.side for column in table.columns)]]
        rows += [[row.name, *row.cells] for row in table.rows]
        self._rows = [[printable(cell) for cell in row] for row in rows]
        self._spans = [count for _, count in table.measures]
        # Groups come last.
        self._groups_from = next((n for n, row in enumerate(table.rows, 2) if row.is_group), len(rows))
        self._needed = [max(self._points(n, column) for n in range(1, len(rows))) for column in range(len(rows[0]))]
        self._table: Table | None = None

    def _points(self, row: int, column: int) -> float:
        font = BOLD if row >= self._groups_from else REGULAR
        return float(pdfmetrics.stringWidth(self._rows[row][column], font, _TABLE_POINTS)) + _CELL_POINTS

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Lay the table out for a width."""
        scale = available_width / sum(self._needed)
        widths = [points * scale for points in self._needed]
        self._table = Table(self._rows, colWidths=widths, style=self._style(_TABLE_POINTS * min(scale, 1)))
        size: tuple[float, float] = self._table.wrap(available_width, available_height)
        return size

    def draw(self) -> None:
        """Print the table as it was laid out last."""
        assert self._table is not None
        self._table.drawOn(self.canv, 0, 0)

    def _style(self, points: float) -> TableStyle:
        style = TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), REGULAR, points, 1.2 * points),
                ("FONT", (0, 0), (-1, 0), BOLD, points, 1.2 * points),
                ("TEXTCOLOR", (0, 0), (-1, -1), _INK),
                ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
                ("TOPPADDING", (0, 0), (-1, -1), 1.2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1.6),
                ("LEFTPADDING", (0, 0), (-1, -1), 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                ("LINEBELOW", (0, 1), (-1, 1), 0.8, _INK),
                ("ROWBACKGROUNDS", (0, 2), (-1, -1), [None, _SHADE]),
            ]
        )
        first = 1
        for count in self._spans:
            last = first + count - 1
            style.add("SPAN", (first, 0), (last, 0))
            style.add("ALIGN", (first, 0), (last, 0), "CENTER")
            style.add("LINEBELOW", (first, 0), (last, 0), 0.4, _LINE)
            first = last + 1
        if self._groups_from < len(self._rows):
            style.add("LINEABOVE", (0, self._groups_from), (-1, self._groups_from), 0.5, _INK)
            style.add("FONT", (0, self._groups_from), (-1, -1), BOLD, points, 1.2 * points)
        return style


def _side_table(table: SideTable) -> list[Flowable]:
    return [_SideTableSheet(table), _paragraph(table.explanation, _NOTE)]
