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
    """Labels carried to other slices, the other side, or another scan.

    Attributes:
        label_map: On the grid of the image that they were carried to.
        key_slices: The slices of it from which each label was carried; none of one that comes from elsewhere.
        values: The labels that were carried: the rows of the arrays below.
        confidence: (labels, slices) the DSC that each label can be expected to have, from 0 to 1; 1 in key slices, NaN
            where the label is not there.
        suggested_slice: The slice to correct next: the one that would improve the others most. None when all are keys,
            or no label is there.
        warnings: Sentences about what a person should look at.
    """

    label_map: sitk.Image
    key_slices: KeySlices
    values: tuple[int, ...]
    confidence: NDArray[np.float64]
    suggested_slice: int | None
    warnings: tuple[str, ...] = ()
