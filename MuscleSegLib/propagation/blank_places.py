"""Where labels were carried to and the image shows nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from MuscleSegLib.propagation.wording import slices_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: In a slice, a label of which at least this part lies where the image shows nothing lies there by guess.
_MUCH = 0.5


def remarks_on_blank(
    image: NDArray[Any], labels: NDArray[Any], values: Collection[int], names: tuple[str, str]
) -> list[str]:
    """A sentence about slices in which labels lie where the image shows nothing, in all of the slice or a part of it.

    Args:
        image: (slices, rows, columns) that the labels were carried to.
        labels: Of that shape.
        values: The labels that were carried.
        names: What to call the image, and what was done to the labels.
    """
    blank = [n for n in np.flatnonzero(labels.any((1, 2))).tolist() if _lies_in_nothing(image[n], labels[n], values)]
    if not blank:
        return []
    return [
        f"{names[0]} shows nothing at labels that were {names[1]} to {slices_text(blank)}: one value all around, or no "
        "numbers. There they lie by guess; take them away, or check that it is the right image."
    ]


def _lies_in_nothing(image: NDArray[Any], labels: NDArray[Any], values: Collection[int]) -> bool:
    """Whether most of some label lies where each pixel is like those beside it."""
    grey = np.nan_to_num(image.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    flat = np.ones(grey.shape, bool)
    for axis in (0, 1):
        same = np.diff(grey, axis=axis) == 0
        at_ends = [(int(axis == 0), 0), (int(axis == 1), 0)]
        flat &= np.pad(same, at_ends, constant_values=True)
        flat &= np.pad(same, [end[::-1] for end in at_ends], constant_values=True)
    carried = np.isin(labels, list(values))
    area = np.bincount(labels[carried].astype(np.int64), minlength=1)
    in_nothing = np.bincount(labels[carried & flat].astype(np.int64), minlength=len(area))
    return bool((in_nothing >= np.maximum(_MUCH * area, 1)).any())
