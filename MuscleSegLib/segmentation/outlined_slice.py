"""One axial slice with the outlines of its muscles, drawn with Matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from MuscleSegLib.anatomy.tables import RGB


def draw_outlined_slice(
    axes: Axes,
    pixels: npt.NDArray[Any],
    labels: npt.NDArray[np.integer],
    spacing: tuple[float, float, float],
    colours: Mapping[int, RGB],
    line_width: float = 1.1,
) -> None:
    """Draw a slice in grey, its first percentile black, and around each label a line in its colour.

    Args:
        axes: Where to draw; what surrounds the slice is left out.
        pixels: (rows, columns); what is not a number is drawn as 0.
        labels: Like ``pixels``, 0 where there is no label.
        spacing: (slices, rows, columns) in mm.
        colours: Red, green and blue from 0 to 255 of every value in ``labels``.
        line_width: In points.
    """
    axes.set_axis_off()
    grey = np.nan_to_num(np.asarray(pixels, float))
    low, high = np.percentile(grey, [1, 99.5])
    axes.imshow(grey, cmap="gray", vmin=low, vmax=max(high, low + 1e-6), aspect=spacing[1] / spacing[2])
    padded = np.pad(labels, 1)
    rows, columns = np.arange(-1, labels.shape[0] + 1), np.arange(-1, labels.shape[1] + 1)
    for value in np.unique(labels[labels > 0]):
        colour = [channel / 255 for channel in colours[int(value)]]
        axes.contour(columns, rows, padded == value, levels=[0.5], colors=[colour], linewidths=line_width)
    axes.set_xlim(-0.5, labels.shape[1] - 0.5)
    axes.set_ylim(labels.shape[0] - 0.5, -0.5)
