"""U-Net 2D, as Hostin 2023 used it (24/48/96/192 channels).

Ronneberger O, Fischer P, Brox T. U-Net: convolutional networks for biomedical image segmentation.
MICCAI 2015. Hostin MA et al. Quantitative MRI of individual thigh and leg muscles. JMRI 58:1826 (2023).
Batch normalisation after each convolution is ours: it trains in a tenth of the steps.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from MuscleSegLib.networks.blocks import ConvUnit


class DoubleConv(nn.Sequential):
    """Two 3 x 3 convolutions."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(ConvUnit(inputs, outputs), ConvUnit(outputs, outputs))


class UNet2D(nn.Module):
    """Encoder and decoder of equal depth, joined by concatenation.

    Args:
        outputs: number of classes, the background included.
        channels: width of each level, from full resolution downwards.

    Shape:
        (N, 1, H, W) float to (N, outputs, H, W) logits; H and W are multiples of 2 ** (levels - 1).
    """

    def __init__(self, outputs: int, channels: Sequence[int] = (24, 48, 96, 192)) -> None:
        super().__init__()
        self.encoder = nn.ModuleList(DoubleConv(a, b) for a, b in zip((1, *channels[:-1]), channels, strict=True))
        pairs = list(pairwise(channels))
        self.up = nn.ModuleList(nn.ConvTranspose2d(deep, wide, 2, stride=2) for wide, deep in reversed(pairs))
        self.decoder = nn.ModuleList(DoubleConv(2 * wide, wide) for wide, _ in reversed(pairs))
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Conv2d(channels[0], outputs, 1)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102 - described by its class
        skips = []
        for level, block in enumerate(self.encoder):
            x = block(x if level == 0 else self.pool(x))
            skips.append(x)
        skips.pop()
        for up, block in zip(self.up, self.decoder, strict=True):
            x = block(torch.cat((skips.pop(), up(x)), dim=1))
        return self.head(x)
