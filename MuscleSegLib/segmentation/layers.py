"""Segments that may overlap, as Slicer keeps them in layers, brought into one label map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Place:
    """Where a segment's voxels are: its number in one of the layers."""

    layer: int
    value: int


def merged_values(places: Sequence[Place]) -> list[int]:
    """The number of each segment in a label map of all layers: its own, unless another layer has the same one."""
    taken: set[int] = set()
    free = max(place.value for place in places) + 1
    values = []
    for place in places:
        value = place.value
        if value in taken:
            value, free = free, free + 1
        taken.add(value)
        values.append(value)
    return values


def merge_layers(
    layers: Sequence[NDArray[np.integer]], places: Sequence[Place], values: Sequence[int]
) -> tuple[NDArray[np.integer], list[int]]:
    """One label map of all layers; what belongs to no segment is background.

    Args:
        layers: Label maps of one shape.
        places: The segments; where they overlap, the later one is kept, as in Slicer's export to a label map.
        values: The number of each in the result.

    Returns:
        The label map, and how many voxels each segment lost to those that overlap it.
    """
    counts = [np.bincount(layer.ravel()) for layer in layers]
    longest = max(count.size for count in counts)
    merged = np.zeros(layers[0].shape, np.min_scalar_type(max(values)))
    rank = np.zeros(layers[0].shape, np.uint16)
    for number, layer in enumerate(layers):
        ranks, numbers = np.zeros(longest, np.uint16), np.zeros(longest, merged.dtype)
        for position, (place, value) in enumerate(zip(places, values, strict=True), start=1):
            if place.layer == number and place.value < longest:
                ranks[place.value], numbers[place.value] = position, value
        if len(layers) == 1:
            return numbers[layer], [0] * len(places)
        above = ranks[layer] > rank
        merged[above] = numbers[layer[above]]
        rank[above] = ranks[layer[above]]
    left = np.bincount(merged.ravel(), minlength=max(values) + 1)
    return merged, [
        int(counts[place.layer][place.value]) - int(left[value]) if place.value < counts[place.layer].size else 0
        for place, value in zip(places, values, strict=True)
    ]


def numbers_of_no_segment(layers: Sequence[NDArray[np.integer]], places: Sequence[Place]) -> list[int]:
    """The numbers in the layers that are neither background nor a segment's, ascending."""
    strange: set[int] = set()
    for number, layer in enumerate(layers):
        found = set(np.flatnonzero(np.bincount(layer.ravel())).tolist())
        strange |= found - {place.value for place in places if place.layer == number} - {0}
    return sorted(strange)


def overlap_warnings(titles: Sequence[str], lost: Sequence[int]) -> list[str]:
    """A sentence about each segment, called by its title, that lost voxels to others."""
    return [
        f"The {title} lost {count} voxels to segments that overlap it and stand below it in the list."
        for title, count in zip(titles, lost, strict=True)
        if count
    ]
