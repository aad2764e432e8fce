"""A picture to judge a registration by: slices before and after, as checkerboards and with the body's outline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.registration.body import BODY, find_body
from MuscleSegLib.registration.grids import resampled
from MuscleSegLib.registration.result import Registration
from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.qc import check_montage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SLICES = 4
_SQUARE_MM = 25.0
#: This much is shown around the body.
_MARGIN_MM = 15.0
_PANEL_WIDTH_INCH = 4.0
_TITLE_INCH, _FOOT_INCH = 0.4, 0.8
_OUTLINE = "#ffb000"


def write_picture(fixed: sitk.Image, moving: sitk.Image, registration: Registration, path: Path) -> None:
    """Write a PNG of evenly spaced axial slices of the fixed image, before (scanner coordinates) and after.

    Squares of a checkerboard show the fixed and the moving image in turns. Beside it, the moving image after
    registration with the outline of the body that the fixed image shows. Anterior is up, the patient's right is left.

    Args:
        fixed, moving: What was registered.
        registration: What :func:`MuscleSegLib.registration.register` made of it.
        path: The picture. It appears when it is complete.

    Raises:
        InputError: See :func:`MuscleSegLib.segmentation.qc.check_montage`.
    """
    check_montage(path)
    from matplotlib.figure import Figure

    volume = AxialVolume.of(fixed)
    body = find_body(fixed)
    grid = body.image
    other = find_body(moving).image
    before, after = (_shown(resampled(other, grid, t)) for t in (sitk.Transform(), registration.transform))
    below = _shown(grid)
    outline = sitk.GetArrayFromImage(resampled(body.signal, grid, sitk.Transform()))
    slices = _slices(outline)
    frame = _frame(outline[slices], grid.GetSpacing())
    below, before, after, outline = (values[:, *frame] for values in (below, before, after, outline))
    aspect = grid.GetSpacing()[1] / grid.GetSpacing()[0]
    rows, columns = below.shape[1:]
    height = _PANEL_WIDTH_INCH * rows / columns * aspect
    figure = Figure(figsize=(3 * _PANEL_WIDTH_INCH, len(slices) * height + _TITLE_INCH + _FOOT_INCH), facecolor="white")
    total = figure.get_figheight()
    panels = figure.subplots(len(slices), 3, squeeze=False)
    figure.subplots_adjust(0, _FOOT_INCH / total, 1, 1 - _TITLE_INCH / total, wspace=0.01, hspace=0.02)
    squares = _squares((rows, columns), grid.GetSpacing())
    for (first, second, third), k in zip(panels, slices, strict=True):
        _draw(first, np.where(squares, below[k], before[k]), aspect)
        _draw(second, np.where(squares, below[k], after[k]), aspect)
        _draw(third, after[k], aspect)
        third.contour(outline[k] >= BODY, levels=[0.5], colors=_OUTLINE, linewidths=1.0)
        first.text(0.02, 0.03, volume.slice_title(k), transform=first.transAxes, color="white", fontsize=9)
    titles = "checkerboard, scanner coordinates", "checkerboard, registered", "registered, outline of the fixed image"
    for axes, title in zip(panels[0], titles, strict=True):
        axes.set_title(title, fontsize=10)
    figure.text(0.5, 0.1 / total, "\n".join(_sentences(registration)), ha="center", va="bottom", fontsize=9)
    with written_atomically(path) as unfinished:
        figure.savefig(unfinished, format="png", dpi=110)


def _shown(image: sitk.Image) -> npt.NDArray[np.float32]:
    """Grey values from 0 to 1."""
    values = sitk.GetArrayFromImage(image)
    low, high = np.percentile(values, [1, 99.5])
    scaled: npt.NDArray[np.float32] = ((values - low) / max(high - low, 1e-9)).clip(0, 1)
    return scaled


def _slices(outline: npt.NDArray[np.floating]) -> list[int]:
    """Evenly spaced slices of those that show a body, from superior."""
    shown = np.flatnonzero((outline >= BODY).any((1, 2)))
    parts = (np.arange(_SLICES) + 0.5) / _SLICES
    return sorted({int(shown[int(part * len(shown))]) for part in parts}, reverse=True)


def _frame(outline: npt.NDArray[np.floating], spacing: Sequence[float]) -> tuple[slice, slice]:
    """The rows and columns in which the body lies, and some around it."""
    frame = []
    for axis, mm in ((1, spacing[1]), (2, spacing[0])):
        shown = np.flatnonzero((outline >= BODY).any(tuple({0, 1, 2} - {axis})))
        margin = round(_MARGIN_MM / mm)
        frame.append(slice(max(0, int(shown[0]) - margin), int(shown[-1]) + margin + 1))
    return frame[0], frame[1]


def _squares(shape: tuple[int, int], spacing: Sequence[float]) -> npt.NDArray[np.bool_]:
    row, column = (np.arange(n) * mm // _SQUARE_MM for n, mm in zip(shape, (spacing[1], spacing[0]), strict=True))
    squares: npt.NDArray[np.bool_] = (row[:, None] + column) % 2 == 0
    return squares


def _draw(axes: Axes, pixels: npt.NDArray[np.floating], aspect: float) -> None:
    axes.set_axis_off()
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=1, aspect=aspect)


def _sentences(registration: Registration) -> list[str]:
    lines = [
        f"{limb.side}: {limb.stage}{' (refused)' if limb.refused else ''}, overlap of outlines (DSC) "
        f"{limb.before.overlap_dsc:.2f} → {limb.after.overlap_dsc:.2f}, mutual information "
        f"{limb.before.mutual_information:.2f} → {limb.after.mutual_information:.2f}, moved by up to "
        f"{limb.largest_displacement_mm:.1f} mm"
        for limb in registration.limbs
    ]
    return [*lines, "not for diagnostic use"]
