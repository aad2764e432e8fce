"""Training the classifier that tells thigh from leg from something else (Agosti 2021)."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from MuscleSegLib.segmentation.normalisation import normalise
from MuscleSegLib.training.segmentation_task import NORMALISATION
from MuscleSegLib.training.trainer import Task


@torch.inference_mode()
def accuracy(network: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Share of right answers, each class counting the same."""
    right: list[Tensor] = []
    truth: list[Tensor] = []
    for images, targets in batches:
        right.append(network(normalise(images, NORMALISATION)).argmax(1) == targets)
        truth.append(targets)
    correct, classes = torch.cat(right).float(), torch.cat(truth)
    return float(torch.stack([correct[classes == k].mean() for k in classes.unique()]).mean())


def classification_task() -> Task:
    """Cross-entropy; the score is the mean accuracy of the classes."""
    return Task(lambda images: normalise(images, NORMALISATION), F.cross_entropy, accuracy)
