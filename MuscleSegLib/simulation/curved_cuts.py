"""Further slices from the label map of one limb, cut along curved surfaces.

Few bodies have every muscle of a limb named, and no two are alike: beside its neighbours, a muscle reaches further
along the limb in one than in another. Deforming a slice moves what lies in it, but never makes a muscle begin or end
elsewhere; a surface that rises and falls across the limb does.
"""

from math import pi, radians, tan

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

#: Patients lie up to this tilted in the scanner.
_TILT_DEG = 12.0
#: How far the surface rises and falls besides (standard deviation), and over which distance across the limb.
_RISE_MM, _RISE_OVER_MM = 8.0, 25.0


def draw_surface(limb: NDArray[np.uint8], slice_mm: float, random: np.random.Generator) -> NDArray[np.int64]:
    """A surface to cut ``limb`` (slices, rows, columns), labels with pixels of 1 mm, along.

    Returns:
        (rows, columns) slices by which the surface lies above its middle.
    """
    rows, columns = np.indices(limb.shape[1:])
    middle = [n / 2 for n in limb.shape[1:]]
    slope, towards = tan(radians(_TILT_DEG)) * np.sqrt(random.uniform()), random.uniform(0, 2 * pi)
    tilt_mm = slope * (np.cos(towards) * (rows - middle[0]) + np.sin(towards) * (columns - middle[1]))
    bend = ndimage.gaussian_filter(random.normal(size=tilt_mm.shape), _RISE_OVER_MM, mode="wrap")
    bend_mm = _RISE_MM * (bend - bend.mean()) / bend.std()
    rise = np.round((tilt_mm + bend_mm) / slice_mm).astype(int)
    # What the surface does beside the limb costs no slice.
    there = rise[(limb > 0).any(0)]
    return rise.clip(there.min(), there.max())


def cut(limb: NDArray[np.uint8], number: int, rise: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Labels (rows, columns) of ``limb`` (slices, rows, columns) on a surface whose middle is the slice ``number``.

    Empty where the surface leaves the limb's map.
    """
    wanted = number + rise
    if wanted.min() < 0 or wanted.max() >= len(limb):
        return np.zeros(limb.shape[1:], np.uint8)
    return np.take_along_axis(limb, wanted[None], 0)[0]
