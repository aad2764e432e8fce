import re

import pytest
import torch
from torch import nn

from MuscleSegLib.networks import build_network
from MuscleSegLib.networks.contract import has_head, wrong_answer

IMAGES = torch.zeros(2, 1, 32, 32)


class Halves(nn.Conv2d):
    def __init__(self) -> None:
        super().__init__(1, 3, 2, stride=2)


class Lists(nn.Conv2d):
    def __init__(self) -> None:
        super().__init__(1, 3, 1)

    def forward(self, images):
        return [super().forward(images)]


class TakesTwo(nn.Module):
    def forward(self, images, more):
        return images + more


class NeedsMemory(nn.Conv2d):
    """Raises what Torch does where a processor's memory is used up."""

    def __init__(self, outputs) -> None:
        super().__init__(1, outputs, 1)

    def forward(self, images):
        if images.device.type == "cpu":
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 68719476736 bytes.")
        return super().forward(images)


def test_a_network_that_does_what_it_should_has_nothing_wrong():
    assert wrong_answer(build_network("unet2d", 3, {"channels": [4, 8]}), "segmentation", 3, IMAGES) == ""
    assert wrong_answer(build_network("region_classifier", 3, {}), "classification", 3, IMAGES) == ""


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (Halves(), r"its answer is of the shape \(2, 3, 16, 16\) in place of \(2, 3, 32, 32\)"),
        (Lists(), "its answer is a list"),
        (TakesTwo(), "missing 1 required positional argument"),
        (build_network("region_classifier", 3, {}), r"of the shape \(2, 3\)"),
        (build_network("unet2d", 3, {"channels": [4] * 8}), "Output size is too small"),
    ],
)
def test_another_answer_or_none_is_said_with_the_reason(network, reason):
    wrong = wrong_answer(network, "segmentation", 3, IMAGES)
    assert wrong.startswith("gives no segmentation of an image of 32 × 32 pixels (") and re.search(reason, wrong)


def test_that_memory_is_used_up_is_no_fault_of_the_network():
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        wrong_answer(NeedsMemory(3), "segmentation", 3, IMAGES)


def test_a_head_has_a_bias_for_each_channel():
    network = build_network("hrnet", 3, {"widths": [4, 8]})
    assert has_head(network, 3) and not has_head(network, 4)
    network.head = nn.Conv2d(4, 3, 1, bias=False)
    assert not has_head(network, 3)
