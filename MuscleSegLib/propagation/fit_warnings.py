"""What a person should look at after labels were carried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.propagation.carrier import CarriedLabel
    from MuscleSegLib.propagation.key_slices import KeySlices
    from MuscleSegLib.propagation.slice_grid import SliceGrid

#: Key slices of which one, carried to the other, misses it by this much (mm) do not fit one another ...
_CONTRADICTION_MM = 6.0
#: ... unless they are further apart than this (mm).
_FAR_MM = 30.0


def warnings_of(
    key_slices: KeySlices,
    carried: Mapping[int, CarriedLabel],
    names: Mapping[int, str],
    grid: SliceGrid,
    image_shows: NDArray[np.bool_],
) -> tuple[str, ...]:
    """Sentences about the image, then in the order of the labels.

    Args:
        key_slices: From where each label was carried.
        carried: The labels.
        names: How to call them; by their numbers those that have none.
        grid: Of the image.
        image_shows: Which of its slices show anything.
    """
    warnings = []
    if blank := np.flatnonzero(~image_shows).tolist():
        where = f" in {len(blank)} of its slices, such as slice {blank[0]}" if image_shows.any() else ""
        warnings.append(
            f"The image shows nothing{where}: one value everywhere, or no numbers. There the labels were carried by "
            "their outlines alone. Check that it is the right image."
        )
    if all(len(slices) == len(image_shows) for slices in key_slices.values()):
        warnings.append(
            "Every slice counts as drawn, so nothing was carried. Say which slices were drawn: those across the limbs, "
            "even if the scanner's own lie otherwise."
        )
    if missed := [_name(names, value) for value, own in carried.items() if own.misses.missed]:
        warnings.append(
            f"The network did not find what is drawn as {', '.join(missed)}: where it shows nothing, it was carried by "
            "registration alone. Look at it in the slices that were not drawn."
        )
    for value, own in carried.items():
        keys = own.misses.keys
        name = f"The {names[value]}" if value in names else f"Label {value}"
        shown = own.misses.shown
        if own.outside:
            warnings.append(
                f"What is drawn as {_name(names, value)} in slice {own.outside[0]} lies outside of the body that the "
                "image shows, so it was not carried from there. Check that it is drawn in the right place."
            )
        lacking = [n for n, key in enumerate(keys) if not shown[n] and key not in own.outside]
        if gaps := [keys[n] for n in lacking if any(shown[:n]) and any(shown[n:])]:
            warnings.append(
                f"{name} is drawn on either side of slice {gaps[0]}, but not in it, so it ends and begins again. If it "
                "was only not drawn there, carry it by itself, from the slices in which it was."
            )
        for low, high, miss in zip(keys, keys[1:], own.misses.carried_mm, strict=False):
            if miss is not None and miss > _CONTRADICTION_MM and (high - low) * grid.slice_mm <= _FAR_MM:
                warnings.append(
                    f"{name} does not fit between the key slices {low} and {high}: carried from one to the "
                    f"other, its border is off by {miss:.0f} mm. Look at both, or draw a slice between them."
                )
    first, last = min(map(min, key_slices.values())), max(map(max, key_slices.values()))
    if first == last:
        warnings.append(f"Slice {first} is the only key slice: the further from it, the less sure the labels are.")
    return tuple(warnings)


def _name(names: Mapping[int, str], value: int) -> str:
    return names.get(value, f"label {value}")
