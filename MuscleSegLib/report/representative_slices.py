"""The few axial slices that together show every muscle about where it is thickest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from MuscleSegLib.anatomy import compounds, members_of, muscles

if TYPE_CHECKING:
    from MuscleSegLib.segmentation.labelled_volume import VolumeLabel

#: A muscle is seen on a slice where its area is at least this fraction of its largest.
_SEEN = 0.25
#: Slices of one region at most.
_MOST = 2


def representative_slices(labels: npt.NDArray[np.integer], meanings: tuple[VolumeLabel, ...]) -> list[int]:
    """Choose slices on which to show the muscles.

    In each region of the limb, the first slice is the one on which the muscles are, on average, nearest to their
    largest area. A second one is added only where it shows muscles that the first does not.

    Args:
        labels: (slices, rows, columns), slices from inferior to superior.
        meanings: What the values mean; labels of no known muscle are taken as one region.

    Returns:
        Indices of slices, from superior to inferior; none where there are no labels.
    """
    values = np.array([label.value for label in meanings], int)
    areas = np.array([np.bincount(plane.ravel(), minlength=values.max(initial=0) + 1)[values] for plane in labels])
    regions = [_region(label.abbreviation) for label in meanings]
    chosen: set[int] = set()
    for region in dict.fromkeys(regions):
        own = areas[:, [name == region for name in regions]]
        chosen.update(_cover(own[:, own.any(0)]))
    return sorted(chosen, reverse=True)


def _region(abbreviation: str) -> str:
    if abbreviation not in muscles() and abbreviation not in compounds():
        return ""
    return muscles()[members_of(abbreviation)[0]].region


def _cover(areas: npt.NDArray[np.integer]) -> list[int]:
    """Slices for one region; ``areas`` is (slices, labels), each label somewhere present."""
    if not areas.size:
        return []
    size = areas / areas.max(0)
    first = int(size.sum(1).argmax())
    chosen = [first]
    while len(chosen) < _MOST:
        best = size[chosen].max(0)
        gain = np.maximum(size - best, 0)[:, best < _SEEN].sum(1)
        candidate = int(gain.argmax())
        if gain[candidate] < _SEEN:
            break
        chosen.append(candidate)
    return chosen
