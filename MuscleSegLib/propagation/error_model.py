"""How far the border of a carried label may be off: what is learnt from the key slices themselves.

Carrying one key slice to the next and comparing tells how fast carrying goes wrong between them. Comparing what a
network found in the key slices tells how wrong it is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.propagation.shapes import Shape

#: Error of the border per distance carried (mm per mm) before anything is known of the scan: typical of thighs.
_USUAL_RATE = 0.06
#: Error of a network's border (mm) before anything is known of it.
_USUAL_NETWORK_MM = 1.5
#: No source is trusted more than this (mm): a person's own repeatability.
_LEAST_MM = 0.1


@dataclass(frozen=True)
class Misses:
    """What key slices tell about the errors of a label.

    Attributes:
        keys: The key slices, ascending.
        carried_mm: (keys - 1,) how far off each key slice carried to the next ends up; None where one lacks the label.
        network_mm: For each key slice that shows the label: how far off the network is. Empty without a network.
    """

    keys: tuple[int, ...]
    carried_mm: tuple[float | None, ...]
    network_mm: tuple[float, ...]

    def rates(self, position_mm: NDArray[np.float64]) -> list[float | None]:
        """(keys - 1,) error per distance carried, mm per mm."""
        steps = np.diff(position_mm[list(self.keys)])
        return [None if miss is None else float(miss / step) for miss, step in zip(self.carried_mm, steps, strict=True)]


@dataclass(frozen=True)
class Usual:
    """What all labels of a scan tell about the errors of any of them.

    Attributes:
        rate: Error of the border per distance carried, mm per mm.
        network_mm: Error of the network's border, mm.
    """

    rate: float
    network_mm: float

    @classmethod
    def of(cls, misses: Collection[Misses], position_mm: NDArray[np.float64]) -> Usual:
        """The means over labels and key slices; what is typical of any scan counts as one of them."""
        rates = [rate for own in misses for rate in own.rates(position_mm) if rate is not None]
        network = [miss for own in misses for miss in own.network_mm]
        return cls(float(np.mean([*rates, _USUAL_RATE])), float(np.mean([*network, _USUAL_NETWORK_MM])))


@dataclass(frozen=True)
class ErrorModel:
    """The errors of one label.

    Attributes:
        position_mm: (slices,) along the limb; steps over which registration is doubtful count as longer.
        keys: The label's key slices, ascending.
        rates: (keys + 1,) error per distance (mm per mm) below the first key, between keys, above the last.
        network_mm: Error of the network's border; None without a network.
    """

    position_mm: NDArray[np.float64]
    keys: tuple[int, ...]
    rates: tuple[float, ...]
    network_mm: float | None

    @classmethod
    def learnt(cls, misses: Misses, usual: Usual, position_mm: NDArray[np.float64], *, network: bool) -> ErrorModel:
        """From what the label's own key slices tell; what is usual in the scan counts as one key slice more."""
        found = misses.rates(position_mm)
        own = float(np.mean([*(rate for rate in found if rate is not None), usual.rate]))
        between = [own if rate is None else (rate + own) / 2 for rate in found]
        network_mm = float(np.mean([*misses.network_mm, usual.network_mm])) if network else None
        return cls(position_mm, misses.keys, (own, *between, own), network_mm)

    def carried_mm(self, key: int, n: int) -> float:
        """The error in slice ``n`` of what is carried from ``key``."""
        gap = int(np.searchsorted(self.keys, n))
        return _LEAST_MM + self.rates[gap] * abs(float(self.position_mm[key] - self.position_mm[n]))

    def with_key(self, more: int) -> NDArray[np.float64]:
        """(slices,) the error (mm) of the blended border if ``more`` were a key slice too (it may be one)."""
        keys = np.array(sorted({*self.keys, more}))
        n = np.arange(len(self.position_mm))
        rate = np.array(self.rates)[np.searchsorted(self.keys, n)]
        after = np.searchsorted(keys, n)
        weight = np.full(len(n), 0.0 if self.network_mm is None else self.network_mm**-2)
        for side, there in ((after - 1, after > 0), (after, after < len(keys))):
            key = keys[side.clip(0, len(keys) - 1)]
            error = _LEAST_MM + rate * np.abs(self.position_mm[key] - self.position_mm[n])
            weight = weight + np.where(there, error**-2, 0)
        return np.where(np.isin(n, keys), 0.0, weight**-0.5)


def miss_mm(found: Shape | None, drawn: Shape, pixel_mm: float) -> float:
    """How far the border of a shape is from a drawn one, root mean square: the larger of the two ways to measure it.

    Args:
        found, drawn: On one working grid.
        pixel_mm: The larger spacing of that grid: along a border some pixel is always nearer than it.
    """
    if found is None or found.radius_mm == 0:
        return max(drawn.radius_mm, _LEAST_MM)
    one, other = found.on(drawn.box), drawn.distance_mm
    borders = [border for shape in (one, other) if bool((border := shape.abs() < pixel_mm).any())]
    return max([_LEAST_MM, *(float((one - other)[border].square().mean().sqrt()) for border in borders)])
