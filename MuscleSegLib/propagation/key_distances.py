"""How far each slice is from the key slices beside it, and what follows for what is carried from there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The error of a border grows with this power of the distance that it is carried: what goes wrong in one step is partly
#: repeated in the next. From simulated thighs and legs.
GROWTH = 0.75
#: Correlation of a network's errors, but for the systematic one, at the same place in two slices: of slices side by
#: side, and the distance (mm) over which it falls to 1 / e of that. Both from simulated thighs.
_ALIKE, _ALIKE_MM = 0.7, 30.0


class SlicePositions:
    """Where the slices of a volume lie.

    Args:
        mm: (slices,) along the limb; steps over which registration is doubtful count as longer.
    """

    def __init__(self, mm: NDArray[np.float64]) -> None:
        self.mm = mm
        self._beside: dict[tuple[int, ...], KeyDistances] = {}

    def beside(self, keys: tuple[int, ...]) -> KeyDistances:
        """The distances from key slices, at least one, ascending."""
        if keys not in self._beside:
            n = np.arange(len(self.mm))
            at = np.concatenate([[-np.inf], self.mm[list(keys)], [np.inf]])
            below, above = at[np.searchsorted(keys, n)], at[np.searchsorted(keys, n, side="right") + 1]
            self._beside[keys] = KeyDistances(np.stack([self.mm - below, above - self.mm]))
        return self._beside[keys]


@dataclass(frozen=True)
class KeyDistances:
    """How far slices are from the nearest key slice below and above; key slices themselves from others.

    Attributes:
        mm: (2, slices); infinite where there is none on that side.
    """

    mm: NDArray[np.float64]

    @cached_property
    def nearness(self) -> NDArray[np.float64]:
        """(2, slices) 1 at a key slice, 0 at the other, linear between; 1 for the one where there is no other."""
        beyond = np.isinf(self.mm[::-1])
        with np.errstate(invalid="ignore"):
            between = self.mm[::-1] / self.mm.sum(0)
        return np.where(np.isinf(self.mm), 0.0, np.where(beyond, 1.0, between))

    @cached_property
    def share(self) -> NDArray[np.float64]:
        """(2, slices) how much a key slice counts: by the inverse of its squared error."""
        share = self.nearness ** (2 * GROWTH)
        return share / np.maximum(share.sum(0), 1e-9)

    @cached_property
    def error(self) -> NDArray[np.float64]:
        """(slices,) root mean square error of what is interpolated, when that of what is carried by 1 mm is 1.

        That of a fractional Brownian motion, interpolated linearly.
        """
        one, whole = (np.where(np.isinf(mm), 0.0, mm) ** (2 * GROWTH) for mm in (self.mm, self.mm.sum(0)))
        return np.sqrt((self.nearness * one).sum(0) - self.nearness.prod(0) * whole)

    @cached_property
    def repeated(self) -> NDArray[np.float64]:
        """(2, slices) how much of an error that a network made in a key slice it is expected to make here again.

        The best linear estimate (kriging) for errors whose correlation falls with the distance.
        """
        alike = self._alike
        return (alike - self._between * alike[::-1]) / (1 - self._between**2)

    @cached_property
    def new(self) -> NDArray[np.float64]:
        """(slices,) the part (of the root mean square) of a network's errors that the key slices do not tell."""
        return np.sqrt(1 - (self.repeated * self._alike).sum(0))

    @cached_property
    def _alike(self) -> NDArray[np.float64]:
        return _ALIKE * np.exp(-self.mm / _ALIKE_MM)

    @cached_property
    def _between(self) -> NDArray[np.float64]:
        """(slices,) the correlation between the key slices themselves."""
        return _ALIKE * np.exp(-self.mm.sum(0) / _ALIKE_MM)
