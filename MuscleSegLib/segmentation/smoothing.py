"""Probabilities of neighbouring slices of a limb, averaged where the slices are close."""

from collections.abc import Iterable, Iterator, Sequence

import torch

from MuscleSegLib.segmentation.limbs import LimbSlice

#: Slices further apart than this do not look at each other.
_REACH_MM = 7.0


def smooth_along_limb(
    batches: Iterable[tuple[Sequence[LimbSlice], torch.Tensor]], slice_mm: float, sigma_mm: float
) -> Iterator[tuple[Sequence[LimbSlice], torch.Tensor]]:
    """Average the maps of one limb over neighbouring slices with a Gaussian.

    Crops are centred on the limb, so the average follows the limb where it runs obliquely. It holds no more than one
    batch and the slices in reach of it.

    Args:
        batches: Slices of one limb, from inferior to superior, and their maps, float (N, C, size, size).
        slice_mm: Distance between neighbouring slices in mm.
        sigma_mm: Standard deviation of the Gaussian in mm; 0 leaves the maps as they are.

    Yields:
        The same slices and their averaged maps, in the same order, not always in the same batches.
    """
    reach = int(_REACH_MM / slice_mm) if sigma_mm > 0 else 0
    if reach == 0:
        yield from batches
        return
    held: list[LimbSlice] = []
    maps = torch.empty(0)
    done = 0
    for limbs, new in batches:
        maps = torch.cat([maps, new]) if held else new
        held.extend(limbs)
        ready = sum(limb.slice + reach <= held[-1].slice for limb in held)
        if ready > done:
            yield held[done:ready], _average(held, maps, done, ready, reach, slice_mm / sigma_mm)
            done = ready
        if done < len(held):
            spent = sum(limb.slice + reach < held[done].slice for limb in held)
            held, maps, done = held[spent:], maps[spent:], done - spent
    if done < len(held):
        yield held[done:], _average(held, maps, done, len(held), reach, slice_mm / sigma_mm)


def _average(
    held: Sequence[LimbSlice], maps: torch.Tensor, first: int, end: int, reach: int, sigmas: float
) -> torch.Tensor:
    """Averages for ``held[first:end]``; ``sigmas``: standard deviations between two neighbouring slices."""
    slices = torch.tensor([limb.slice for limb in held], dtype=maps.dtype, device=maps.device)
    distance = (slices[first:end, None] - slices[None, :]).abs()
    weights = torch.exp(-((distance * sigmas) ** 2) / 2) * (distance <= reach)
    weights /= weights.sum(1, keepdim=True)
    return (weights @ maps.flatten(1)).view(end - first, *maps.shape[1:])
