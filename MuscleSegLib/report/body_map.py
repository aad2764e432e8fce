"""Cross-sections of the limbs drawn as a map: each muscle in the shade of its fat fraction, with the number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.colors import BoundaryNorm
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from scipy import ndimage

from MuscleSegLib.report.limb_sections import LimbSection

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Fat fraction in %; each step is darker than the one before, on paper without colours too.
STEPS = (0, 5, 10, 20, 30, 50, 100)
#: From here on a muscle is hatched (G20+, Hostin 2023).
_HATCHED_FROM = 20.0
_COLOURS = colormaps["YlGnBu"]
_NORM = BoundaryNorm(STEPS, _COLOURS.N)
_UNMEASURED = (1.0, 1.0, 1.0, 1.0)
_BODY, _BODY_EDGE, _INK = "#f4f4f4", "#9a9a9a", "#1a1a1a"

_FONT_POINTS = 5.8
_POINTS_PER_INCH = 72.0
_LEGEND_INCH = 0.42
_TITLE_INCH = 0.17
#: Of a panel's width, what is left on either side for the labels of muscles that are too thin for a number.
_LABEL_MARGIN = 0.2
#: Where numbers are drawn: over the lines that lead to other muscles, which matplotlib draws at 3.
_OVER_LINES = 4


@dataclass(frozen=True)
class MuscleShade:
    """What the map says of one muscle.

    Attributes:
        text: The number as the report's table has it; empty where there is none.
        fat_fraction_percent: NaN where it was not measured.
    """

    text: str
    fat_fraction_percent: float


def draw_body_map(
    figure: Figure, sections: Sequence[LimbSection], shades: Mapping[int, MuscleShade], size_inch: tuple[float, float]
) -> None:
    """Draw every section beside the next, all at one scale, and the meaning of the shades below.

    Args:
        figure: An empty one.
        sections: In the order of the picture.
        shades: By value of the label; a label without a shade is drawn white.
        size_inch: Width and height.
    """
    figure.set_size_inches(size_inch)
    measured = any(not np.isnan(shade.fat_fraction_percent) for shade in shades.values())
    rows = 1 if len(sections) <= 2 else 2
    columns = -(-len(sections) // rows)
    bottom = _LEGEND_INCH / size_inch[1] if measured else 0.0
    panel_height = (1 - bottom) / rows
    title = _TITLE_INCH / size_inch[1]
    width_inch = size_inch[0] / columns
    inch_per_mm = min(
        min(width_inch * (1 - 2 * _LABEL_MARGIN) / section.width_mm for section in sections),
        min((panel_height - title) * size_inch[1] / section.height_mm for section in sections),
    )
    for n, section in enumerate(sections):
        row, column = divmod(n, columns)
        lowest = bottom + (rows - 1 - row) * panel_height
        axes = figure.add_axes((column / columns, lowest, 1 / columns, panel_height - title))
        figure.text(
            (column + 0.5) / columns,
            lowest + panel_height - title / 2,
            section.title,
            ha="center",
            va="center",
            fontsize=7,
            color=_INK,
        )
        _draw_section(axes, section, shades, width_inch / inch_per_mm, inch_per_mm)
    if measured:
        _draw_legend(figure)


def shade_colour(fat_fraction_percent: float) -> tuple[float, ...]:
    """Red, green, blue and opacity from 0 to 1 of a fat fraction in %; white where it was not measured."""
    if np.isnan(fat_fraction_percent):
        return _UNMEASURED
    return tuple(_COLOURS(_NORM(min(max(fat_fraction_percent, STEPS[0]), STEPS[-1] - 1e-6))))


def _draw_section(
    axes: Axes, section: LimbSection, shades: Mapping[int, MuscleShade], width_mm: float, inch_per_mm: float
) -> None:
    height_mm = width_mm * axes.bbox.height / axes.bbox.width
    axes.set_xlim(-width_mm / 2, width_mm / 2)
    axes.set_ylim(height_mm / 2, -height_mm / 2)
    axes.set_aspect("equal")
    axes.set_axis_off()
    grid = section.x_mm, section.y_mm
    if section.body is not None:
        axes.contourf(*grid, section.body, levels=[0.5, 2], colors=[_BODY])
        axes.contour(*grid, section.body, levels=[0.5], colors=[_BODY_EDGE], linewidths=0.7)
    beside = []
    for label, mask in section.muscles:
        shade = shades.get(label.value, MuscleShade("", float("nan")))
        colour = shade_colour(shade.fat_fraction_percent)
        smooth = _smoothed(mask)
        hatched = shade.fat_fraction_percent > _HATCHED_FROM
        # The hatching takes the colour of the set's edges, so that the outline is drawn by itself.
        fill = axes.contourf(*grid, smooth, levels=[0.5, 2], colors=[colour], hatches=["////" if hatched else None])
        fill.set_edgecolor(_ink_on(colour))
        fill.set_linewidth(0)
        axes.contour(*grid, smooth, levels=[0.5], colors=[_INK], linewidths=0.5)
        row, column, radius_mm = _thickest(mask, section)
        text = f"{label.abbreviation or label.name}\n{shade.text}".strip()
        point = section.x_mm[column], section.y_mm[row]
        if radius_mm * inch_per_mm * _POINTS_PER_INCH >= _radius_points(text):
            _write_inside(axes, point, text, colour)
        else:
            beside.append((text.replace("\n", " "), point))
    _write_beside(axes, beside, (section.width_mm, height_mm), inch_per_mm)


def _smoothed(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.floating]:
    """A field whose 0.5 contour rounds off the corners of pixels and keeps even one pixel wide muscles."""
    blurred = ndimage.gaussian_filter(mask.astype(float), 0.8)
    return np.where(mask, np.maximum(blurred, 0.51), np.minimum(blurred, 0.49))


def _thickest(mask: npt.NDArray[np.bool_], section: LimbSection) -> tuple[int, int, float]:
    """Row, column and radius in mm of the largest circle in a muscle."""
    distance = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=section.spacing_mm)[1:-1, 1:-1]
    row, column = np.unravel_index(distance.argmax(), mask.shape)
    return int(row), int(column), float(distance.max())


def _radius_points(text: str) -> float:
    """Half the diagonal of the box that a text fills, in points."""
    lines = text.split("\n")
    return _FONT_POINTS * float(np.hypot(0.62 * max(map(len, lines)), 1.15 * len(lines))) / 2


def _write_inside(axes: Axes, point: tuple[float, float], text: str, colour: tuple[float, ...]) -> None:
    """Write a text on a patch of its muscle's colour, over hatching and the lines to other muscles."""
    axes.text(
        *point,
        text,
        ha="center",
        va="center",
        fontsize=_FONT_POINTS,
        color=_ink_on(colour),
        linespacing=0.95,
        bbox={"boxstyle": "round,pad=0.12", "facecolor": colour, "edgecolor": "none"},
        zorder=_OVER_LINES,
    )


