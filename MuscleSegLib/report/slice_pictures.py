"""Evenly spaced slices of the scan with the outlines of the muscles, on a white page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from matplotlib.patheffects import withStroke

from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.outlined_slice import draw_outlined_slice

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume

_SLICES = 6
#: Of two limbs side by side; slices of a single limb stand in one row.
_ACROSS = 3
_MOST_INCH = 2.4
_MARGIN_MM = 15.0
_GAP_INCH = 0.04
#: Black below and white above: read on any grey.
_HALO = [withStroke(linewidth=1.5, foreground="black")]


def draw_slices(figure: Figure, image: sitk.Image, labels: LabelledVolume, width_inch: float) -> None:
    """Draw rows of slices, from superior to inferior; anterior is up, the patient's right on the left.

    Args:
        figure: An empty one; its height becomes what the slices need.
        image: What was segmented.
        labels: On the same grid.
        width_inch: Of the whole picture.
    """
    volume = AxialVolume.of(image)
    planes = volume.view(sitk.GetArrayViewFromImage(labels.image))
    rows, columns = (_shown(np.asarray(planes.any((0, 3 - axis))), volume.spacing[axis]) for axis in (1, 2))
    labelled = np.flatnonzero(planes.any((1, 2)))
    # The first and last labelled slices are seldom telling: these lie in the middle of equal parts.
    parts = (np.arange(_SLICES) + 0.5) / _SLICES
    slices = sorted({int(labelled[int(part * len(labelled))]) for part in parts}, reverse=True)

    height_mm = (rows.stop - rows.start) * volume.spacing[1]
    width_mm = (columns.stop - columns.start) * volume.spacing[2]
    across = min(len(slices), _ACROSS if width_mm > height_mm else _SLICES)
    down = -(-len(slices) // across)
    panel_inch = min((width_inch + _GAP_INCH) / across - _GAP_INCH, _MOST_INCH)
    panel_height_inch = panel_inch * height_mm / width_mm
    height_inch = down * (panel_height_inch + _GAP_INCH) - _GAP_INCH
    figure.set_size_inches(width_inch, height_inch)
    colours = {label.value: label.color for label in labels.labels}
    for n, k in enumerate(slices):
        row, column = divmod(n, across)
        left = column * (panel_inch + _GAP_INCH)
        top = height_inch - row * (panel_height_inch + _GAP_INCH)
        axes = figure.add_axes(
            (
                left / width_inch,
                (top - panel_height_inch) / height_inch,
                panel_inch / width_inch,
                panel_height_inch / height_inch,
            )
        )
        draw_outlined_slice(
            axes, volume.array[k, rows, columns], planes[k, rows, columns], volume.spacing, colours, line_width=0.8
        )
        for x, text, align in ((0.02, "R", "left"), (0.5, volume.slice_title(k), "center"), (0.98, "L", "right")):
            axes.text(
                x,
                0.02,
                text,
                transform=axes.transAxes,
                color="white",
                ha=align,
                va="bottom",
                fontsize=6.5,
                path_effects=_HALO,
            )


def _shown(occupied: npt.NDArray[np.bool_], spacing_mm: float) -> slice:
    """From the first to the last occupied row or column, with a margin."""
    where = np.flatnonzero(occupied)
    margin = round(_MARGIN_MM / spacing_mm)
    return slice(max(0, int(where[0]) - margin), min(len(occupied), int(where[-1]) + 1 + margin))
