"""Random numbers for batches in which several slices may belong to one subject."""

import torch
from torch import Tensor
from torch.nn import functional as F


class Draws:
    """Draws that are shared by the slices of a subject.

    Every ``(N, ...)`` tensor this returns holds one value per slice, equal for slices of the same subject.

    Args:
        generator: the source of randomness; its device is the device of all tensors.
        subject: (N,) subject of each slice, numbered from 0.
    """

    def __init__(self, generator: torch.Generator, subject: Tensor) -> None:
        self.generator = generator
        self.device = generator.device
        self.subject = subject.to(self.device)
        self.subjects = int(subject.max()) + 1

    def of_first(self, count: int) -> "Draws":
        """Further draws for the first ``count`` slices."""
        return Draws(self.generator, self.subject[:count])

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """(N, *shape) uniform values."""
        values = torch.rand(self.subjects, *shape, generator=self.generator, device=self.device)
        return (low + (high - low) * values)[self.subject]

    def normal(self, deviation: float, *shape: int) -> Tensor:
        """(N, *shape) normal values of mean 0."""
        values = torch.randn(self.subjects, *shape, generator=self.generator, device=self.device)
        return (deviation * values)[self.subject]

    def chance(self, probability: float, *shape: int) -> Tensor:
        """(N, *shape) true with ``probability``."""
        return self.uniform(0, 1, *shape) < probability

    def choice(self, weights: Tensor) -> Tensor:
        """(N,) indices drawn with ``weights`` (K,)."""
        index = torch.multinomial(weights.to(self.device), self.subjects, replacement=True, generator=self.generator)
        return index[self.subject]

    def field(self, knots: int | tuple[int, int], size: int | tuple[int, int], channels: int = 1) -> Tensor:
        """(N, channels, *size) smooth random field of unit deviation at its ``knots``."""
        height, width = (size, size) if isinstance(size, int) else size
        rows, columns = (knots, knots) if isinstance(knots, int) else knots
        smooth = self.normal(1, channels, rows, columns)
        small = min(4 * max(rows, columns), height)
        if small < height:  # a bicubic surface through few knots, then the cheaper bilinear one through many
            smooth = F.interpolate(smooth, size=(small, small), mode="bicubic", align_corners=True)
        return F.interpolate(smooth, size=(height, width), mode="bilinear", align_corners=True)

    def slice_noise(self, *shape: int) -> Tensor:
        """(N, *shape) normal values that differ from slice to slice."""
        return torch.randn(len(self.subject), *shape, generator=self.generator, device=self.device)
