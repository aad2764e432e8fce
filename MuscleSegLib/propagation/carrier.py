"""One label after the other, carried from its key slices to the others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from MuscleSegLib.propagation.blending import Blend, Estimate, blend
from MuscleSegLib.propagation.error_model import ErrorModel, miss_mm
from MuscleSegLib.propagation.shapes import Shape, shape_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from MuscleSegLib.propagation.motion import SliceMotion


@dataclass(frozen=True)
class CarriedLabel:
    """A label in the slices between and beyond its key slices.

    Attributes:
        blends: For each slice that is no key slice and where any source has the label: what the sources say together.
        errors: How far off they may be.
        misses_mm: (keys - 1,) how far off each key slice carried to the next ends up; None where one lacks the label.
    """

    blends: dict[int, Blend]
    errors: ErrorModel
    misses_mm: tuple[float | None, ...]


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
        self._paths: dict[tuple[int, int], list[tuple[int, Tensor, int]]] = {}

    def carry(self, value: int, keys: tuple[int, ...]) -> CarriedLabel:
        """Carry a label from its key slices, ascending, to all others."""
        shapes = {key: self._shape(self._drawn, key, value) for key in keys}
        carried: dict[int, list[tuple[int, Shape | None]]] = {}
        ends = (-1, *keys, len(self._drawn))
        for below, key, above in zip(ends, keys, ends[2:], strict=False):
            for end in (below, above):
                for n, moved in self._carried(shapes[key], key, end):
                    carried.setdefault(n, []).append((key, moved))
        misses = [
            _mean_miss_mm((dict(carried[high])[low], shapes[high]), (dict(carried[low])[high], shapes[low]))
            for low, high in pairwise(keys)
        ]
        network = self._network_shapes(value)
        network_misses = None
        if network is not None:
            network_misses = [
                miss_mm(found, drawn) if (found := network.get(key)) else drawn.radius_mm
                for key, drawn in shapes.items()
                if drawn is not None
            ]
        errors = ErrorModel.learnt(self._position_mm, keys, misses, network_misses)
        blends = {}
        for n in range(len(self._drawn)):
            if n in shapes:
                continue
            estimates = [Estimate(shape, errors.carried_mm(key, n)) for key, shape in carried.get(n, [])]
            if network is not None and errors.network_mm is not None:
                estimates.append(Estimate(network.get(n), errors.network_mm))
            blended = blend(estimates)
            if blended is not None:
                blends[n] = blended
        return CarriedLabel(blends, errors, tuple(misses))

    def _shape(self, labels: NDArray[Any], n: int, value: int) -> Shape | None:
        return shape_of(labels[n] == value, self._motion.grid)

    def _network_shapes(self, value: int) -> dict[int, Shape] | None:
        if self._network is None:
            return None
        shapes = ((n, self._shape(self._network, n, value)) for n in range(len(self._network)))
        return {n: shape for n, shape in shapes if shape is not None}

    def _carried(self, shape: Shape | None, key: int, end: int) -> list[tuple[int, Shape | None]]:
        """The shape in the slices beside ``key``, up to ``end`` if that is in the volume."""
        return [(n, shape and shape.moved(path, reach)) for n, path, reach in self._path(key, end)]

    def _path(self, key: int, end: int) -> list[tuple[int, Tensor, int]]:
        """Slices from ``key`` to ``end``, the displacement from each to ``key``, and the largest in it, in pixels."""
        if (key, end) not in self._paths:
            beyond = end + (1 if end > key else -1)
            last = min(max(beyond, -1), len(self._drawn))
            self._paths[key, end] = [
                (n, path, int(np.ceil(float(path.abs().max())))) for n, path in self._motion.towards(key, last)
            ]
        return self._paths[key, end]


def _mean_miss_mm(*carried_and_drawn: tuple[Shape | None, Shape | None]) -> float | None:
    """How far off carried shapes are from drawn ones; None where one is missing."""
    misses = [
        miss_mm(carried, drawn) for carried, drawn in carried_and_drawn if carried is not None and drawn is not None
    ]
    return sum(misses) / len(misses) if len(misses) == len(carried_and_drawn) else None
