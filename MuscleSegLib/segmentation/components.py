"""The connected pieces of every label of a label map, in one pass.

The map is taken as runs of equal labels along its rows (as in He, Chao and Suzuki 2008, IEEE Trans Image Process
17:749); only runs that touch are compared, so the cost is that of the borders, not of the voxels.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Runs:
    """The runs of a label map, in the order of its voxels, and the piece that each belongs to.

    Attributes:
        shape: (slices, rows, columns) of the label map.
        starts: Flat index of the first voxel of each run.
        lengths: Voxels in each run.
        labels: The label of each run; 0 is background and has pieces too.
        pieces: The piece of each run, numbered from 0.
    """

    shape: tuple[int, int, int]
    starts: Integers
    lengths: Integers
    labels: npt.NDArray[np.uint8]
    pieces: Integers

    @property
    def count(self) -> int:
        """The number of pieces."""
        return int(self.pieces.max(initial=-1)) + 1

    def sizes(self) -> Integers:
        """Voxels in each piece."""
        return np.bincount(self.pieces, weights=self.lengths, minlength=self.count).astype(np.int64)

    def piece_labels(self) -> npt.NDArray[np.uint8]:
        """The label of each piece."""
        labels = np.zeros(self.count, np.uint8)
        labels[self.pieces] = self.labels
        return labels

    def voxels(self, pieces: npt.NDArray[np.bool_]) -> Integers:
        """Flat indices of all voxels of the chosen pieces."""
        chosen = pieces[self.pieces]
        lengths = self.lengths[chosen]
        before = np.cumsum(lengths) - lengths
        return np.repeat(self.starts[chosen] - before, lengths) + np.arange(lengths.sum())

    def boxes(self) -> Integers:
        """For each piece: first slice, end slice, first row, end row, first column, end column; (pieces, 6)."""
        z, row, column = np.unravel_index(self.starts, self.shape)
        boxes = np.empty((self.count, 6), np.int64)
        for n, (first, last) in enumerate(((z, z), (row, row), (column, column + self.lengths - 1))):
            boxes[:, 2 * n] = self.shape[n]
            boxes[:, 2 * n + 1] = 0
            np.minimum.at(boxes[:, 2 * n], self.pieces, first)
            np.maximum.at(boxes[:, 2 * n + 1], self.pieces, last + 1)
        return boxes


def find_pieces(labels: npt.NDArray[np.uint8], *, across_slices: bool) -> Runs:
    """Find the connected pieces of every label.

    Args:
        labels: uint8, (slices, rows, columns).
        across_slices: Whether voxels that share a face across slices are connected, beside those that share one in a
            slice.
    """
    _, rows, columns = labels.shape
    flat = np.ascontiguousarray(labels).ravel()
    begins = np.ones(len(flat), bool)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    begins[::columns] = True
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, len(flat)))
    run_labels = flat[starts]
    joined = [_touching(starts, run_labels, columns, (starts // columns) % rows, rows)]
    if across_slices:
        slices = len(flat) // (rows * columns)
        joined.append(_touching(starts, run_labels, rows * columns, starts // (rows * columns), slices))
    pieces = _union(len(starts), np.concatenate(joined, axis=1))
    return Runs((labels.shape[0], rows, columns), starts, lengths, run_labels, pieces)


def _touching(starts: Integers, labels: npt.NDArray[np.uint8], stride: int, position: Integers, size: int) -> Integers:
    """Pairs of runs of one label that touch along an axis, (2, pairs).

    Where two runs touch, their common part begins where one of them does; so it is enough to look at the voxels before
    and after the first voxel of each run.
    """
    pairs = []
    for step, inside in ((stride, position < size - 1), (-stride, position > 0)):
        runs = np.flatnonzero(inside)
        others = np.searchsorted(starts, starts[runs] + step, side="right") - 1
        same = labels[runs] == labels[others]
        pairs.append(np.stack([runs[same], others[same]]))
    return np.concatenate(pairs, axis=1)


def _union(count: int, pairs: Integers) -> Integers:
    """Number the sets that ``pairs`` join, from 0, in the order of their first member."""
    parent = np.arange(count)
    first, second = pairs
    while len(first):
        low, high = np.minimum(parent[first], parent[second]), np.maximum(parent[first], parent[second])
        np.minimum.at(parent, high, low)
        while not np.array_equal(parent, grand := parent[parent]):
            parent = grand
        apart = parent[first] != parent[second]
        first, second = first[apart], second[apart]
    return np.unique(parent, return_inverse=True)[1]
