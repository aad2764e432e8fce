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

#: For each value of a label map, the slices in which what it covers, or that it covers nothing, was said by a person.
#: Slices are counted from 0 along the stored axis that is nearest to the patient's: k of axial images, as Slicer shows.
KeySlices = Mapping[int, frozenset[int]]


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
) -> KeySlices:
    """The key slices of a label map that was drawn from nothing.

    Args:
        label_map: Holds voxels in the slices that were drawn.
        slices: The slices that were drawn; those with voxels of any of ``values`` when None. What a drawn slice does
            not show of a label is taken for not being there.
        values: The labels that were drawn; all that have voxels in the slices when None.
        locked: Labels that say nothing of what was drawn, and have no key slices.

    Raises:
        InputError: Nothing was drawn in these slices, or there is no such slice.
    """
    grid = SliceGrid.of(label_map)
    grid.check(label_map, "The drawn label map")
    array = grid.view(label_map)
    present = {n: set(np.unique(array[n]).tolist()) - {0} for n in _checked(slices, len(array))}
    wanted = (set().union(*present.values()) if values is None else set(values)) - set(locked)
    drawn = frozenset(n for n, there in present.items() if slices is not None or there & wanted)
    if not drawn or not any(present[n] & wanted for n in drawn):
        raise InputError(
            "Nothing is drawn in these slices. Draw the muscles in a few slices, then carry them to the rest."
        )
    return dict.fromkeys(sorted(wanted), drawn)


def _checked(slices: Collection[int] | None, count: int) -> Collection[int]:
    strange = [n for n in slices or () if not 0 <= n < count]
    if strange:
        raise InputError(f"There is no slice {strange[0]}: the slices are counted from 0 to {count - 1}.")
    return range(count) if slices is None else slices


def with_locked_slices(key_slices: KeySlices, locked: Collection[int], array: NDArray[Any]) -> KeySlices:
    """The key slices, and the locked ones among them: what is locked is what a person agrees with."""
    more = frozenset(_checked(locked, len(array)))
    return {value: slices | more for value, slices in key_slices.items()}
