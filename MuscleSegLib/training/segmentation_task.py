"""Training a network to segment a limb."""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn

from MuscleSegLib.segmentation.normalisation import normalise
from MuscleSegLib.simulation.simulator import IGNORE
from MuscleSegLib.training.losses import DiceCrossEntropy
from MuscleSegLib.training.trainer import Task

NORMALISATION = "foreground-mean"


def _answers(network: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> Iterator[tuple[Tensor, Tensor]]:
    """What a network says of each batch, (N, C, H, W), and the targets."""
    for images, targets in batches:
        yield network(normalise(images, NORMALISATION).to(memory_format=torch.channels_last)), targets


@torch.inference_mode()
def channel_dice(network: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> Tensor:
    """(C,) Dice of each channel over all pixels of all ``batches``, NaN where the truth does not have it."""
    shared: Tensor | int = 0
    found_sizes: Tensor | int = 0
    true_sizes: Tensor | int = 0
    for logits, targets in _answers(network, batches):
        channels = logits.shape[1]
        known = targets != IGNORE
        found, truth = logits.argmax(1)[known], targets[known]
        shared = shared + torch.bincount(truth[found == truth], minlength=channels)
        found_sizes = found_sizes + torch.bincount(found, minlength=channels)
        true_sizes = true_sizes + torch.bincount(truth, minlength=channels)
    true_sizes = torch.as_tensor(true_sizes)
    dice = 2 * torch.as_tensor(shared) / (true_sizes + found_sizes)
    return dice.where(true_sizes > 0, torch.nan)


@torch.inference_mode()
def match_area(network: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> None:
    """Shift the background's logit so that as many pixels of ``batches`` are found to be something as there are.

    What a Dice loss or a mean of two networks' weights does to the borders would otherwise be in every volume.

    Args:
        network: Its ``head`` is changed.
    """
    leads: list[Tensor] = []
    size: Tensor | int = 0
    for logits, targets in _answers(network, batches):
        known = targets != IGNORE
        leads.append((logits[:, 1:].amax(1) - logits[:, 0])[known])
        size = size + (targets[known] > 0).sum()
    lead = torch.cat(leads)
    nothing = lead.numel() - int(size)
    if 0 < nothing < lead.numel():
        network.get_parameter("head.bias")[0] += lead.kthvalue(nothing).values


def segmentation_task() -> Task:
    """Dice and cross-entropy; the score is the mean Dice of the channels other than background."""
    return Task(
        prepare=lambda images: normalise(images, NORMALISATION),
        loss=DiceCrossEntropy(IGNORE),
        score=lambda network, batches: float(channel_dice(network, batches)[1:].nanmean()),
        calibrate=match_area,
    )