def _write_beside(
    axes: Axes, texts: Sequence[tuple[str, tuple[float, float]]], size_mm: tuple[float, float], inch_per_mm: float
) -> None:
    """Write the texts to the left and right of a limb of this width and height, each with a line to its muscle."""
    width_mm, height_mm = size_mm
    beside_mm = width_mm / 2 + 0.5 * _FONT_POINTS / _POINTS_PER_INCH / inch_per_mm
    step_mm = 1.3 * _FONT_POINTS / _POINTS_PER_INCH / inch_per_mm
    for sign, align in ((-1, "right"), (1, "left")):
        side = sorted((entry for entry in texts if (entry[1][0] < 0) == (sign < 0)), key=lambda entry: entry[1][1])
        heights = _spread([point[1] for _, point in side], step_mm, height_mm / 2 - step_mm)
        for (text, point), height in zip(side, heights, strict=True):
            axes.annotate(
                text,
                point,
                xytext=(sign * beside_mm, height),
                ha=align,
                va="center",
                fontsize=_FONT_POINTS,
                color=_INK,
                annotation_clip=False,
                arrowprops={
                    "arrowstyle": "-",
                    "linewidth": 0.5,
                    "color": _INK,
                    "shrinkA": 0.5,
                    "shrinkB": 0,
                    "path_effects": [withStroke(linewidth=1.4, foreground="white")],
                },
            )


def _spread(wanted: Sequence[float], step: float, limit: float) -> list[float]:
    """Heights in the order given, near to those wanted, at least ``step`` apart, within ±``limit`` if they fit."""
    placed: list[float] = []
    for height in wanted:
        placed.append(max(height, placed[-1] + step) if placed else max(height, -limit))
    for n in reversed(range(len(placed))):
        placed[n] = min(placed[n], limit if n == len(placed) - 1 else placed[n + 1] - step)
    return placed


def _ink_on(colour: tuple[float, ...]) -> str:
    """Black or white, whichever is read more easily on a colour (relative luminance of WCAG 2)."""
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in colour[:3]
    )
    return _INK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.19 else "white"


def _draw_legend(figure: Figure) -> None:
    height = figure.get_size_inches()[1]
    axes = figure.add_axes((0.22, 0.24 / height, 0.56, 0.14 / height))
    for n, (low, high) in enumerate(pairwise(STEPS)):
        colour = shade_colour((low + high) / 2)
        hatch = "////" if low >= _HATCHED_FROM else None
        axes.add_patch(Rectangle((n, 0), 1, 1, facecolor=colour, edgecolor=_ink_on(colour), hatch=hatch, linewidth=0))
    axes.set_xlim(0, len(STEPS) - 1)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.set_xticks(range(len(STEPS)), [f"{step}" for step in STEPS], fontsize=6.5)
    axes.tick_params(length=2, pad=1.5, width=0.5)
    for spine in axes.spines.values():
        spine.set_linewidth(0.5)
    figure.text(0.21, 0.31 / height, "mean fat fraction, %", ha="right", va="center", fontsize=7, color=_INK)
    figure.text(0.79, 0.31 / height, "hatched: above 20 % (G20+)", ha="left", va="center", fontsize=7, color=_INK)
