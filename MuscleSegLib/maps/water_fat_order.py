"""Whether what is called fat is fat: it lies under the skin, and muscle does not."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from MuscleSegLib.maps.air_noise import body_of
from MuscleSegLib.segmentation.orientation import AxialVolume

if TYPE_CHECKING:
    import SimpleITK as sitk
    from numpy.typing import NDArray

#: Depth under the skin (mm) of what should be fat, and of what should be muscle: that deep, and half of the greatest.
_RIM_MM, _CORE_MM, _CORE = (2.0, 6.0), 15.0, 0.5
#: A connected part of the body of at least this share is a limb.
_LIMB = 0.05
#: Of fewer voxels than this nothing is said.
_LEAST_VOXELS = 200
#: Fat fractions (%) of rim and core that no limb has the right way round, and how much fatter a core may be in doubt.
_SWAPPED_RIM, _SWAPPED_CORE, _DOUBTFUL = 35.0, 55.0, 10.0


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
        "The middle of a limb is fatter than what lies under its skin. Check that fat and water are not swapped.",
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
        ``SWAPPED`` where the rim of each limb is lean and its core fat, ``PARTLY_SWAPPED`` where it is so in one of
        them; ``DOUBTFUL`` where a core is fatter than its rim; ``UNKNOWN`` where too little of a limb is seen.
    """
    axial = AxialVolume.of(grid)
    body = np.ascontiguousarray(axial.view(body_of(signal)))
    depth_mm = np.stack([_depth_mm(pixels, axial.spacing[1:]) for pixels in body])
    percent = axial.view(np.asarray(fat_percent))
    known = np.isfinite(percent)
    rim = known & (depth_mm > _RIM_MM[0]) & (depth_mm < _RIM_MM[1])
    parts, _ = ndimage.label(depth_mm > 0)
    sizes = np.bincount(parts.ravel())[1:]
    orders = set()
    for k in 1 + np.flatnonzero(sizes > _LIMB * sizes.sum()):
        limb = parts == k
        core = limb & known & (depth_mm > max(_CORE_MM, _CORE * depth_mm[limb].max()))
        orders.add(_order_of_limb(percent[limb & rim], percent[core]))
    if Order.SWAPPED in orders:
        return Order.PARTLY_SWAPPED if orders & {Order.RIGHT, Order.DOUBTFUL} else Order.SWAPPED
    return next((order for order in (Order.DOUBTFUL, Order.RIGHT) if order in orders), Order.UNKNOWN)


def _order_of_limb(rim: NDArray[np.floating], core: NDArray[np.floating]) -> Order:
    if min(rim.size, core.size) < _LEAST_VOXELS:
        return Order.UNKNOWN
    of_rim, of_core = float(rim.mean()), float(core.mean())
    if of_rim < _SWAPPED_RIM and of_core > _SWAPPED_CORE:
        return Order.SWAPPED
    return Order.DOUBTFUL if of_core > of_rim + _DOUBTFUL else Order.RIGHT


def _depth_mm(body: NDArray[np.bool_], spacing: tuple[float, float]) -> NDArray[np.floating]:
    """Distance of each pixel of a slice's body from the air around it; beyond the image there is body."""
    filled = ndimage.binary_fill_holes(ndimage.binary_opening(body))
    if filled.all():
        return np.full(body.shape, np.inf)
    return ndimage.distance_transform_edt(filled, sampling=spacing)
