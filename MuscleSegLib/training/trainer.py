"""The training loop: seeded, resumable, on CPU or CUDA, in bfloat16 where that is faster."""

import csv
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.errors import ConfigError
from MuscleSegLib.training.checkpoint import CHECKPOINT
from MuscleSegLib.training.state import TrainingState

#: Gradients are shortened to this length.
LONGEST_GRADIENT = 1.0
LOG = "log.csv"


class Batches(Protocol):
    """Images with their targets: drawn without end to train on, and those held out."""

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]: ...

    def held_out(self) -> Iterator[tuple[Tensor, Tensor]]:
        """The held-out images, the same at every call."""


@dataclass(frozen=True)
class Task:
    """What a kind of training brings to the loop.

    Attributes:
        prepare: image batch as drawn to network input.
        loss: (outputs, targets) to a scalar.
        score: (network, held-out batches) to a number that is better when larger.
        calibrate: changes a trained (network, on held-out batches), where there is something to set.
    """

    prepare: Callable[[Tensor], Tensor]
    loss: Callable[[Tensor, Tensor], Tensor]
    score: Callable[[nn.Module, Iterable[tuple[Tensor, Tensor]]], float]
    calibrate: Callable[[nn.Module, Iterable[tuple[Tensor, Tensor]]], None] | None = None


def train(
    state: TrainingState,
    batches: Batches,
    task: Task,
    folder: Path,
    *,
    minutes: float | None = None,
    report: Callable[[str], None] = print,
    measured: Callable[[Sequence[Mapping[str, Any]]], None] = lambda _: None,
) -> None:
    """Train until ``state`` is finished.

    Args:
        state: a new one, or one that goes on from a checkpoint.
        folder: receives ``checkpoint.pt`` and ``log.csv``.
        minutes: stop at the first checkpoint after so long; one that goes on from it is trained further.
        measured: called at each checkpoint with the rows of the log.

    Raises:
        ConfigError: the held-out images show nothing that is to be found.
        InputError: the checkpoint or the log could not be written.
    """
    config = state.config
    if state.step:
        report(f"{config.name}: going on from step {state.step}")
    started, seconds_before = time.monotonic(), state.seconds
    drawn = iter(batches)
    while not state.finished:
        loss = _train_to_measurement(state, drawn, task)
        state.average.eval()
        score = task.score(state.average, batches.held_out())
        if isnan(score):
            raise ConfigError(f"No held-out image of {config.name} shows any of its channels: hold other files out.")
        seconds = time.monotonic() - started
        state.add_measurement(loss, score, seconds_before + seconds)
        report(f"{config.name}: step {state.step}/{config.steps}, loss {loss:.4f}, held-out score {score:.4f}")
        _write_log(folder / LOG, state.rows)
        measured(state.rows)
        state.save(folder / CHECKPOINT)
        if minutes is not None and time.monotonic() - started >= 60 * minutes:
            break


def _train_to_measurement(state: TrainingState, drawn: Iterator[tuple[Tensor, Tensor]], task: Task) -> float:
    """Make the steps up to the next measurement.

    Returns:
        The mean of their losses.
    """
    network, device = state.network, state.device
    half_precision = _is_fast_in_half_precision(device)
    count = min(state.config.evaluate_every, state.config.steps - state.step)
    total = torch.zeros((), device=device)
    network.train()
    for _ in range(count):
        images, targets = next(drawn)
        images = task.prepare(images).to(memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16, enabled=half_precision):
            outputs = network(images)
        loss = task.loss(outputs.float(), targets)
        state.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), LONGEST_GRADIENT)
        state.optimiser.step()
        state.schedule.step()
        state.average.update_parameters(network)
        total += loss.detach()
        state.step += 1
    return float(total) / count


def _is_fast_in_half_precision(device: torch.device) -> bool:
    """Whether bfloat16 is worth while: on CUDA, and on processors with AMX, where steps take half as long."""
    capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # an older torch does not tell
    return device.type == "cuda" or capabilities.get("amx_bf16") is True


def _write_log(path: Path, rows: list[dict[str, Any]]) -> None:
    with written_atomically(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
