"""Whether what is called fat is fat: there is fat under the skin of every limb, and less in most muscle."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from MuscleSegLib.maps.air_noise import body_of
from MuscleSegLib.segmentation.orientation import AxialVolume

if TYPE_CHECKING:
    from collections.abc import Sequence

    import SimpleITK as sitk
    from numpy.typing import NDArray

#: Depths under the surface (mm) that are looked at in steps of 1 mm: below the skin, where there is fat in any limb.
_RIM_MM = range(3, 9)
#: Depth (mm) of what is mostly muscle: that deep, and half of the greatest.
_CORE_MM, _CORE = 15.0, 0.5
#: A connected part of the body of at least this share is a limb.
_LIMB = 0.05
#: Of fewer voxels than this nothing is said: of the core, of a depth.
_LEAST_CORE, _LEAST_RIM = 200, 50
#: By how much (%) a depth of the rim must be leaner than the core, and how fat (%) the core must be, for fat and water
#: to be swapped. Muscle of which half is more than 70 % fat is rare, and then what lies under the skin is as fat.
_LEANER_RIM, _FAT_CORE = 15.0, 70.0


class Order(Enum):
    """What the place of fat says about the names of two images."""

    UNKNOWN = "unknown"
    RIGHT = "right"
    DOUBTFUL = "doubtful"
    PARTLY_SWAPPED = "partly swapped"
    SWAPPED = "swapped"

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a person should know of it; nothing where all is well."""
        return _SENTENCES.get(self, ())


_SENTENCES = {
    Order.DOUBTFUL: (
        "The middle of a limb is mostly fat, or fatter than what lies under its skin. Check that fat and water are not "
        "swapped.",
    ),
    Order.PARTLY_SWAPPED: (
        "In one limb, not in the other, fat and water look swapped: the separation failed there. Do not use that limb.",
    ),
    Order.SWAPPED: (
        "Fat and water look swapped: what is called fat is missing under the skin, where every limb has fat, and fills "
        "its middle.",
    ),
}


def order_of(fat_percent: NDArray[np.floating], signal: NDArray[np.floating], grid: sitk.Image) -> Order:
    """Tell whether fat and water were swapped.

    Args:
        fat_percent: (slices, rows, columns) as stored, fat fraction; NaN is passed over.
        signal: Like it, water and fat together.
        grid: An image of the same geometry.

    Returns:
        ``SWAPPED`` where a layer of fat is missing under the skin of each limb and its core is fat, ``PARTLY_SWAPPED``
        where it is so in one of them; ``DOUBTFUL`` where only one of the two holds; ``UNKNOWN`` where too little of a
        limb is seen.
    """
    axial = AxialVolume.of(grid)
    body = np.ascontiguousarray(axial.view(body_of(signal)))
    depth_mm = np.stack([_depth_mm(pixels, axial.spacing[1:]) for pixels in body])
    percent = axial.view(np.asarray(fat_percent))
    known = np.isfinite(percent)
    parts, _ = ndimage.label(depth_mm > 0)
    sizes = np.bincount(parts.ravel())[1:]
    orders = set()
    for k in 1 + np.flatnonzero(sizes > _LIMB * sizes.sum()):
        limb = parts == k
        deep = depth_mm > max(_CORE_MM, _CORE * depth_mm[limb].max())
        limb &= known
        layers = [percent[limb & (depth_mm > mm) & (depth_mm <= mm + 1)] for mm in _RIM_MM]
        orders.add(_order_of_limb(layers, percent[limb & deep]))
    if Order.SWAPPED in orders:
        return Order.PARTLY_SWAPPED if Order.RIGHT in orders else Order.SWAPPED
    return next((order for order in (Order.DOUBTFUL, Order.RIGHT) if order in orders), Order.UNKNOWN)


def _order_of_limb(layers: Sequence[NDArray[np.floating]], core: NDArray[np.floating]) -> Order:
    rim = [float(layer.mean()) for layer in layers if layer.size >= _LEAST_RIM]
    if not rim or core.size < _LEAST_CORE:
        return Order.UNKNOWN
    middle = float(np.median(core))
    leaner, fatter = middle - min(rim), max(rim) - middle
    lean_rim, fat_core = leaner > max(_LEANER_RIM, fatter), middle > _FAT_CORE
    if lean_rim and fat_core:
        return Order.SWAPPED
    return Order.DOUBTFUL if lean_rim or fat_core else Order.RIGHT


def _depth_mm(body: NDArray[np.bool_], spacing: tuple[float, float]) -> NDArray[np.floating]:
    """Distance of each pixel of a slice's body from the air around it; beyond the image there is body."""
    opened = ndimage.binary_opening(np.pad(body, 1, mode="edge"))[1:-1, 1:-1]
    filled = ndimage.binary_fill_holes(opened)
    if filled.all():
        return np.full(body.shape, np.inf)
    return ndimage.distance_transform_edt(filled, sampling=spacing)
