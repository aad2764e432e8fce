"""What a person should look at after labels were carried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from MuscleSegLib.propagation.wording import with_slices

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
    """Sentences about the image, then about the labels; what is to be said of several of them is said once.

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
    if len(image_shows) == 1:
        warnings.append("The image has a single slice, so there is none that labels could be carried to.")
    elif all(len(slices) == len(image_shows) for slices in key_slices.values()):
        warnings.append(
            "Every slice counts as drawn, so nothing was carried. Where not all were, say which slices were drawn."
        )
    if missed := [_name(names, value) for value, own in carried.items() if own.misses.missed]:
        warnings.append(
            f"The network did not find what is drawn as {', '.join(missed)}: where it shows nothing, it was carried by "
            "registration alone. Look at it in the slices that were not drawn."
        )
    if outside := with_slices((_name(names, value), own.outside) for value, own in carried.items()):
        warnings.append(
            f"Outside of the body that the image shows is drawn {outside}, so it was not carried from "
            "there. Check that it is drawn in the right place."
        )
    if gaps := with_slices((_name(names, value), _gaps(own)) for value, own in carried.items()):
        warnings.append(
            f"Drawn on either side of a key slice, but not in it, is {gaps}: there it ends and begins "
            "again. If one was only not drawn there, carry it by itself, from the slices in which it was."
        )
    contradictions: dict[tuple[int, int], list[str]] = {}
    for value, own in carried.items():
        for low, high, miss in zip(own.misses.keys, own.misses.keys[1:], own.misses.carried_mm, strict=False):
            if miss is not None and miss > _CONTRADICTION_MM and (high - low) * grid.slice_mm <= _FAR_MM:
                contradictions.setdefault((low, high), []).append(f"{_name(names, value)} ({miss:.0f} mm)")
    for (low, high), texts in sorted(contradictions.items()):
        between = ", or draw a slice between them" if high > low + 1 else ""
        warnings.append(
            f"The key slices {low} and {high} do not fit one another: carried from one to the other, borders are off "
            f"in {', '.join(texts)}. Look at both{between}."
        )
    first, last = min(map(min, key_slices.values())), max(map(max, key_slices.values()))
    if first == last and len(image_shows) > 1:
        warnings.append(f"Slice {first} is the only key slice: the further from it, the less sure the labels are.")
    return tuple(warnings)


def _gaps(label: CarriedLabel) -> list[int]:
    """Key slices that lack a label which others on either side show."""
    keys, shown = label.misses.keys, label.misses.shown
    lacking = [n for n, key in enumerate(keys) if not shown[n] and key not in label.outside]
    return [keys[n] for n in lacking if any(shown[:n]) and any(shown[n:])]


def _name(names: Mapping[int, str], value: int) -> str:
    return names.get(value, f"label {value}")
