import numpy as np
import pytest
import SimpleITK as sitk
import torch
from torch import nn
from torch.nn import functional as F

from MuscleSegLib.simulation.simulator import IGNORE
from MuscleSegLib.training.classification_task import accuracy
from MuscleSegLib.training.losses import DiceCrossEntropy
from MuscleSegLib.training.segmentation_task import channel_dice, match_area, segmentation_task

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


class Shifted(nn.Module):
    """Answers with an image's own values for one channel, and with its head's bias."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(1, 2, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(images) + torch.cat([torch.zeros_like(images), images], 1)


@pytest.mark.parametrize("level", [-1.0, 0.2, 1.0])
def test_a_calibrated_network_finds_as_much_as_there_is(level, monkeypatch):
    monkeypatch.setattr("MuscleSegLib.training.segmentation_task.normalise", lambda images, _: images)
    batches = [(torch.randn(2, 1, 32, 32, generator=torch.Generator().manual_seed(k)), None) for k in range(3)]
    batches = [(images, (images[:, 0] > level).long()) for images, _ in batches]
    batches[0][1][:, :8] = IGNORE
    network = Shifted()
    match_area(network, batches)
    for images, targets in batches:
        known = targets != IGNORE
        torch.testing.assert_close(network(images).argmax(1)[known], targets[known])


def test_with_nothing_to_be_found_there_is_nothing_to_calibrate():
    network = Shifted()
    match_area(network, [(torch.rand(1, 1, 8, 8), torch.zeros(1, 8, 8, dtype=torch.long))])
    assert (network.head.bias == 0).all()


def test_every_class_counts_the_same_in_the_accuracy():
    truth, found = torch.tensor([0, 0, 0, 1]), torch.tensor([0, 0, 0, 2])
    assert accuracy(Answers(found), [(torch.rand(4, 1, 8, 8), truth)]) == 0.5
