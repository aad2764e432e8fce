"""The classifier that tells thigh from leg, slice by slice, before the right network is chosen.

Agosti A et al. Deep learning for automatic segmentation of thigh and leg muscles. Magn Reson Mater Phys 35 (2021).
A third class, "other", is ours: it is what lets a volume of something else be refused.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from MuscleSegLib.networks.blocks import ConvUnit


class RegionClassifier(nn.Sequential):
    """Strided convolutions, global average, one linear layer.

    Shape:
        (N, 1, H, W) float to (N, outputs) logits.
    """

    def __init__(self, outputs: int, channels: Sequence[int] = (16, 32, 64, 96, 128)) -> None:
        convolutions = [ConvUnit(a, b, stride=2) for a, b in zip((1, *channels[:-1]), channels, strict=True)]
        super().__init__(*convolutions, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels[-1], outputs))

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102 - described by its class
        return super().forward(x)
