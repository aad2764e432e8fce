import numpy as np
import pytest
import SimpleITK as sitk
import torch
from torch import nn
from torch.nn import functional as F

from MuscleSegLib.simulation.simulator import IGNORE
from MuscleSegLib.training.classification_task import accuracy
from MuscleSegLib.training.losses import DiceCrossEntropy
from MuscleSegLib.training.segmentation_task import channel_dice, segmentation_task

CHANNELS = 4


class Answers(nn.Module):
    """Gives the answers it was given, one for each batch."""

    def __init__(self, *answers: torch.Tensor) -> None:
        super().__init__()
        self._answers = iter(answers)

    def forward(self, _images: torch.Tensor) -> torch.Tensor:
        answer = F.one_hot(next(self._answers), CHANNELS).float()
        return answer.movedim(-1, 1) if answer.ndim == 4 else answer


def draw(seed: int, low: int = 0) -> torch.Tensor:
    return torch.randint(low, CHANNELS, (2, 8, 8), generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def logits():
    return torch.randn(2, CHANNELS, 8, 8, generator=torch.Generator().manual_seed(5))


def test_the_dice_over_all_batches_is_that_of_simpleitk():
    truth, found = [draw(1), draw(2)], [draw(3), draw(4)]
    images = torch.rand(2, 1, 8, 8)
    dice = channel_dice(Answers(*found), [(images, part) for part in truth])
    measures = sitk.LabelOverlapMeasuresImageFilter()
    measures.Execute(*(sitk.GetImageFromArray(torch.cat(part).numpy().astype(np.uint8)) for part in (found, truth)))
    assert dice[1:].tolist() == pytest.approx([measures.GetDiceCoefficient(k) for k in (1, 2, 3)])


def test_pixels_passed_over_do_not_count():
    truth, found = draw(1), draw(1)
    truth[:, :4] = IGNORE
    found[:, :4] = 3
    assert channel_dice(Answers(found), [(torch.rand(2, 1, 8, 8), truth)]).tolist() == [1.0] * CHANNELS


def test_a_channel_that_the_truth_does_not_show_does_not_lower_the_score():
    truth = draw(1).clamp(max=2)
    batch = [(torch.rand(2, 1, 8, 8), truth)]
    assert channel_dice(Answers(truth), batch)[3].isnan()
    assert segmentation_task().score(Answers(truth), batch) == 1.0


def test_the_loss_does_not_see_pixels_passed_over(logits):
    loss, targets = DiceCrossEntropy(IGNORE), draw(1)
    targets[:, :, :3] = IGNORE
    other = logits.clone()
    other[:, :, :, :3] = 30 * torch.randn(2, CHANNELS, 8, 3)
    assert loss(logits, targets).item() == pytest.approx(loss(other, targets).item())
    logits.requires_grad_()
    loss(logits, targets).backward()
    assert (logits.grad[:, :, :, :3] == 0).all() and (logits.grad[:, :, :, 3:] != 0).any()


def test_the_loss_is_small_for_the_right_answer_and_large_for_a_wrong_one(logits):
    loss, targets = DiceCrossEntropy(IGNORE), draw(1)
    right = 20.0 * F.one_hot(targets, CHANNELS).movedim(-1, 1)
    assert loss(right, targets) < 0.05 < loss(logits, targets) < loss(-right, targets)


def test_every_class_counts_the_same_in_the_accuracy():
    truth, found = torch.tensor([0, 0, 0, 1]), torch.tensor([0, 0, 0, 2])
    assert accuracy(Answers(found), [(torch.rand(4, 1, 8, 8), truth)]) == 0.5
