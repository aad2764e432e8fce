"""What a person should look at after labels were carried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from MuscleSegLib.propagation.carrier import CarriedLabel
    from MuscleSegLib.propagation.key_slices import KeySlices
    from MuscleSegLib.propagation.slice_grid import SliceGrid

#: Key slices of which one, carried to the other, misses it by this much (mm) do not fit one another ...
_CONTRADICTION_MM = 6.0
#: ... unless they are further apart than this (mm).
_FAR_MM = 30.0


def warnings_of(
    key_slices: KeySlices, carried: Mapping[int, CarriedLabel], names: Mapping[int, str], grid: SliceGrid
) -> tuple[str, ...]:
    """Sentences, in the order of the labels, which are called by their ``names`` where they have any."""
    warnings = []
    for value, own in carried.items():
        keys = sorted(key_slices[value])
        for low, high, miss in zip(keys, keys[1:], own.misses.carried_mm, strict=False):
            if miss is not None and miss > _CONTRADICTION_MM and (high - low) * grid.slice_mm <= _FAR_MM:
                name = f"The {names[value]}" if value in names else f"Label {value}"
                warnings.append(
                    f"{name} does not fit between the key slices {low} and {high}: carried from one to the "
                    f"other, its border is off by {miss:.0f} mm. Look at both, or draw a slice between them."
                )
    first, last = min(map(min, key_slices.values())), max(map(max, key_slices.values()))
    if first == last:
        warnings.append(f"Slice {first} is the only key slice: the further from it, the less sure the labels are.")
    return tuple(warnings)
