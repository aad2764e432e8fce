"""What several sources, key slices and a network, say about a label in a slice, made into one shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional as F

from MuscleSegLib.propagation.shapes import Shape
from MuscleSegLib.propagation.working_grid import united

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


#: A network is believed as far from where a label is carried to as this many times the error of carrying.
_ERRORS = 4.0


@dataclass(frozen=True)
class Estimate:
    """Where a label is in a slice.

    Attributes:
        shape: Of the label.
        error_mm: How far its border may be off.
        doubt: 0 when it is sure that the label is there, up to 1 when as much speaks for it as against it.
    """

    shape: Shape
    error_mm: float
    doubt: float


def between(shapes: Sequence[Shape | None], shares: Sequence[float], there: float, error_mm: float) -> Estimate | None:
    """What key slices on either side say about a slice between them.

    Args:
        shapes: The label carried to the slice from each; None where it lacks the label.
        shares: How much each counts.
        there: How wide the label is, as a part of what the key slices show: one that one of them lacks tapers towards
            it as a cone does.
        error_mm: Of the result.

    Returns:
        None when the label is not there.
    """
    shape = _average(shapes, shares, there)
    return None if shape is None else Estimate(shape, error_mm, _doubt(there))


def blend(
    carried: Estimate | None, network: Shape | None, share: float, error_mm: float, pixel_mm: float
) -> Estimate | None:
    """What is carried and what a network found, together.

    Where they do not agree on whether the label is there, the one that counts more is right; the nearer they are to a
    draw, the smaller it is. What a network found where it cannot be carried to by any error, on the other side or in
    another muscle's place, does not count; and when that is the most of it, the network is not listened to.

    Args:
        carried: From the key slices; None when they say that the label is not there.
        network: Where the network found the label; None when it did not.
        share: How much the network counts, 0 to 1.
        error_mm: Of the result.
        pixel_mm: Spacing of the working grid.

    Returns:
        None when the label is not there.
    """
    if carried is not None and network is not None:
        network = _pieces_near(network, carried.shape, _ERRORS * carried.error_mm, pixel_mm)
        if network is None:
            return carried
    shapes, shares = (None if carried is None else carried.shape, network), (1 - share, share)
    there = sum(own for shape, own in zip(shapes, shares, strict=True) if shape is not None)
    shape = _average(shapes, shares, max(0.0, 2 * there - 1))
    doubt = carried.doubt * (1 - share) if carried else 0.0
    return None if shape is None else Estimate(shape, error_mm, max(doubt, _doubt(there)))


def _pieces_near(shape: Shape, other: Shape, mm: float, pixel_mm: float) -> Shape | None:
    """A shape without those pieces that are all farther than ``mm`` from another one; None when they are most of it."""
    inside = (shape.distance_mm > 0).numpy()
    kept = inside & (other.outside_mm(shape.box, pixel_mm) < mm)
    count = np.count_nonzero(inside)
    if np.count_nonzero(kept) == count:
        return shape
    kept = _pieces_with(kept, inside)
    if 2 * np.count_nonzero(kept) < count:
        return None
    return shape if np.count_nonzero(kept) == count else shape.only(kept, pixel_mm)


def _pieces_with(part: NDArray[np.bool_], pieces: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Those pieces (rows, columns) of which ``part`` has a pixel; pixels that share a corner are of one."""
    within = torch.from_numpy(pieces.astype(np.float32))[None]
    reached, more = torch.from_numpy(part.astype(np.float32))[None], 1.0
    while more > 0:
        wider = F.max_pool2d(reached, 3, 1, 1) * within
        more = float((wider - reached).sum())
        reached = wider
    return reached[0].numpy() > 0


def _doubt(there: float) -> float:
    return 2 * min(there, 1 - there)


def _average(shapes: Sequence[Shape | None], shares: Sequence[float], width: float) -> Shape | None:
    """The average of the signed distances of those shapes that there are, ``width`` times as wide as they are.

    The average alone is smaller than any of them, the more the less they lie over one another.
    """
    present = [(shape, share) for shape, share in zip(shapes, shares, strict=True) if shape is not None and share > 0]
    if not present or width == 0:
        return None
    if len(present) == 1 and width == 1:
        return present[0][0]
    total = sum(share for _, share in present)
    box = reduce(united, (shape.box for shape, _ in present))
    mean = reduce(torch.add, (shape.on(box) * (share / total) for shape, share in present))
    area = (width * sum(shape.area**0.5 * share / total for shape, share in present)) ** 2
    return Shape(box, mean - _level(mean, area))


def _level(distance_mm: Tensor, area: float) -> float:
    """The value that is exceeded in ``area`` pixels."""
    at = min(max(area - 0.5, 0.0), distance_mm.numel() - 1.001)
    first = int(at)
    part = at - first
    highest = distance_mm.flatten().topk(first + 2).values
    return float(highest[first] * (1 - part) + highest[first + 1] * part)
