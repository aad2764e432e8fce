"""HRNet, the network of Hostin 2023 that left no muscle out.

Wang J, Sun K et al. Deep high-resolution representation learning for visual recognition. IEEE TPAMI 43:3349
(2021). Parallel branches at falling resolution exchange what they know after every stage, so that the finest
one is never rebuilt from a coarser one.

Two things differ from the paper, because limbs are small images (112 x 112) with thin muscles: the stem halves the
image once instead of twice, and the head joins the finest features with full-resolution ones before it decides.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from MuscleSegLib.networks.blocks import ConvUnit


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions around a shortcut (He 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(ConvUnit(channels, channels), ConvUnit(channels, channels, activate=False))

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return F.relu(x + self.body(x), inplace=True)


def _downsampling(source: int, target: int, widths: Sequence[int]) -> nn.Sequential:
    """Stride-2 convolutions from branch ``source`` to the coarser ``target``; only the last changes the width."""
    steps = target - source
    return nn.Sequential(
        *(
            ConvUnit(
                widths[source], widths[target] if k == steps - 1 else widths[source], stride=2, activate=k < steps - 1
            )
            for k in range(steps)
        )
    )


class Fusion(nn.Module):
    """Every branch receives the sum of all branches, brought to its resolution and width."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.paths = nn.ModuleList(
            nn.ModuleList(
                nn.Identity()
                if source == target
                else ConvUnit(widths[source], widths[target], kernel=1, activate=False)
                if source > target
                else _downsampling(source, target, widths)
                for source in range(len(widths))
            )
            for target in range(len(widths))
        )

    def forward(self, branches: list[Tensor]) -> list[Tensor]:  # noqa: D102 - described by its class
        fused = []
        for target, paths in zip(branches, self.paths, strict=True):
            terms = [path(branch) for path, branch in zip(paths.children(), branches, strict=True)]
            terms = [
                F.interpolate(term, size=target.shape[-2:], mode="nearest")
                if term.shape[-1] < target.shape[-1]
                else term
                for term in terms
            ]
            fused.append(F.relu(sum(terms[1:], start=terms[0])))
        return fused


class HRNet(nn.Module):
    """High-resolution network for one limb.

    Args:
        outputs: number of classes, the background included.
        widths: channels of each branch, from half resolution downwards.
        blocks: basic blocks of a branch in a stage.
        stem: channels of the full-resolution features that the head sees again.

    Attributes:
        joined: of a weight whose input is several joined in one, by its name, how many channels each of them has.

    Shape:
        (N, 1, H, W) float to (N, outputs, H, W) logits; H and W are multiples of 2 ** len(widths).
    """

    def __init__(
        self, outputs: int, widths: Sequence[int] = (16, 32, 64, 128), blocks: int = 2, stem: int = 16
    ) -> None:
        super().__init__()
        self.full = ConvUnit(1, stem)
        self.halve = ConvUnit(stem, widths[0], stride=2)
        self.enter = nn.ModuleList(ConvUnit(a, b, stride=2) for a, b in pairwise(widths))
        self.stages = nn.ModuleList(
            nn.ModuleList(nn.Sequential(*(BasicBlock(width) for _ in range(blocks))) for width in widths[: n + 1])
            for n in range(len(widths))
        )
        self.fusions = nn.ModuleList(Fusion(widths[: n + 1]) for n in range(1, len(widths)))
        self.join = nn.ModuleList(nn.Conv2d(width, 2 * widths[0], 1, bias=False) for width in widths)
        self.join_norm = nn.Sequential(nn.BatchNorm2d(2 * widths[0]), nn.ReLU(inplace=True))
        self.refine = ConvUnit(2 * widths[0] + stem, widths[0])
        self.head = nn.Conv2d(widths[0], outputs, 1)
        self.joined = {"refine.0.weight": (2 * widths[0], stem)}

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102 - described by its class
        full = self.full(x)
        stages = [list(stage.children()) for stage in self.stages]
        branches = [stages[0][0](self.halve(full))]
        for enter, stage, fusion in zip(self.enter, stages[1:], self.fusions, strict=True):
            branches.append(enter(branches[-1]))
            branches = fusion([block(branch) for block, branch in zip(stage, branches, strict=True)])
        # A 1 x 1 convolution commutes with interpolation: reducing the width first is the same and cheaper.
        joined = self.join[0](branches[0])
        for join, branch in zip(list(self.join)[1:], branches[1:], strict=True):
            joined = joined + F.interpolate(join(branch), size=joined.shape[-2:], mode="bilinear", align_corners=False)
        features = F.interpolate(self.join_norm(joined), size=x.shape[-2:], mode="bilinear", align_corners=False)
        return self.head(self.refine(torch.cat((features, full), dim=1)))
