"""How far the border of a carried label may be off: what is learnt from the key slices themselves.

Carrying one key slice to the next and comparing tells how fast carrying goes wrong between them. Comparing what a
network found in the key slices tells how wrong it is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from MuscleSegLib.propagation.key_distances import GROWTH, SlicePositions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.propagation.shapes import Shape

#: Error of the border (mm) carried by 1 mm before anything is known of the scan: typical of thighs.
_USUAL_RATE = 0.17
#: Error of a network's border (mm) before anything is known of it.
USUAL_NETWORK_MM = 1.5
#: No source is trusted more than this (mm): a person's own repeatability.
_LEAST_MM = 0.1


@dataclass(frozen=True)
class Misses:
    """What key slices tell about the errors of a label.

    Attributes:
        keys: The key slices, ascending.
        shown: (keys,) whether each of them shows the label.
        carried_mm: (keys - 1,) how far off each key slice carried to the next ends up; None where one lacks the label.
        missed: Key slices that show the label, and near which a network found nothing of it.
        network_mm: For each other key slice that shows the label: how far off the network is. Empty without a network.
    """

    keys: tuple[int, ...]
    shown: tuple[bool, ...]
    carried_mm: tuple[float | None, ...]
    missed: tuple[int, ...]
    network_mm: tuple[float, ...]

    def rates(self, positions: SlicePositions) -> list[float | None]:
        """(keys - 1,) error (mm) carried by 1 mm."""
        steps = np.diff(positions.mm[list(self.keys)]) ** GROWTH
        return [None if miss is None else float(miss / step) for miss, step in zip(self.carried_mm, steps, strict=True)]


@dataclass(frozen=True)
class Usual:
    """What all labels of a scan tell about the errors of any of them.

    Attributes:
        rate: Error of the border (mm) carried by 1 mm.
        network_mm: Error of the network's border, mm.
    """

    rate: float
    network_mm: float

    @classmethod
    def of(cls, misses: Collection[Misses], positions: SlicePositions) -> Usual:
        """Over labels and key slices; what is typical of any scan counts as one of them.

        The mean rate, because carrying slips anywhere. The median of the network, because where it is far off, at the
        end of a muscle or of the field of view, says little of the slices between.
        """
        rates = [rate for own in misses for rate in own.rates(positions) if rate is not None]
        network = [miss for own in misses for miss in own.network_mm]
        return cls(float(np.mean([*rates, _USUAL_RATE])), float(np.median([*network, USUAL_NETWORK_MM])))


@dataclass(frozen=True)
class ErrorModel:
    """The errors of one label.

    Attributes:
        positions: Of the slices.
        keys: The label's key slices, ascending.
        rates: (keys + 1,) error (mm) carried by 1 mm: below the first key, between keys, above the last.
        heard: (slices,) whether a network has a say: nowhere without one.
        network_mm: Error of the network's border.
    """

    positions: SlicePositions
    keys: tuple[int, ...]
    rates: tuple[float, ...]
    heard: NDArray[np.bool_]
    network_mm: float

    @classmethod
    def learnt(cls, misses: Misses, usual: Usual, positions: SlicePositions, heard: NDArray[np.bool_]) -> ErrorModel:
        """From what the label's own key slices tell; what is usual in the scan counts as one key slice more."""
        found = misses.rates(positions)
        own = float(np.mean([*(rate for rate in found if rate is not None), usual.rate]))
        between = [own if rate is None else (rate + own) / 2 for rate in found]
        # Key slices that lie close together and agree say little of what lies far beyond them.
        mm = positions.mm[[0, misses.keys[0], misses.keys[-1], -1]]
        known, usual_rate = mm[2] - mm[1] + _LEAST_MM, max(own, _USUAL_RATE)
        below, above = (own + (usual_rate - own) * far / (far + known) for far in (mm[1] - mm[0], mm[3] - mm[2]))
        network_mm = float(np.median([*misses.network_mm, usual.network_mm]))
        return cls(positions, misses.keys, (below, *between, above), heard, network_mm)

    def between(self, keys: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """What to expect with these key slices, which may be more than the own.

        What a network found counts when what it did wrong in the key slices is made good. How much follows as the best
        linear estimate if such corrections slip as the labels do that are carried along the same motion: where they
        would, what is carried adds little. What to expect of both together counts corrections as what they mostly
        are, too smooth for a slip to matter.

        Returns:
            For each slice: the error of what is carried (mm), how much a network counts beside it (0 to 1), and the
            error of both together (mm).
        """
        beside = self.positions.beside(keys)
        rate = np.array(self.rates)[np.searchsorted(self.keys, np.arange(len(self.positions.mm)))]
        carried = _LEAST_MM + rate * beside.error
        if not self.heard.any():
            return carried, np.zeros_like(carried), carried
        own = carried * (1 - beside.repeated.sum(0))
        corrected = self.network_mm * beside.new
        share = np.where(self.heard, np.clip(carried * own / (own**2 + corrected**2), 0, 1), 0.0)
        return carried, share, np.hypot((1 - share) * carried, share * corrected)

    def with_key(self, more: int) -> NDArray[np.float64]:
        """(slices,) the error (mm) of the border if ``more`` were a key slice too (it may be one)."""
        keys = tuple(sorted({*self.keys, more}))
        *_, error = self.between(keys)
        error[list(keys)] = 0
        return error


def miss_mm(found: Shape | None, drawn: Shape, pixel_mm: float) -> float:
    """How far the border of a shape is from a drawn one, root mean square along either.

    Args:
        found, drawn: On one working grid.
        pixel_mm: The larger spacing of that grid: along a border some pixel is always nearer than it.
    """
    if found is None or found.radius_mm == 0:
        return max(drawn.radius_mm, _LEAST_MM)
    one, other = found.on(drawn.box), drawn.distance_mm
    borders = [border for shape in (one, other) if bool((border := shape.abs() < pixel_mm).any())]
    squares = [float((one - other)[border].square().mean()) for border in borders]
    return max(_LEAST_MM, (sum(squares) / len(squares)) ** 0.5) if squares else _LEAST_MM
