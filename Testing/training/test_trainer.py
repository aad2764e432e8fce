from collections.abc import Iterator
from itertools import repeat

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from MuscleSegLib.errors import ConfigError
from MuscleSegLib.training.checkpoint import CHECKPOINT
from MuscleSegLib.training.config import read_config
from MuscleSegLib.training.state import TrainingState
from MuscleSegLib.training.trainer import Task, train

#: Every pixel above the middle is of the second channel: a 1 × 1 convolution learns that.
IMAGES = torch.linspace(-1, 1, 64).view(1, 1, 8, 8)
TARGETS = (IMAGES[:, 0] > 0).long()


class SameBatch:
    def __iter__(self) -> Iterator:
        return repeat((IMAGES, TARGETS))

    def held_out(self) -> Iterator:
        return iter(())


@pytest.fixture
def learn(write_config, tmp_path):
    def run(scores, *changes, layers=(), minutes=None) -> TrainingState:
        given = iter(scores)
        torch.manual_seed(0)
        state = TrainingState(
            read_config(write_config(("steps = 4", "steps = 12"), *changes)),
            nn.Sequential(*layers, nn.Conv2d(1, 2, 1)),
            torch.Generator(),
        )
        state.go_on_from(tmp_path / "run" / CHECKPOINT)
        task = Task(lambda images: images, F.cross_entropy, lambda _network, _batches: next(given))
        train(state, SameBatch(), task, tmp_path / "run", minutes=minutes, report=lambda _text: None)
        return state

    (tmp_path / "run").mkdir()
    return run


PATIENCE = ("batch = 2", "batch = 2\npatience = 2")


def test_training_stops_when_the_held_out_score_no_longer_rises(learn):
    state = learn([0.1, 0.5, 0.4, 0.5, 0.9, 0.9], PATIENCE)
    assert state.finished
    assert [row["step"] for row in state.rows] == [2, 4, 6, 8]


def test_the_best_weights_are_kept_not_the_last(learn, tmp_path):
    state = learn([0.1, 0.5, 0.4, 0.2, 0.9], PATIENCE)
    last = torch.load(tmp_path / "run" / CHECKPOINT, weights_only=True)
    assert not torch.equal(state.best_weights["0.weight"], last["average"]["module.0.weight"])
    (tmp_path / "run" / CHECKPOINT).unlink()
    only_best = learn([0.1, 0.5, *[0.0] * 9], ("batch = 2", "batch = 2\npatience = 1"))
    assert torch.equal(state.best_weights["0.weight"], only_best.best_weights["0.weight"])


def test_the_loss_falls_and_is_the_mean_of_the_steps_of_its_row(learn):
    rows = learn(
        [0.5] * 9, ("evaluate_every = 2", "evaluate_every = 5"), ("batch = 2", "batch = 2\nlearning_rate = 0.1")
    ).rows
    assert [row["step"] for row in rows] == [5, 10, 12]
    losses = [row["loss"] for row in rows]
    assert losses[0] > losses[1] > losses[2] > 0.75 * losses[1]


def test_what_layers_draw_goes_on_too_where_a_run_was_stopped(learn, tmp_path):
    rising = [0.1 * number for number in range(1, 7)]
    whole = learn(rising, layers=[nn.Dropout(0.5)])
    (tmp_path / "run" / CHECKPOINT).unlink()
    learn(rising[:1], layers=[nn.Dropout(0.5)], minutes=0)
    gone_on = learn(rising[1:], layers=[nn.Dropout(0.5)])
    assert [row["loss"] for row in gone_on.rows] == [row["loss"] for row in whole.rows]
    assert all(torch.equal(value, gone_on.best_weights[name]) for name, value in whole.best_weights.items())


def test_held_out_images_that_show_nothing_are_refused(learn):
    with pytest.raises(ConfigError, match="No held-out image of tiny"):
        learn([float("nan")])


@pytest.mark.parametrize("steps", [1, 2, 9, 19])
def test_any_number_of_steps_has_a_learning_rate(learn, steps):
    # At 9 steps a rise over a tenth of them would have no length.
    assert learn([0.5] * steps, ("steps = 12", f"steps = {steps}")).rows[-1]["step"] == steps


@pytest.mark.parametrize("amx", [True, False])
def test_a_processor_that_multiplies_bfloat16_is_given_it(learn, monkeypatch, amx):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": amx})
    given, layer = [], nn.Conv2d(1, 1, 1)
    layer.register_forward_hook(lambda _layer, _inputs, output: given.append(output.dtype))
    learn([0.5] * 6, layers=[layer])
    assert set(given) == {torch.bfloat16 if amx else torch.float32}
