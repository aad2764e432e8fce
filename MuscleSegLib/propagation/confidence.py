"""How sure each slice of each label is, and which slice would help most if it were corrected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.propagation.carrier import CarriedLabel


def expected_dsc(
    labels: NDArray[Any], carried: Mapping[int, CarriedLabel], pixel_mm: tuple[float, float]
) -> NDArray[np.float64]:
    """(labels, slices) the DSC to expect: a border that is off by a distance all along it takes that much area away.

    1 in key slices, NaN where the label is not there.
    """
    expected = np.full((len(carried), len(labels)), np.nan)
    for row, (value, own) in enumerate(carried.items()):
        for n, area, border in zip(*_areas_and_borders(labels == value, pixel_mm), strict=True):
            blended = own.blends.get(n)
            if blended is None or area == 0:
                expected[row, n] = 1.0 if area else np.nan
                continue
            right = 1 - blended.error_mm * border / (2 * area)
            expected[row, n] = max(right, 0.0) * (1 - blended.doubt / 2)
    return expected


def slice_to_correct(
    labels: NDArray[Any], carried: Mapping[int, CarriedLabel], locked: Collection[int], pixel_mm: tuple[float, float]
) -> int | None:
    """The slice whose correction would make most area right, in itself and in those carried from it.

    Returns:
        None when every slice is a key slice of all labels, or locked.
    """
    gain = np.zeros(len(labels))
    for value, own in carried.items():
        _, _, border = _areas_and_borders(labels == value, pixel_mm)
        now = own.errors.with_key(own.errors.keys[0])
        for n in range(len(labels)):
            gain[n] += float((border * (now - own.errors.with_key(n))).sum())
    gain[list(locked)] = 0
    return int(gain.argmax()) if gain.max() > 0 else None


def _areas_and_borders(
    mask: NDArray[np.bool_], pixel_mm: tuple[float, float]
) -> tuple[range, NDArray[np.float64], NDArray[np.float64]]:
    """Slices, area (mm²) of a mask in each, and the length (mm) of its border by Crofton's formula."""
    row_mm, column_mm = pixel_mm
    area = mask.sum((1, 2)) * row_mm * column_mm
    # Crossings of the border by lines along rows and columns; pi / 4 makes up for the directions in between.
    across_rows = (mask[:, 1:] != mask[:, :-1]).sum((1, 2)) * column_mm
    across_columns = (mask[:, :, 1:] != mask[:, :, :-1]).sum((1, 2)) * row_mm
    return range(len(mask)), area, (across_rows + across_columns) * np.pi / 4
