"""What the networks are trained to make small."""

import torch
from monai.losses import DiceLoss
from torch import Tensor, nn
from torch.nn import functional as F


class DiceCrossEntropy(nn.Module):
    """Soft Dice of the muscles over the whole batch (Hostin 2023) plus cross-entropy, pixels of ``ignored`` left out.

    The Dice is taken over the batch, not slice by slice: a slice holds only some of the muscles.

    Shape:
        logits (N, C, H, W); targets (N, H, W) long, channel or ``ignored``; the loss is a scalar.
    """

    def __init__(self, ignored: int) -> None:
        super().__init__()
        self.ignored = ignored
        self.dice = DiceLoss(include_background=False, batch=True, smooth_nr=1.0, smooth_dr=1.0)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:  # noqa: D102 - described by its class
        cross_entropy = F.cross_entropy(logits, targets, ignore_index=self.ignored)
        known = (targets != self.ignored)[:, None]
        channels = torch.arange(logits.shape[1], device=logits.device)[:, None, None]
        truth = (targets[:, None] == channels).to(logits.dtype)
        return cross_entropy + self.dice(logits.softmax(1) * known, truth)
