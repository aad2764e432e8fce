"""Probabilities of neighbouring slices of a limb, averaged where the slices are close."""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import torch

from MuscleSegLib.segmentation.limbs import LimbSlice

#: Slices further apart than this do not look at each other.
_REACH_MM = 7.0


def smooth_along_limb(
    slices: Iterable[tuple[LimbSlice, torch.Tensor]], slice_mm: float, sigma_mm: float
) -> Iterator[tuple[LimbSlice, torch.Tensor]]:
    """Average the maps of one limb over neighbouring slices with a Gaussian.

    Crops are centred on the limb, so the average follows the limb where it runs obliquely. Only the slices in reach of
    one another are held.

    Args:
        slices: Slices of one limb, from inferior to superior, and their maps, float (C, size, size).
        slice_mm: Distance between neighbouring slices in mm.
        sigma_mm: Standard deviation of the Gaussian in mm; 0 leaves the maps as they are.

    Yields:
        The same slices in the same order, and their averaged maps.
    """
    reach = int(_REACH_MM / slice_mm) if sigma_mm > 0 else 0
    if reach == 0:
        yield from slices
        return
    held: deque[tuple[LimbSlice, torch.Tensor]] = deque()
    waiting: deque[LimbSlice] = deque()
    for limb, maps in slices:
        while waiting and waiting[0].slice + reach < limb.slice:
            yield _average(waiting.popleft(), held, reach, slice_mm / sigma_mm)
        while held and held[0][0].slice + reach < (waiting[0] if waiting else limb).slice:
            held.popleft()
        held.append((limb, maps))
        waiting.append(limb)
    for limb in waiting:
        yield _average(limb, held, reach, slice_mm / sigma_mm)


def _average(
    limb: LimbSlice, held: Sequence[tuple[LimbSlice, torch.Tensor]], reach: int, sigmas: float
) -> tuple[LimbSlice, torch.Tensor]:
    """``limb`` and the average at it; ``sigmas``: standard deviations between two neighbouring slices."""
    steps = [(other.slice - limb.slice, maps) for other, maps in held if abs(other.slice - limb.slice) <= reach]
    weights = [math.exp(-((step * sigmas) ** 2) / 2) for step, _ in steps]
    total = sum(weights)
    average = steps[0][1] * (weights[0] / total)
    for weight, (_, maps) in zip(weights[1:], steps[1:], strict=True):
        average.add_(maps, alpha=weight / total)
    return limb, average
