"""The typeface of the printed report: DejaVu Sans, which Matplotlib brings along."""

import unicodedata
from functools import cache
from pathlib import Path

import matplotlib as mpl
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
#: What is printed for a character that the typeface does not have.
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@cache
def register_typeface() -> None:
    """Make the typeface known to ReportLab; it is embedded in what is written with it."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, folder / f"{name}.ttf"))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def printable(text: str) -> str:
    """The text with a replacement sign for each character that would not be printed rightly.

    These are characters that the typeface lacks, and those of scripts that run from right to left, which ReportLab
    does not set.
    """
    register_typeface()
    glyphs = pdfmetrics.getFont(BOLD).face.charToGlyph
    return "".join(
        character
        if ord(character) in glyphs and unicodedata.bidirectional(character) not in {"R", "AL"}
        else _REPLACEMENT
        for character in text
    )
