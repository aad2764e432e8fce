"""What carrying labels gives: the label map, how sure it is, and where to go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import SimpleITK as sitk
    from numpy.typing import NDArray

    from MuscleSegLib.propagation.key_slices import KeySlices


@dataclass(frozen=True)
class Propagation:
    """Labels carried from key slices to the others.

    Attributes:
        label_map: In the grid and the pixel type of the one that was given. Key slices, and labels that were not
            carried, are as they were, voxel by voxel.
        key_slices: From where each label was carried.
        values: The labels that were carried: the rows of the arrays below.
        confidence: (labels, slices) the DSC that each label can be expected to have, from 0 to 1; 1 in key slices, NaN
            where the label is not there.
        suggested_slice: The slice to correct next: the one that would improve the others most. None when all are keys.
        warnings: Sentences about what a person should look at.
    """

    label_map: sitk.Image
    key_slices: KeySlices
    values: tuple[int, ...]
    confidence: NDArray[np.float64]
    suggested_slice: int | None
    warnings: tuple[str, ...] = ()
