"""Which slices a person drew or corrected, muscle by muscle."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from MuscleSegLib.errors import InputError
from MuscleSegLib.propagation.slice_grid import SliceGrid

if TYPE_CHECKING:
    import SimpleITK as sitk
    from numpy.typing import NDArray

    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume

#: For each value of a label map, the slices in which what it covers, or that it covers nothing, was said by a person.
#: Slices are counted from 0 along the stored axis that is nearest to the patient's: k of axial images, as Slicer shows.
KeySlices = Mapping[int, frozenset[int]]

#: Labels that are in at least this part of the slices were made for all of them.
_MOST = 0.5


def edited_slices(label_map: sitk.Image, last_result: sitk.Image) -> KeySlices:
    """The slices of each label that differ from the last result: what was corrected since.

    Raises:
        InputError: The two do not lie on the same grid, or one is no label map.
    """
    grid = SliceGrid.of(last_result)
    grid.check(last_result, "The last result")
    grid.check(label_map, "The corrected label map")
    now, before = grid.view(label_map), grid.view(last_result)
    edited: dict[int, set[int]] = {}
    for n in np.flatnonzero((now != before).any((1, 2))).tolist():
        changed = now[n] != before[n]
        for value in np.union1d(now[n][changed], before[n][changed]).tolist():
            if value:
                edited.setdefault(value, set()).add(n)
    return {value: frozenset(slices) for value, slices in sorted(edited.items())}


def joined(*of: KeySlices) -> KeySlices:
    """The slices that any of them names for a label."""
    values = sorted({value for one in of for value in one})
    return {value: frozenset().union(*(one.get(value, ()) for one in of)) for value in values}


def drawn_slices(
    label_map: sitk.Image,
    *,
    slices: Collection[int] | None = None,
    values: Collection[int] | None = None,
    locked: Collection[int] = (),
    sides: Mapping[int, str] | None = None,
) -> KeySlices:
    """The key slices of a label map that was drawn from nothing.

    Args:
        label_map: Holds voxels in the slices that were drawn.
        slices: The slices that were drawn; what they do not show of a label is taken for not being there. None: those
            that show the label, and beyond them those that show another one of its side which is drawn beside it
            elsewhere: who drew that one there would have drawn this one too.
        values: The labels that were drawn; all that have voxels in the slices when None.
        locked: Labels that say nothing of what was drawn, and have no key slices.
        sides: On which side each label is: muscles of one limb may be drawn on other slices than those of the other.
            Labels that it does not name are of one side, as all are when it is None.

    Raises:
        InputError: Nothing was drawn in these slices, or there is no such slice.
    """
    grid = SliceGrid.of(label_map)
    grid.check(label_map, "The drawn label map")
    shown = shown_slices(grid.view(label_map), slices)
    if values is not None:
        shown = {value: shown.get(value, frozenset()) for value in sorted(values)}
    shown = {value: own for value, own in shown.items() if value not in locked}
    if not any(shown.values()):
        raise InputError(
            "Nothing is drawn in these slices. Draw the muscles in a few slices, then carry them to the rest."
        )
    if slices is not None:
        return dict.fromkeys(shown, frozenset(slices))
    of = sides or {}
    beside = {
        value: frozenset().union(*(s for v, s in shown.items() if s & own and of.get(v, "") == of.get(value, "")))
        for value, own in shown.items()
    }
    return {value: own | (beside[value] - _between(own)) for value, own in shown.items()}


def _between(slices: frozenset[int]) -> frozenset[int]:
    """All from the first to the last of some slices."""
    return frozenset(range(min(slices), max(slices) + 1)) if slices else frozenset()


def shown_slices(array: NDArray[Any], slices: Collection[int] | None = None) -> KeySlices:
    """Those of some ``slices`` (None: all) of a label map (slices, rows, columns) that show each label.

    Raises:
        InputError: There is no such slice.
    """
    shown: dict[int, set[int]] = {}
    for n in _checked(slices, len(array)):
        for value in np.unique(array[n]).tolist():
            if value:
                shown.setdefault(value, set()).add(n)
    return {value: frozenset(own) for value, own in sorted(shown.items())}


def is_drawing(labels: LabelledVolume) -> bool:
    """Whether labels are in few slices only, to be carried to the others, and no model is said to have made them."""
    array = SliceGrid.of(labels.image).view(labels.image)
    return not labels.models and bool(array.any((1, 2)).mean() < _MOST)


def _checked(slices: Collection[int] | None, count: int) -> Collection[int]:
    strange = [n for n in slices or () if not 0 <= n < count]
    if strange:
        raise InputError(f"There is no slice {strange[0]}: the slices are counted from 0 to {count - 1}.")
    return range(count) if slices is None else slices


def with_locked_slices(key_slices: KeySlices, locked: Collection[int], array: NDArray[Any]) -> KeySlices:
    """The key slices, and the locked ones among them: what is locked is what a person agrees with."""
    more = frozenset(_checked(locked, len(array)))
    return {value: slices | more for value, slices in key_slices.items()}
