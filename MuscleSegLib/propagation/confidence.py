"""How sure each slice of each label is, and which slice would help most if it were corrected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.propagation.carrier import CarriedLabel

#: The mean size of errors whose root mean square is 1, as of a normal distribution.
_MEAN = 0.8


def expected_dsc(extents: Extents, carried: Mapping[int, CarriedLabel]) -> NDArray[np.float64]:
    """(labels, slices) the DSC to expect: a border that is off by a distance all along it takes that much area away.

    1 in key slices, NaN where the label is not there.
    """
    expected = np.ones(extents.area_mm2.shape)
    for own, row, area, border in zip(carried.values(), expected, extents.area_mm2, extents.border_mm, strict=True):
        for n, blended in own.blends.items():
            right = 1 - _MEAN * blended.error_mm * border[n] / (2 * max(area[n], 1e-9))
            row[n] = max(right, 0.0) * (1 - blended.doubt / 2)
    expected[extents.area_mm2 == 0] = np.nan
    return expected


def slice_to_correct(
    extents: Extents, carried: Mapping[int, CarriedLabel], locked_slices: Collection[int]
) -> int | None:
    """The slice whose correction would make most area right, in itself and in those carried from it.

    Returns:
        None when every slice is a key slice of all labels, or locked.
    """
    gain = np.zeros(extents.area_mm2.shape[1])
    for own, border in zip(carried.values(), extents.border_mm, strict=True):
        now = own.errors.with_key(own.errors.keys[0])
        gain += [float((border * (now - own.errors.with_key(n))).sum()) for n in range(len(gain))]
    gain[list(locked_slices)] = 0
    return int(gain.argmax()) if gain.max() > 0 else None


@dataclass(frozen=True)
class Extents:
    """How much there is of each label in each slice.

    Attributes:
        area_mm2: (labels, slices).
        border_mm: (labels, slices) length of the border, by Crofton's formula.
    """

    area_mm2: NDArray[np.floating]
    border_mm: NDArray[np.floating]

    @classmethod
    def of(cls, labels: NDArray[Any], values: Collection[int], pixel_mm: tuple[float, float]) -> Extents:
        """Of a label map (slices, rows, columns) and the labels ``values``, in one pass over the voxels."""
        order = np.array(sorted(values))
        numbered = np.where(np.isin(labels, order), np.searchsorted(order, labels) + 1, 0)
        rows = np.searchsorted(order, list(values)) + 1
        area = _counts(numbered, numbered > 0, len(order)) * float(np.prod(pixel_mm))
        border = np.zeros_like(area)
        # Crossings of the border by lines along rows and columns; pi / 4 makes up for the directions in between.
        for axis, mm in ((1, pixel_mm[1]), (2, pixel_mm[0])):
            along = np.moveaxis(numbered, axis, -1)
            one, other = along[..., :-1], along[..., 1:]
            crossed = one != other
            border += (_counts(one, crossed, len(order)) + _counts(other, crossed, len(order))) * mm * np.pi / 4
        return cls(area[rows], border[rows])


def _counts(numbered: NDArray[Any], where: NDArray[np.bool_], labels: int) -> NDArray[np.int64]:
    """(labels + 1, slices) voxels of each label in each slice, of those that are asked for."""
    slices = np.repeat(np.arange(len(where)), np.count_nonzero(where, axis=(1, 2)))
    counted = np.bincount(numbered[where] * len(where) + slices, minlength=(labels + 1) * len(where))
    return counted.reshape(labels + 1, len(where))
