"""A picture to judge a segmentation by: slices with the outlines of the muscles."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from MuscleSegLib.anatomy import LEFT_OFFSET, Label, sided_labels
from MuscleSegLib.atomic import check_folder, written_atomically
from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.outlined_slice import draw_outlined_slice
from MuscleSegLib.segmentation.result import Segmentation

if TYPE_CHECKING:
    import SimpleITK as sitk
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_SLICES = 12
#: This much is shown around the muscles.
_MARGIN_MM = 25.0
_PANEL_WIDTH_INCH = 3.6
_LEGEND_HEIGHT_INCH = 1.1
_BACKGROUND, _TEXT = "black", "white"


@dataclass(frozen=True)
class _Frame:
    """What is shown of each axial slice: the slices, and the rows and columns (first, end)."""

    slices: list[int]
    rows: tuple[int, int]
    columns: tuple[int, int]


def write_montage(image: sitk.Image, segmentation: Segmentation, path: Path) -> None:
    """Write a PNG of evenly spaced axial slices with the outlines of the muscles in their colours.

    Anterior is up and the patient's right is on the left of the picture, as radiologists look at it.

    Args:
        image: The volume that was segmented.
        segmentation: What :func:`~MuscleSegLib.segmentation.segment` made of it.
        path: The picture. It appears when it is complete.

    Raises:
        InputError: See :func:`check_montage`.
    """
    check_montage(path)
    from matplotlib.figure import Figure

    figure = _draw(AxialVolume.of(image), segmentation, Figure())
    with written_atomically(path) as unfinished:
        figure.savefig(unfinished, format="png", dpi=140, facecolor=_BACKGROUND)


def check_montage(path: Path) -> None:
    """Find out before the work whether a montage can be written at its end.

    Raises:
        InputError: Matplotlib is not installed, the name does not end in ``.png``, or its folder is not there.
    """
    if find_spec("matplotlib") is None:
        raise InputError("The picture needs Matplotlib: install it (pip install matplotlib), or leave the picture out.")
    if path.suffix.lower() != ".png":
        raise InputError(f"The picture is written as PNG, so its name should end in .png, which {path.name} does not.")
    check_folder(path)


def _draw(volume: AxialVolume, segmentation: Segmentation, figure: Figure) -> Figure:
    import SimpleITK as sitk

    labels = volume.view(sitk.GetArrayViewFromImage(segmentation.label_map))
    frame = _frame(volume, labels)
    height = (frame.rows[1] - frame.rows[0]) * volume.spacing[1]
    width = (frame.columns[1] - frame.columns[0]) * volume.spacing[2]
    across = min(len(frame.slices), 4 if width > height else 6)
    down = -(-len(frame.slices) // across)
    panel_height = _PANEL_WIDTH_INCH * min(max(height / width, 0.3), 2.0)
    total_height = down * panel_height + _LEGEND_HEIGHT_INCH
    figure.set_size_inches(max(across, 2) * _PANEL_WIDTH_INCH, total_height)
    grid = figure.add_gridspec(
        down, across, left=0, right=1, top=1, bottom=_LEGEND_HEIGHT_INCH / total_height, wspace=0.02, hspace=0.02
    )
    colours = {sided.value: sided.label.color for sided in sided_labels(segmentation.label_set)}
    for n, k in enumerate(frame.slices):
        axes = figure.add_subplot(grid[n // across, n % across])
        part = (k, slice(*frame.rows), slice(*frame.columns))
        draw_outlined_slice(axes, volume.array[part], labels[part], volume.spacing, colours)
        _write(axes, 0.5, 0.02, volume.slice_title(k), "center")
        _write(axes, 0.02, 0.5, "R", "left")
        _write(axes, 0.98, 0.5, "L", "right")
    _draw_legend(figure, segmentation, labels)
    models = ", ".join(f"{card.name} {card.version}" for card in segmentation.cards)
    figure.text(0.5, 0.02, f"{models}   ·   not for diagnostic use", color=_TEXT, ha="center", va="bottom", fontsize=9)
    return figure


def _frame(volume: AxialVolume, labels: npt.NDArray[np.uint8]) -> _Frame:
    """Evenly spaced slices of those with labels, and the part of them around the labels; all where there are none."""
    limits = []
    for axis in range(3):
        size = labels.shape[axis]
        where = np.flatnonzero(labels.any(tuple(a for a in range(3) if a != axis)))
        margin = round(_MARGIN_MM / volume.spacing[axis]) if axis > 0 else 0
        first, end = (where[0], where[-1] + 1) if where.size else (0, size)
        limits.append((max(0, int(first) - margin), min(size, int(end) + margin)))
    first, end = limits[0]
    slices = np.unique(np.linspace(first, end - 1, min(_MOST_SLICES, end - first)).round().astype(int))
    return _Frame([int(k) for k in slices], limits[1], limits[2])


def _write(axes: Axes, x: float, y: float, text: str, align: str) -> None:
    axes.text(x, y, text, transform=axes.transAxes, color=_TEXT, ha=align, va="bottom", fontsize=9)


def _colour(label: Label) -> tuple[float, float, float]:
    red, green, blue = label.color
    return red / 255, green / 255, blue / 255


def _draw_legend(
    figure: Figure,
    segmentation: Segmentation,
    labels: npt.NDArray[np.uint8],
) -> None:
    from matplotlib.patches import Patch

    there = {int(value) % LEFT_OFFSET for value in np.unique(labels)}
    handles = [
        Patch(color=_colour(label), label=label.name) for label in segmentation.label_set.labels if label.index in there
    ]
    if handles:
        columns = min(len(handles), max(2, int(figure.get_figwidth() / 2)))
        figure.legend(
            handles=handles,
            loc="lower center",
            bbox_to_anchor=(0.5, 0.3 / figure.get_figheight()),
            ncols=columns,
            fontsize=8,
            frameon=False,
            labelcolor=_TEXT,
        )
