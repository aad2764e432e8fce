"""One label after the other, carried from its key slices to the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from MuscleSegLib.propagation.blending import Estimate, between, blend
from MuscleSegLib.propagation.corrections import corrected, correction_of
from MuscleSegLib.propagation.error_model import ErrorModel, Misses, Usual, miss_mm
from MuscleSegLib.propagation.key_distances import SlicePositions
from MuscleSegLib.propagation.shapes import Distances, Shape, shapes_of
from MuscleSegLib.propagation.systematic_error import SystematicError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from MuscleSegLib.propagation.key_slices import KeySlices
    from MuscleSegLib.propagation.motion import SliceMotion


AnyDistances = TypeVar("AnyDistances", bound=Distances)

#: A network that finds a muscle ends it within this distance (mm) of where it ends.
_ENDS_WITHIN_MM = 30.0


@dataclass(frozen=True)
class CarriedLabel:
    """A label in the slices between and beyond its key slices.

    Attributes:
        blends: For each slice that is no key slice and where any source has the label: what the sources say together.
        errors: How far off they may be.
        misses: What the key slices told about that.
        outside: Key slices that show the label only outside of the working grid, from where it cannot be carried.
    """

    blends: dict[int, Estimate]
    errors: ErrorModel
    misses: Misses
    outside: tuple[int, ...]


@dataclass(frozen=True)
class _Side:
    """A key slice beside another slice.

    Attributes:
        key: The key slice.
        above: 1 when it is above, 0 below.
        path: Displacement from the slice to the key slice.
        reach: The largest displacement, pixels.
    """

    key: int
    above: int
    path: Tensor
    reach: int


class Carrier:
    """Carries the labels of one volume.

    Args:
        motion: Of the anatomy from slice to slice.
        slice_mm: Distance between slices.
        drawn: (slices, rows, columns) label map that is true in key slices.
        key_slices: The labels to carry, and from where.
        network: What a network found; None without one.
    """

    def __init__(
        self,
        motion: SliceMotion,
        slice_mm: float,
        drawn: NDArray[Any],
        key_slices: KeySlices,
        network: NDArray[Any] | None,
    ) -> None:
        self._motion = motion
        self._pixel_mm = max(motion.grid.coarse_mm)
        self._positions = SlicePositions(motion.positions_mm(slice_mm))
        self._slice_mm = slice_mm
        self._all = tuple(range(len(drawn)))
        self._labels = drawn
        self._keys = {value: tuple(sorted(slices)) for value, slices in key_slices.items()}
        self._drawn = cache(partial(self._shapes, drawn))
        self._found: Callable[[int], Mapping[int, Shape | None]] | None = None
        if network is not None:
            found = cache(partial(self._shapes, network, slices=self._all))
            self._found = cache(partial(self._made_good, found, self._error_everywhere(found)))
        self._path = cache(self._path_from)
        self._sides = cache(self._sides_of)

    def carry_all(self) -> Iterator[tuple[int, CarriedLabel]]:
        """Carry labels from their key slices to all other slices.

        Yields:
            Each label's value and where it is.
        """
        misses = {value: self._misses(value, keys) for value, keys in self._keys.items()}
        usual = Usual.of(misses.values(), self._positions)
        for value, own in misses.items():
            yield value, self._carry(value, own, usual)

    def _misses(self, value: int, keys: tuple[int, ...]) -> Misses:
        """What the key slices of a label tell about errors."""
        drawn = self._drawn(value, keys)
        carried = [self._mean_miss_mm(*pair) for pair in pairwise(drawn.items())]
        shown = tuple(shape is not None for shape in drawn.values())
        missed = self._missed(value, [key for key, shape in drawn.items() if shape is not None])
        network = [
            miss_mm(self._found(value)[key], shape, self._pixel_mm)
            for key, shape in drawn.items()
            if self._found is not None and shape is not None and key not in missed
        ]
        return Misses(keys, shown, tuple(carried), missed, tuple(network))

    def _missed(self, value: int, keys: Sequence[int]) -> tuple[int, ...]:
        """Those key slices, of some that show a label, near which the network found nothing of it."""
        if self._found is None:
            return ()
        found = np.array([n for n, shape in self._found(value).items() if shape is not None])
        return tuple(key for key in keys if not (np.abs(found - key) * self._slice_mm <= _ENDS_WITHIN_MM).any())

    def _mean_miss_mm(self, low: tuple[int, Shape | None], high: tuple[int, Shape | None]) -> float | None:
        """How far off two shapes in neighbouring key slices end up when each is carried to the other."""
        misses = []
        for (key, shape), (end, drawn) in ((low, high), (high, low)):
            if shape is None or drawn is None:
                return None
            *_, (_, path, reach) = self._path(key, end)
            misses.append(miss_mm(shape.moved(path, reach), drawn, self._pixel_mm))
        return sum(misses) / len(misses)

    def _carry(self, value: int, misses: Misses, usual: Usual) -> CarriedLabel:
        """One label, from all its key slices to all other slices."""
        errors = ErrorModel.learnt(misses, usual, self._positions, self._heard(value, misses))
        beside = self._positions.beside(misses.keys)
        carried_mm, network_share, blended_mm = errors.between(misses.keys)
        drawn = self._drawn(value, misses.keys)
        network = None if self._found is None else self._found(value)
        corrections = {k: None if network is None else correction_of(network[k], own) for k, own in drawn.items()}
        blends: dict[int, Estimate] = {}
        for n, sides in self._sides(misses.keys).items():
            above = [side.above for side in sides]
            shapes = [_moved(drawn[side.key], side) for side in sides]
            there = sum(beside.nearness[k, n] for k, shape in zip(above, shapes, strict=True) if shape is not None)
            label = between(shapes, beside.share[above, n].tolist(), float(there), float(carried_mm[n]))
            if network is not None:
                moved = [_moved(corrections[side.key], side) for side in sides]
                found = corrected(network[n], moved, beside.repeated[above, n].tolist())
                counts = float(network_share[n])
                if label is None:
                    erased = [side.key for side in sides if network[side.key] is not None]
                    counts = self._believed_alone(counts, erased, n)
                label = blend(label, found, counts, float(blended_mm[n]), self._pixel_mm)
            if label is not None:
                blends[n] = label
        outside = tuple(k for k, shape in drawn.items() if shape is None and (self._labels[k] == value).any())
        return CarriedLabel(blends, errors, misses, outside)

    def _heard(self, value: int, misses: Misses) -> NDArray[np.bool_]:
        """(slices,) where the network has a say on a label.

        That it found nothing says nothing beside key slices in which it missed what a person drew.
        """
        if self._found is None:
            return np.zeros(len(self._all), bool)
        heard = np.ones(len(self._all), bool)
        found = self._found(value)
        for n, sides in self._sides(misses.keys).items():
            heard[n] = found[n] is not None or not any(side.key in misses.missed for side in sides)
        return heard

    def _believed_alone(self, share: float, erased: Sequence[int], n: int) -> float:
        """How much a network counts as to a label that no key slice beside shows: half of it is not there at all.

        Args:
            share: How much it counts as to where a label is.
            erased: Those of the key slices beside in which it found the label too, and a person took it away.
            n: The slice.
        """
        if not erased:
            return 1.0  # It agrees with what was drawn.
        if len(erased) > 1:
            return share
        # Taken away on one side: the label ends there, and farther away than it can be wrong about that it is right.
        return max(share, min(1.0, (1 + abs(n - erased[0]) * self._slice_mm / _ENDS_WITHIN_MM) / 2))

    def _shapes(self, labels: NDArray[Any], value: int, slices: Sequence[int]) -> Mapping[int, Shape | None]:
        """The shapes of a label in some slices."""
        return dict(zip(slices, shapes_of(labels[list(slices)] == value, self._motion.grid), strict=True))

    def _error_everywhere(self, found: Callable[[int], Mapping[int, Shape | None]]) -> SystematicError:
        """What the key slices of all labels tell of what a network got wrong everywhere."""
        pairs = (
            (found(value)[key], drawn)
            for value, keys in self._keys.items()
            for key, drawn in self._drawn(value, keys).items()
        )
        return SystematicError.told_by(pairs, self._motion.grid.coarse_mm)

    def _made_good(
        self, found: Callable[[int], Mapping[int, Shape | None]], error: SystematicError, value: int
    ) -> Mapping[int, Shape | None]:
        """The shapes of a label in all slices as a network found them, without its systematic error."""
        return {n: error.made_good(shape, self._motion.grid.coarse_mm) for n, shape in found(value).items()}

    def _sides_of(self, keys: tuple[int, ...]) -> dict[int, list[_Side]]:
        """For each slice that is no key slice: the key slices beside it, and the way there."""
        count = len(self._all)
        sides: dict[int, list[_Side]] = {n: [] for n in self._all if n not in keys}
        ends = (-1, *keys, count)
        for below, key, above in zip(ends, keys, ends[2:], strict=False):
            for end in (below, above):
                for n, path, reach in self._path(key, end):
                    if n != end:
                        sides[n].append(_Side(key, int(key > n), path, reach))
        return sides

    def _path_from(self, key: int, end: int) -> list[tuple[int, Tensor, int]]:
        """Slices from ``key`` to ``end``, the displacement from each to ``key``, and the largest in it, in pixels."""
        beyond = end + (1 if end > key else -1)
        last = min(max(beyond, -1), len(self._all))
        return [(n, path, int(np.ceil(float(path.abs().max())))) for n, path in self._motion.towards(key, last)]


def _moved(distances: AnyDistances | None, side: _Side) -> AnyDistances | None:
    """What a key slice has, in the slice beside it."""
    return None if distances is None else distances.moved(side.path, side.reach)
