"""The report as one HTML file that needs nothing beside it."""

from pathlib import Path

import jinja2

from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.report.content import Report
from MuscleSegLib.resources import resources_dir


def html(report: Report) -> str:
    """The page: pictures are in it, nothing is loaded, no script runs, and every text is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resources_dir() / "Report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(report=report)


def write_html(report: Report, path: Path) -> None:
    """Write the page; it appears when it is complete."""
    page = html(report)
    with written_atomically(path) as unfinished:
        unfinished.write_text(page, encoding="utf-8")
