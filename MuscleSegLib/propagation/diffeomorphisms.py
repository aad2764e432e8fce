"""Smooth invertible motions of the plane, as the flow of a velocity that does not change in time.

Displacements and velocities are float tensors (N, 2, rows, columns), in pixels, the row's component first. A
displacement ``u`` takes the pixel ``x`` of one slice to the point ``x + u(x)`` of another.

Arsigny V, Commowick O, Pennec X, Ayache N. A log-Euclidean framework for statistics on diffeomorphisms. MICCAI 2006.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

#: A velocity is halved this often, and the small motion that it then is composed with itself as often.
_SQUARINGS = 3


def warp(values: Tensor, displacement: Tensor, first: tuple[int, int] = (0, 0)) -> Tensor:
    """(N, C, rows, columns) ``values`` where ``displacement`` takes the pixels; linear, the border repeated.

    The displacement may be that of other pixels than the values: ``first`` is where its first row and column lie.
    """
    where = torch.empty(len(displacement), *displacement.shape[2:], 2)
    for axis, start in enumerate(first):
        # From -1 at the first pixel of the values to 1 at the last.
        step = 2 / max(values.shape[2 + axis] - 1, 1)
        count = displacement.shape[2 + axis]
        still = torch.linspace(start * step - 1, (start + count - 1) * step - 1, count)
        still = still[:, None] if axis == 0 else still
        torch.add(still, displacement[:, axis], alpha=step, out=where[..., 1 - axis])
    return F.grid_sample(values, where, mode="bilinear", padding_mode="border", align_corners=True)


def compose(first: Tensor, then: Tensor) -> Tensor:
    """The displacement that goes along ``first`` and from there along ``then``."""
    return warp(then, first).add_(first)


def exponential(velocity: Tensor) -> Tensor:
    """The displacement along a velocity in unit time; that of ``-velocity`` is its inverse."""
    displacement = velocity / 2**_SQUARINGS
    for _ in range(_SQUARINGS):
        displacement = compose(displacement, displacement)
    return displacement


def smooth(values: Tensor, sigma: float) -> Tensor:
    """Gaussian average over the rows and columns of (N, C, rows, columns), ``sigma`` in pixels; the border is repeated.

    Adding shifted images is several times as fast on a CPU as PyTorch's convolution of few channels.
    """
    radius = math.ceil(2.5 * sigma)
    weights = [math.exp(-(step**2) / (2 * sigma**2)) for step in range(-radius, radius + 1)]
    for axis, padding in ((2, (0, 0, radius, radius)), (3, (radius, radius, 0, 0))):
        size = values.shape[axis]
        padded = F.pad(values, padding, mode="replicate")
        values = torch.zeros_like(values)
        for step, weight in enumerate(weights):
            values.add_(padded.narrow(axis, step, size), alpha=weight / sum(weights))
    return values
