"""Labels kept in as many pieces as they were drawn in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from MuscleSegLib.segmentation.components import find_pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.propagation.key_slices import KeySlices


#: Pieces of so many labels can be told apart.
MOST_LABELS = 255


def remove_extra_pieces(labels: NDArray[Any], key_slices: KeySlices) -> None:
    """Take away, smallest first, pieces that a label has more of in a slice than in the key slices beside it.

    Pixels that share an edge are of one piece.

    Args:
        labels: (slices, rows, columns), changed in place.
        key_slices: The labels to look at, at most :data:`MOST_LABELS`, and the slices in which they stay as they are.
    """
    values = np.array(sorted(key_slices))
    numbered = np.where(np.isin(labels, values), np.searchsorted(values, labels) + 1, 0).astype(np.uint8)
    found = find_pieces(numbered, across_slices=False)
    label = found.piece_labels().astype(np.int64)
    slice_ = found.boxes()[:, 0]
    group = label * len(labels) + slice_
    rank = _ranks(group, found.sizes())
    count = np.bincount(group, minlength=(len(values) + 1) * len(labels)).reshape(-1, len(labels))
    most = np.stack(
        [np.full(len(labels), found.count), *map(_most, count[1:], (key_slices[v] for v in values.tolist()))]
    )
    labels.flat[found.voxels(rank >= most[label, slice_])] = 0


def _ranks(group: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each piece in its group, from 0 for the largest."""
    order = np.lexsort((-size, group))
    new = np.diff(group[order], prepend=-1) != 0
    begin = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order)) - begin
    return rank


def _most(count: NDArray[np.int64], keys: frozenset[int]) -> NDArray[np.int64]:
    """(slices,) pieces that a label may have, which has ``count`` (slices,) now."""
    at = np.array(sorted(keys))
    after = np.searchsorted(at, np.arange(len(count)))
    beside = np.maximum(count[at[(after - 1).clip(0)]], count[at[after.clip(max=len(at) - 1)]])
    most = np.maximum(beside, 1)
    most[at] = count[at]
    return most
