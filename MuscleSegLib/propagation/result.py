"""What carrying labels gives: the label map, how sure it is, and where to go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from MuscleSegLib.propagation.confidence import dsc_of_error, first_slice_to_correct

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import SimpleITK as sitk
    from numpy.typing import NDArray

    from MuscleSegLib.propagation.confidence import Extents
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

    @classmethod
    def from_elsewhere(
        cls,
        label_map: sitk.Image,
        values: Sequence[int],
        extents: Extents,
        error_mm: NDArray[np.float64],
        slice_mm: float,
        **further: Any,
    ) -> Self:
        """Labels of which no slice was drawn where they are now.

        Args:
            label_map, values: See the attributes.
            extents: How much there is of each label in each slice.
            error_mm: (labels, slices) how far borders may be off.
            slice_mm: Distance between slices.
            further: The other attributes.
        """
        return cls(
            label_map=label_map,
            key_slices=dict.fromkeys(values, frozenset()),
            values=tuple(values),
            confidence=dsc_of_error(extents, error_mm),
            suggested_slice=first_slice_to_correct(extents, error_mm, slice_mm),
            **further,
        )
