"""Registration of many pairs of slices at once: symmetric log-domain demons.

Vercauteren T, Pennec X, Perchant A, Ayache N. Symmetric log-domain diffeomorphic registration: a demons-based approach.
MICCAI 2008. What is found is a velocity, so the motion is smooth, invertible, and its inverse costs nothing.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from MuscleSegLib.propagation.diffeomorphisms import exponential, smooth, warp

#: Reductions of the image, and iterations at each.
_LEVELS = ((8, 10), (4, 10), (2, 6), (1, 3))
#: The velocity is smoothed by this much (pixels of the level) after each iteration.
_SIGMA = 1.2
#: Length of a step in demons' forces.
_STEP = 4.0
#: Slopes and differences below the root of this (grey values a pixel, of images from 0 to about 1) move little: noise
#: and texture have such. As the length of a step, from simulated thighs and legs.
_FLAT = 3e-2


def register_slices(fixed: Tensor, moving: Tensor, iterated: Callable[[float], None]) -> Tensor:
    """Find how each slice moves into another: the other way round, the velocities are the same with their signs turned.

    Args:
        fixed, moving: (N, 1, rows, columns), grey values from 0 to about 1.
        iterated: Called with the part of the work that is done; what it raises stops it.

    Returns:
        (N, 2, rows, columns) velocities: ``warp(moving, exponential(velocity))`` looks like ``fixed``.
    """
    rows, columns = fixed.shape[-2:]
    coarsest, _ = _LEVELS[0]
    whole = (0, -columns % coarsest, 0, -rows % coarsest)
    fixed, moving = (F.pad(image, whole, mode="replicate") for image in (fixed, moving))
    velocity = torch.zeros(len(fixed), 2, 1, 1)
    scale = 1
    cost = [count / reduction**2 for reduction, count in _LEVELS]
    for level, (reduction, count) in enumerate(_LEVELS):
        target, source = (F.avg_pool2d(image, reduction) for image in (fixed, moving))
        velocity = F.interpolate(velocity, target.shape[-2:], mode="bilinear") * (scale / reduction)
        scale = reduction
        slopes = _slope(target), _slope(source)
        for iteration in range(count):
            iterated((sum(cost[:level]) + cost[level] * iteration / count) / sum(cost))
            there = _force(target, slopes[0], warp(source, exponential(velocity)))
            back = _force(source, slopes[1], warp(target, exponential(-velocity)))
            velocity = smooth(velocity + _STEP * (there - back) / 2, _SIGMA)
    return velocity[..., :rows, :columns].contiguous()


def _force(target: Tensor, slope: Tensor, moved: Tensor) -> Tensor:
    """(N, 2, rows, columns) what draws ``moved`` towards ``target``, whose slope is ``slope``."""
    difference = target - moved
    gradient = (slope + _slope(moved)) / 2
    return difference * gradient / ((gradient**2).sum(1, keepdim=True) + difference**2 + _FLAT)


def _slope(images: Tensor) -> Tensor:
    """(N, 2, rows, columns) derivatives of (N, 1, rows, columns) along rows and columns, per pixel."""
    return torch.cat(torch.gradient(images, dim=(2, 3)), 1)
