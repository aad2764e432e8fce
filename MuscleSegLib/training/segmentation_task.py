"""Training a network to segment a limb."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from MuscleSegLib.segmentation.normalisation import normalise
from MuscleSegLib.simulation.simulator import IGNORE
from MuscleSegLib.training.losses import DiceCrossEntropy
from MuscleSegLib.training.trainer import Task

NORMALISATION = "foreground-mean"


@torch.inference_mode()
def channel_dice(network: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> Tensor:
    """(C,) Dice of each channel over all pixels of all ``batches``, NaN where the truth does not have it."""
    shared: Tensor | int = 0
    found_sizes: Tensor | int = 0
    true_sizes: Tensor | int = 0
    for images, targets in batches:
        logits = network(normalise(images, NORMALISATION).to(memory_format=torch.channels_last))
        channels = logits.shape[1]
        known = targets != IGNORE
        found, truth = logits.argmax(1)[known], targets[known]
        shared = shared + torch.bincount(truth[found == truth], minlength=channels)
        found_sizes = found_sizes + torch.bincount(found, minlength=channels)
        true_sizes = true_sizes + torch.bincount(truth, minlength=channels)
    true_sizes = torch.as_tensor(true_sizes)
    dice = 2 * torch.as_tensor(shared) / (true_sizes + found_sizes)
    return dice.where(true_sizes > 0, torch.nan)


def segmentation_task() -> Task:
    """Dice and cross-entropy; the score is the mean Dice of the channels other than background."""
    return Task(
        prepare=lambda images: normalise(images, NORMALISATION),
        loss=DiceCrossEntropy(IGNORE),
        score=lambda network, batches: float(channel_dice(network, batches)[1:].nanmean()),
    )
