"""Islands and pinholes of a limb's label map, removed in one pass over all labels."""

import numpy as np
import numpy.typing as npt

from MuscleSegLib.segmentation.components import find_pieces

#: A further piece of a label is kept when it has at least this fraction of the size of the largest ...
_KEPT_FRACTION = 0.1
#: ... and at least this volume.
_KEPT_MM3 = 100.0
#: Background of less than this volume that labels enclose is a pinhole.
_PINHOLE_MM3 = 100.0
_NEIGHBOURS = tuple((row, column) for row in (-1, 0, 1) for column in (-1, 0, 1) if (row, column) != (0, 0))


def remove_islands(labels: npt.NDArray[np.uint8], voxel_mm3: float) -> dict[int, list[float]]:
    """Free the islands of each label and the pinholes, and give their voxels to what surrounds them in the slice.

    The largest piece of a label always stays, however small it is.

    Args:
        labels: uint8, (slices, rows, columns), 0 is background. Changed in place.
        voxel_mm3: Volume of a voxel in mm³.

    Returns:
        For each label that is there: the volumes of its remaining pieces in mm³, the largest first.
    """
    if not labels.any():
        return {}
    runs = find_pieces(labels, across_slices=True)
    volumes = runs.sizes() * voxel_mm3
    label_of = runs.piece_labels()
    freed = np.zeros(runs.count, bool)
    kept: dict[int, list[float]] = {}
    for label in np.unique(label_of):
        own = np.flatnonzero(label_of == label)
        largest = own[np.argmax(volumes[own])]
        if label == 0:
            freed[own] = volumes[own] < _PINHOLE_MM3
            freed[largest] = False
            continue
        freed[own] = (volumes[own] < _KEPT_FRACTION * volumes[largest]) | (volumes[own] < _KEPT_MM3)
        freed[largest] = False
        kept[int(label)] = sorted((float(volumes[n]) for n in own[~freed[own]]), reverse=True)
    if freed.any():
        _give_to_surroundings(labels, runs.voxels(freed))
    return kept


def _give_to_surroundings(labels: npt.NDArray[np.uint8], voxels: npt.NDArray[np.int64]) -> None:
    """Give each of ``voxels`` (flat indices) the most frequent label around it in its slice, from the rim inwards."""
    free = np.zeros(labels.shape, bool)
    free.ravel()[voxels] = True
    z, rows, columns = np.unravel_index(voxels, labels.shape)
    while len(z):
        around = np.full((len(z), len(_NEIGHBOURS)), -1, np.int16)
        for n, (row, column) in enumerate(_NEIGHBOURS):
            r, c = rows + row, columns + column
            inside = (r >= 0) & (r < labels.shape[1]) & (c >= 0) & (c < labels.shape[2])
            at = (z[inside], r[inside], c[inside])
            around[inside, n] = np.where(free[at], np.int16(-1), labels[at])
        votes = (around[:, :, None] == around[:, None, :]).sum(2) * (around >= 0)
        best = votes.argmax(1)
        decided = votes[np.arange(len(z)), best] > 0
        if not decided.any():
            labels[z, rows, columns] = 0
            return
        at = (z[decided], rows[decided], columns[decided])
        labels[at] = around[decided, best[decided]]
        free[at] = False
        z, rows, columns = z[~decided], rows[~decided], columns[~decided]
