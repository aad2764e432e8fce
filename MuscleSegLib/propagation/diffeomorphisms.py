"""Smooth invertible motions of the plane, as the flow of a velocity that does not change in time.

Displacements and velocities are float tensors (N, 2, rows, columns), in pixels, the row's component first. A
displacement ``u`` takes the pixel ``x`` of one slice to the point ``x + u(x)`` of another.

Arsigny V, Commowick O, Pennec X, Ayache N. A log-Euclidean framework for statistics on diffeomorphisms. MICCAI 2006.
"""

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

#: A velocity is halved this often, and the small motion that it then is composed with itself as often.
_SQUARINGS = 3


def warp(values: Tensor, displacement: Tensor) -> Tensor:
    """(N, C, rows, columns) ``values`` where ``displacement`` takes the pixels; linear, the border repeated."""
    rows, columns = displacement.shape[-2:]
    row = torch.arange(rows, dtype=torch.float32)[:, None] + displacement[:, 0]
    column = torch.arange(columns, dtype=torch.float32) + displacement[:, 1]
    where = torch.stack([column * (2 / max(columns - 1, 1)) - 1, row * (2 / max(rows - 1, 1)) - 1], -1)
    return F.grid_sample(values, where, mode="bilinear", padding_mode="border", align_corners=True)


def compose(first: Tensor, then: Tensor) -> Tensor:
    """The displacement that goes along ``first`` and from there along ``then``."""
    return first + warp(then, first)


def exponential(velocity: Tensor) -> Tensor:
    """The displacement along a velocity in unit time; that of ``-velocity`` is its inverse."""
    displacement = velocity / 2**_SQUARINGS
    for _ in range(_SQUARINGS):
        displacement = compose(displacement, displacement)
    return displacement


def smooth(values: Tensor, sigma: float) -> Tensor:
    """Gaussian average over rows and columns, ``sigma`` in pixels; nothing comes in over the border."""
    rows, columns = values.shape[-2:]
    return _gaussian(rows, sigma) @ values @ _gaussian(columns, sigma).T


@cache
def _gaussian(size: int, sigma: float) -> Tensor:
    """(size, size) weights of every pixel for every other along an axis; as matrices they are fast for small images."""
    position = torch.arange(size, dtype=torch.float32)
    weight = torch.exp(-((position[:, None] - position) ** 2) / (2 * sigma**2))
    return weight / weight.sum(1, keepdim=True)
