"""How a measure runs along the limb: a small plot a muscle, right and left in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from MuscleSegLib.report.columns import MeasureColumn, map_means, measure_columns

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PLOTS_A_ROW = 6
_ROW_INCH, _LEGEND_INCH = 0.95, 0.42
#: Told apart without colours: by dashes, and dark from bright.
_STYLES: dict[str, dict[str, Any]] = {
    "right": {"color": "#08306b", "linestyle": "-"},
    "left": {"color": "#e6762b", "linestyle": (0, (3, 1.2))},
    "": {"color": "#08306b", "linestyle": "-"},
}
_POSITION = "inferior  ←  position along the limb, mm  →  superior"
_INK, _GRID = "#1a1a1a", "#d0d0d0"


def profile_measure(profile: pd.DataFrame) -> MeasureColumn | None:
    """The measure to plot: the fat fraction, else the first map's mean, else the area; None where there is none."""
    means = map_means(measure_columns(profile))
    for column in means:
        if column.quantity == "ff":
            return column
    if means:
        return means[0]
    return MeasureColumn("area_mm2", "area", "", "mm2") if "area_mm2" in profile else None


def draw_profiles(figure: Figure, profile: pd.DataFrame, measure: MeasureColumn, width_inch: float) -> None:
    """Plot a measure of each muscle by its position along the limb, all plots on the same scales.

    Args:
        figure: An empty one; its height becomes what the plots need.
        profile: One row a muscle, side and slice.
        measure: The column to plot.
        width_inch: Of the whole picture.
    """
    muscles = profile[profile["kind"] == "muscle"] if "kind" in profile else profile
    names = list(dict.fromkeys(muscles["name"]))
    rows = -(-len(names) // _PLOTS_A_ROW)
    height_inch = rows * _ROW_INCH + _LEGEND_INCH
    figure.set_size_inches(width_inch, height_inch)
    grid = figure.add_gridspec(
        rows,
        _PLOTS_A_ROW,
        left=0.4 / width_inch,
        right=1 - 0.05 / width_inch,
        top=1 - 0.14 / height_inch,
        bottom=_LEGEND_INCH / height_inch,
        wspace=0.09,
        hspace=0.32,
    )
    highest = float(np.nanmax(muscles[measure.name], initial=0.0))
    along = muscles["position_mm"]
    for n, name in enumerate(names):
        row, column = divmod(n, _PLOTS_A_ROW)
        axes = figure.add_subplot(grid[row, column])
        _plot(axes, muscles[muscles["name"] == name], measure)
        axes.set_title(name, fontsize=6, pad=1.5, color=_INK)
        axes.set_xlim(along.min(), max(along.max(), along.min() + 1))
        axes.set_ylim(0, 1.08 * highest or 1)
        axes.tick_params(labelsize=5.5, length=1.5, pad=1, width=0.4, labelleft=column == 0)
        # The lowest plot of each column carries the positions.
        axes.tick_params(labelbottom=n + _PLOTS_A_ROW >= len(names))
    _draw_legend(figure, measure, [side for side in _STYLES if (muscles["side"] == side).any()])


def _plot(axes: Axes, muscle: pd.DataFrame, measure: MeasureColumn) -> None:
    axes.grid(color=_GRID, linewidth=0.4)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_linewidth(0.4)
    for side, style in _STYLES.items():
        own = muscle[muscle["side"] == side].sort_values("position_mm")
        # A single slice would be no line.
        marker = "." if len(own) == 1 else ""
        axes.plot(own["position_mm"], own[measure.name], linewidth=1.0, marker=marker, markersize=3, **style)


def _draw_legend(figure: Figure, measure: MeasureColumn, sides: list[str]) -> None:
    from matplotlib.lines import Line2D

    named = [side for side in sides if side]
    if named:
        handles = [Line2D([], [], linewidth=1.2, label=side, **_STYLES[side]) for side in named]
        figure.legend(
            handles=handles,
            loc="lower right",
            ncols=len(handles),
            fontsize=6.5,
            frameon=False,
            handlelength=3,
            borderaxespad=0.1,
        )
    height_inch = figure.get_size_inches()[1]
    figure.text(
        0.5,
        0.05 / height_inch,
        _POSITION,
        ha="center",
        fontsize=6.5,
        color=_INK,
    )
    unit = f", {measure.unit_text}" if measure.unit else ""
    figure.text(0.004, 0.5, f"{measure.quantity_title}{unit}", rotation=90, va="center", fontsize=6.5, color=_INK)
