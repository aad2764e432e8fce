"""The label map that carried shapes are painted on, each pixel given to the label that is deepest there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from MuscleSegLib.propagation.key_slices import KeySlices
    from MuscleSegLib.propagation.working_grid import Box


@dataclass(frozen=True)
class Canvas:
    """A label map in the making.

    Attributes:
        labels: (slices, rows, columns).
        depth_mm: float32, how deep each pixel is in the label that has it; infinite where none may be painted.
    """

    labels: NDArray[Any]
    depth_mm: NDArray[np.float32]

    @classmethod
    def of(cls, before: NDArray[Any], key_slices: KeySlices) -> Canvas:
        """Labels of ``before`` that are not carried, and the others in their key slices; nothing may cover them."""
        labels = np.array(before)
        for n, own in enumerate(labels):
            own[np.isin(own, [value for value, slices in key_slices.items() if n not in slices])] = 0
        return cls(labels, np.where(labels != 0, np.float32(np.inf), np.float32(0)))

    def paint(self, n: int, value: int, box: Box, distance_mm: Tensor) -> None:
        """Give the pixels of ``box`` in slice ``n`` to a label where they are deeper in it than in any before."""
        part = (n, slice(box[0], box[1]), slice(box[2], box[3]))
        distance = distance_mm.numpy()
        deeper = distance > self.depth_mm[part]
        self.labels[part][deeper] = value
        self.depth_mm[part][deeper] = distance[deeper]
