"""Bland–Altman plots of measured against true values (Bland and Altman 1986, Lancet 327:307)."""

from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.evaluation.agreement import agreement

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def write_bland_altman(scores: "pd.DataFrame", summary: "pd.DataFrame", path: Path) -> None:
    """Draw a plot for each measure (columns) and kind of labels (rows); every body has its own marker.

    Args:
        scores: Rows with measure, labels, body, truth and measured.
        summary: Gives the measures' units, and the order of plots.
        path: A ``.png``.
    """
    labels = summary["labels"].unique()
    measures = [measure for measure in summary["measure"].unique() if measure in set(scores["measure"])]
    figure = Figure(figsize=(3.4 * len(measures), 3.0 * len(labels)), layout="constrained")
    axes = figure.subplots(len(labels), len(measures), squeeze=False)
    for row, labels_name in enumerate(labels):
        for column, measure in enumerate(measures):
            own = scores[(scores["measure"] == measure) & (scores["labels"] == labels_name)]
            ax = axes[row][column]
            if own.empty:
                ax.set_axis_off()
                continue
            unit = summary.loc[summary["measure"] == measure, "unit"].iloc[0]
            _plot(ax, own, unit, f"{measure}, labels {labels_name}")
    with written_atomically(path) as temporary:
        figure.savefig(temporary, dpi=110)


def _plot(ax: "Axes", own: "pd.DataFrame", unit: str, title: str) -> None:
    agreed = agreement(own["truth"], own["measured"])
    for marker, (_, of_body) in zip("osv^Dd<>pP", own.groupby("body"), strict=False):
        mean = (of_body["truth"] + of_body["measured"]) / 2
        ax.scatter(mean, of_body["measured"] - of_body["truth"], s=10, marker=marker, alpha=0.7, color="0.25")
    ax.axhline(agreed.bias, color="black", linewidth=1.2)
    for limit in (agreed.lower_limit, agreed.upper_limit):
        ax.axhline(limit, color="black", linewidth=0.9, linestyle="--")
    ax.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    limits = f"{agreed.lower_limit:+.2f} to {agreed.upper_limit:+.2f} {unit}"
    ax.set_title(f"{title}\nbias {agreed.bias:+.2f}, limits {limits}", fontsize=8)
    ax.set_xlabel(f"mean of true and measured, {unit}", fontsize=7)
    ax.set_ylabel(f"measured − true, {unit}", fontsize=7)
    ax.tick_params(labelsize=7)
