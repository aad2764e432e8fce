"""One label after the other, carried from its key slices to the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from MuscleSegLib.propagation.blending import Blend, Estimate, blend
from MuscleSegLib.propagation.error_model import ErrorModel, Misses, Usual, miss_mm
from MuscleSegLib.propagation.shapes import Shape, shape_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from MuscleSegLib.propagation.key_slices import KeySlices
    from MuscleSegLib.propagation.motion import SliceMotion


@dataclass(frozen=True)
class CarriedLabel:
    """A label in the slices between and beyond its key slices.

    Attributes:
        blends: For each slice that is no key slice and where any source has the label: what the sources say together.
        errors: How far off they may be.
        misses: What the key slices told about that.
    """

    blends: dict[int, Blend]
    errors: ErrorModel
    misses: Misses


class Carrier:
    """Carries the labels of one volume.

    Args:
        motion: Of the anatomy from slice to slice.
        slice_mm: Distance between slices.
        drawn: (slices, rows, columns) label map that is true in key slices.
        network: What a network found; None without one.
    """

    def __init__(self, motion: SliceMotion, slice_mm: float, drawn: NDArray[Any], network: NDArray[Any] | None) -> None:
        self._motion = motion
        self._position_mm = motion.positions_mm(slice_mm)
        self._drawn = drawn
        self._network = network
        self._drawn_shapes: dict[tuple[int, int], Shape | None] = {}
        self._paths: dict[tuple[int, int], list[tuple[int, Tensor, int]]] = {}

    def carry_all(self, key_slices: KeySlices) -> Iterator[tuple[int, CarriedLabel]]:
        """Carry labels from their key slices to all other slices.

        Yields:
            Each label's value and where it is.
        """
        misses = {value: self._misses(value, tuple(sorted(slices))) for value, slices in key_slices.items()}
        usual = Usual.of(misses.values(), self._position_mm)
        for value, own in misses.items():
            yield value, self._carry(value, own, usual)

    def _misses(self, value: int, keys: tuple[int, ...]) -> Misses:
        """What the key slices of a label tell about errors."""
        shapes = [self._drawn_shape(key, value) for key in keys]
        carried = [self._mean_miss_mm(*pair) for pair in pairwise(zip(keys, shapes, strict=True))]
        network: list[float] = []
        if self._network is not None:
            found = [self._shape(self._network, key, value) for key in keys]
            network = [
                miss_mm(f, shape, self._motion.grid.coarse_mm)
                for f, shape in zip(found, shapes, strict=True)
                if shape is not None
            ]
        return Misses(keys, tuple(carried), tuple(network))

    def _mean_miss_mm(self, low: tuple[int, Shape | None], high: tuple[int, Shape | None]) -> float | None:
        """How far off two shapes in neighbouring key slices end up when each is carried to the other."""
        misses = []
        for (key, shape), (end, drawn) in ((low, high), (high, low)):
            if shape is None or drawn is None:
                return None
            *_, (_, path, reach) = self._path(key, end)
            misses.append(miss_mm(shape.moved(path, reach), drawn, self._motion.grid.coarse_mm))
        return sum(misses) / len(misses)

    def _carry(self, value: int, misses: Misses, usual: Usual) -> CarriedLabel:
        """One label, from all its key slices to all other slices."""
        keys = misses.keys
        errors = ErrorModel.learnt(misses, usual, self._position_mm, network=self._network is not None)
        estimates: dict[int, list[Estimate]] = {n: [] for n in range(len(self._drawn)) if n not in keys}
        ends = (-1, *keys, len(self._drawn))
        for below, key, above in zip(ends, keys, ends[2:], strict=False):
            shape = self._drawn_shape(key, value)
            for end in (below, above):
                for n, path, reach in self._path(key, end):
                    if n != end:
                        moved = None if shape is None else shape.moved(path, reach)
                        estimates[n].append(Estimate(moved, errors.carried_mm(key, n)))
        if self._network is not None and errors.network_mm is not None:
            for n, sources in estimates.items():
                sources.append(Estimate(self._shape(self._network, n, value), errors.network_mm))
        blends = {n: blended for n, sources in estimates.items() if (blended := blend(sources)) is not None}
        return CarriedLabel(blends, errors, misses)

    def _shape(self, labels: NDArray[Any], n: int, value: int) -> Shape | None:
        return shape_of(labels[n] == value, self._motion.grid)

    def _drawn_shape(self, key: int, value: int) -> Shape | None:
        if (key, value) not in self._drawn_shapes:
            self._drawn_shapes[key, value] = self._shape(self._drawn, key, value)
        return self._drawn_shapes[key, value]

    def _path(self, key: int, end: int) -> list[tuple[int, Tensor, int]]:
        """Slices from ``key`` to ``end``, the displacement from each to ``key``, and the largest in it, in pixels."""
        if (key, end) not in self._paths:
            beyond = end + (1 if end > key else -1)
            last = min(max(beyond, -1), len(self._drawn))
            self._paths[key, end] = [
                (n, path, int(np.ceil(float(path.abs().max())))) for n, path in self._motion.towards(key, last)
            ]
        return self._paths[key, end]
