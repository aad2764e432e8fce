"""The last millimetre: muscles laid on what the fixed image shows of them, where the image they were drawn on misleads.

Scanners write fat a pixel or two beside water. Registration follows what is bright and has strong borders, in a
T1-weighted image fat; muscles are water. Once two images lie over one another, the labels of the muscles tell what is
left of that: by what step within the slices the fixed image shows them best.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.registration.grids import resampled
from MuscleSegLib.registration.muscle_information import information_of_muscle, value_bins
from MuscleSegLib.segmentation.orientation import slice_axis

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.registration.blending import LimbTransform

#: Fat beside water by two pixels of a scan at 3 T does not mislead by more: muscles that would fit better farther away
#: are not where they belong.
FARTHEST_MM = 4.0
#: Of fewer muscles it is not clear where they end: the others beside them look alike.
_LEAST_MUSCLES = 4
#: So many slices tell as much as all.
_SLICES = 16
#: Where muscles and an image tell less of one another than this (in nats; at most 0.69), many places fit as well: of a
#: simulated T2 scan with 0.11, places 3 mm apart.
_LEAST_TOLD = 0.15


def settle(limb: LimbTransform, muscles: sitk.Image) -> LimbTransform:
    """Move a registered limb by a step within the slices so that the fixed image shows its muscles best.

    Best is where being muscle and the value of the fixed image have the largest mutual information.

    Args:
        limb: As registered.
        muscles: Label map of the moving image, 0 where no muscle is.

    Returns:
        The limb as it was where there is no such step of :data:`FARTHEST_MM` at most, or few muscles are known.
    """
    fixed = limb.pair.fixed
    along = slice_axis(fixed.GetDirection())
    muscle = sitk.Cast(muscles != 0, sitk.sitkFloat32)
    nearest = sitk.Resample(muscles, fixed, limb.whole, sitk.sitkNearestNeighbor, 0)
    inside, labels, values, near = (
        np.moveaxis(sitk.GetArrayFromImage(one), along, 0)
        for one in (resampled(muscle, fixed, limb.whole), nearest, fixed, limb.pair.compared)
    )
    labels = labels * (near > 0)
    if np.setdiff1d(labels, 0).size < _LEAST_MUSCLES:
        return limb
    shown = np.flatnonzero(labels.any((1, 2)))
    some = shown[np.linspace(0, shown.size - 1, min(shown.size, _SLICES)).round().astype(int)]
    spacing = np.delete(fixed.GetSpacing()[::-1], along)
    told = _told(inside[some], values[some], near[some] > 0, np.ceil(FARTHEST_MM / spacing).astype(int) + 1)
    step_mm = _highest(told) * spacing
    if told.max() < _LEAST_TOLD or np.hypot(*step_mm) > FARTHEST_MM:
        return limb
    step = np.insert(step_mm, along, 0.0)[::-1]
    return replace(limb, step_mm=tuple((np.reshape(fixed.GetDirection(), (3, 3)) @ step).tolist()))


def _told(
    inside: NDArray[np.floating], values: NDArray[np.floating], near: NDArray[np.bool_], reach: NDArray[np.integer]
) -> NDArray[np.floating]:
    """(2 rows + 1, 2 columns + 1) what muscle and values tell of one another with each step up to ``reach`` pixels.

    Only steps of whole pixels compare with one another: between them, borders get less sharp.
    """
    rows, columns = reach
    bins = value_bins(values[near])
    around = np.pad(inside, ((0, 0), (rows, rows), (columns, columns)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(around, inside.shape)[0]
    return np.array([[information_of_muscle(moved[near], bins) for moved in line] for line in windows])


def _highest(told: NDArray[np.floating]) -> NDArray[np.floating]:
    """(row, column) of the highest place of a table, from its middle, by parabolas; a corner at the rim."""
    place = np.array(np.unravel_index(told.argmax(), told.shape))
    found = place - (np.array(told.shape) - 1) / 2
    if (place == 0).any() or (place == np.array(told.shape) - 1).any():
        return found
    row, column = place
    for axis, (before, here, after) in enumerate((told[row - 1 : row + 2, column], told[row, column - 1 : column + 2])):
        bend = 2 * here - before - after
        found[axis] += 0.5 * (after - before) / bend if bend > 0 else 0.0
    return found
