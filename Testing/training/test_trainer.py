from itertools import repeat

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from MuscleSegLib.errors import ConfigError
from MuscleSegLib.training.config import read_config
from MuscleSegLib.training.trainer import Outcome, Task, train

#: Every pixel above the middle is of the second channel: a 1 × 1 convolution learns that.
IMAGES = torch.linspace(-1, 1, 64).view(1, 1, 8, 8)
TARGETS = (IMAGES[:, 0] > 0).long()


@pytest.fixture
def learn(write_config, tmp_path):
    def run(scores, *changes) -> Outcome:
        given = iter(scores)
        torch.manual_seed(0)
        return train(
            read_config(write_config(("steps = 4", "steps = 12"), *changes)),
            nn.Conv2d(1, 2, 1),
            repeat((IMAGES, TARGETS)),
            list,
            torch.Generator(),
            Task(lambda images: images, F.cross_entropy, lambda _network, _batches: next(given)),
            tmp_path / "run",
            report=lambda _text: None,
        )

    return run


PATIENCE = ("batch = 2", "batch = 2\npatience = 2")


def test_training_stops_when_the_held_out_score_no_longer_rises(learn):
    outcome = learn([0.1, 0.5, 0.4, 0.5, 0.9, 0.9], PATIENCE)
    assert outcome.finished
    assert [row["step"] for row in outcome.rows] == [2, 4, 6, 8]


def test_the_best_weights_are_kept_not_the_last(learn, tmp_path):
    outcome = learn([0.1, 0.5, 0.4, 0.2, 0.9], PATIENCE)
    last = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    assert not torch.equal(outcome.weights["weight"], last["average"]["module.weight"])
    (tmp_path / "run" / "checkpoint.pt").unlink()
    only_best = learn([0.1, 0.5, *[0.0] * 9], ("batch = 2", "batch = 2\npatience = 1"))
    assert torch.equal(outcome.weights["weight"], only_best.weights["weight"])


def test_the_loss_falls_and_is_the_mean_of_the_steps_of_its_row(learn):
    rows = learn(
        [0.5] * 9, ("evaluate_every = 2", "evaluate_every = 5"), ("batch = 2", "batch = 2\nlearning_rate = 0.1")
    ).rows
    assert [row["step"] for row in rows] == [5, 10, 12]
    losses = [row["loss"] for row in rows]
    assert losses[0] > losses[1] > losses[2] > 0.75 * losses[1]


def test_held_out_images_that_show_nothing_are_refused(learn):
    with pytest.raises(ConfigError, match="No held-out image of tiny"):
        learn([float("nan")])


@pytest.mark.parametrize("steps", [1, 2, 9, 19])
def test_any_number_of_steps_has_a_learning_rate(learn, steps):
    # At 9 steps a rise over a tenth of them would have no length.
    assert learn([0.5] * steps, ("steps = 12", f"steps = {steps}")).rows[-1]["step"] == steps


@pytest.mark.parametrize("amx", [True, False])
def test_a_processor_that_multiplies_bfloat16_is_given_it(learn, monkeypatch, amx):
    given = []
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": amx})
    convolve = nn.Conv2d.forward
    monkeypatch.setattr(nn.Conv2d, "forward", lambda *inputs: given.append(convolve(*inputs)) or given[-1])
    learn([0.5] * 6)
    assert {output.dtype for output in given} == {torch.bfloat16 if amx else torch.float32}
