"""The classifier that tells thigh from leg, slice by slice, before the right network is chosen.

Agosti A et al. Deep learning for automatic segmentation of thigh and leg muscles. Magn Reson Mater Phys 35 (2021).
A third class, "other", is ours: it is what lets a volume of something else be refused.
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from MuscleSegLib.networks.blocks import ConvUnit


class RegionClassifier(nn.Sequential):
    """Pairs of convolutions, each pair at half the resolution of the last, then one linear layer on a 4 x 4 grid.

    The grid keeps where things lie: one bone in the middle is a thigh's, two in front are a leg's.

    Shape:
        (N, 1, H, W) float to (N, outputs) logits.
    """

    def __init__(self, outputs: int, channels: Sequence[int] = (16, 32, 64, 96)) -> None:
        grid = 4
        convolutions = [
            unit for a, b in pairwise((1, *channels)) for unit in (ConvUnit(a, b, stride=2), ConvUnit(b, b))
        ]
        head = (nn.AdaptiveAvgPool2d(grid), nn.Flatten(), nn.Linear(channels[-1] * grid**2, outputs))
        super().__init__(*convolutions, *head)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102 - described by its class
        return super().forward(x)
