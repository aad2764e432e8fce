"""How far the border of a carried label may be off: what is learnt from the key slices themselves.

Carrying one key slice to the next and comparing tells how fast carrying goes wrong between them. Comparing what a
network found in the key slices tells how wrong it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.propagation.shapes import Shape

#: Error of the border per distance carried (mm per mm) before anything is known of the label: typical of thighs.
USUAL_RATE = 0.06
#: Error of a network's border (mm) before anything is known of the label.
USUAL_NETWORK_MM = 1.5
#: No source is trusted more than this (mm): a person's own repeatability.
_LEAST_MM = 0.3


@dataclass(frozen=True)
class ErrorModel:
    """The errors of one label.

    Attributes:
        position_mm: (slices,) along the limb; steps over which registration is doubtful count as longer.
        keys: The label's key slices, ascending.
        rates: (len(keys) + 1,) error per distance (mm per mm) below the first key, between keys, above the last.
        network_mm: Error of the network's border; None without a network.
    """

    position_mm: NDArray[np.float64]
    keys: tuple[int, ...]
    rates: tuple[float, ...]
    network_mm: float | None

    @classmethod
    def learnt(
        cls,
        position_mm: NDArray[np.float64],
        keys: tuple[int, ...],
        misses_mm: Sequence[float | None],
        network_misses_mm: Sequence[float] | None,
    ) -> ErrorModel:
        """Learn from how far off each key ends up when carried to the next, and the network at the keys with the label.

        Args:
            position_mm: (slices,).
            keys: Ascending.
            misses_mm: (len(keys) - 1,); None where one of the two keys does not show the label.
            network_misses_mm: None without a network.
        """
        steps = np.diff(position_mm[list(keys)])
        seen = [miss / step for miss, step in zip(misses_mm, steps, strict=True) if miss is not None]
        usual = (sum(seen) + USUAL_RATE) / (len(seen) + 1)
        between = [
            usual if miss is None else (miss / step + usual) / 2 for miss, step in zip(misses_mm, steps, strict=True)
        ]
        network_mm = None
        if network_misses_mm is not None:
            network_mm = (sum(network_misses_mm) + USUAL_NETWORK_MM) / (len(network_misses_mm) + 1)
        return cls(position_mm, keys, (usual, *between, usual), network_mm)

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
        weight = np.full(len(n), 0.0 if self.network_mm is None else max(self.network_mm, _LEAST_MM) ** -2)
        for side, there in ((after - 1, after > 0), (after, after < len(keys))):
            key = keys[side.clip(0, len(keys) - 1)]
            error = _LEAST_MM + rate * np.abs(self.position_mm[key] - self.position_mm[n])
            weight = weight + np.where(there, error**-2, 0)
        return np.where(np.isin(n, keys), 0.0, weight**-0.5)


def miss_mm(found: Shape, drawn: Shape) -> float:
    """How far the border of a shape is from a drawn one, on average: the larger of the two ways of measuring it."""
    box = drawn.box
    one, other = found.on(box), drawn.distance_mm
    ways = [
        float(a[b.abs() < 1.0].abs().mean()) if bool((b.abs() < 1.0).any()) else 0.0
        for a, b in ((one, other), (other, one))
    ]
    return max(ways) if bool((one > 0).any()) else drawn.radius_mm
