"""The training loop: seeded, resumable, on CPU or CUDA, in bfloat16 where that is faster."""

import csv
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.errors import ConfigError
from MuscleSegLib.training.checkpoint import load_checkpoint, save_checkpoint
from MuscleSegLib.training.config import TrainingConfig

#: Decay of the running average of the weights, which is what is measured and kept.
AVERAGE_DECAY = 0.99
#: The learning rate rises over this share of the steps, and over two at least.
WARM_UP = 0.1
#: Gradients are shortened to this length.
LONGEST_GRADIENT = 1.0
LOG = "log.csv"
CHECKPOINT = "checkpoint.pt"


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


@dataclass(frozen=True)
class Outcome:
    """What a call of :func:`train` leaves.

    Attributes:
        weights: the averaged weights that did best on the held-out set.
        rows: one for each measurement: step, loss, held_out_score, seconds.
        finished: whether there is nothing left to train.
    """

    weights: dict[str, Tensor]
    rows: list[dict[str, Any]]
    finished: bool


def train(
    config: TrainingConfig,
    network: nn.Module,
    batches: Iterator[tuple[Tensor, Tensor]],
    held_out: Callable[[], Iterable[tuple[Tensor, Tensor]]],
    generator: torch.Generator,
    task: Task,
    folder: Path,
    *,
    started_from: Mapping[str, str] | None = None,
    minutes: float | None = None,
    report: Callable[[str], None] = print,
    measured: Callable[[Sequence[Mapping[str, Any]]], None] = lambda _: None,
) -> Outcome:
    """Train, or go on from the checkpoint in ``folder``.

    Args:
        generator: its state is saved and restored with the rest.
        folder: receives ``checkpoint.pt`` and ``log.csv``.
        started_from: name and checksum of the weights that the network has; a checkpoint belongs to them too.
        minutes: stop at the first checkpoint after so long; the next call goes on.
        measured: called at each checkpoint with the rows of the log.

    Raises:
        ConfigError: the checkpoint is damaged or belongs to another configuration, or the held-out images show nothing
            that is to be found.
    """
    device = generator.device
    half_precision = _is_fast_in_half_precision(device)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE_DECAY), use_buffers=True)
    optimiser = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        config.learning_rate,
        total_steps=config.steps + 1,
        pct_start=max(WARM_UP, 2 / (config.steps + 1)),
    )
    entries = asdict(config)
    del entries["start_sha256"]  # what was started from says it
    identity = json.dumps({**entries, "started_from": started_from})
    folder.mkdir(parents=True, exist_ok=True)
    step, best, since_best, rows = 0, float("-inf"), 0, []
    best_weights: dict[str, Tensor] = {}
    path = folder / CHECKPOINT
    if path.exists():
        state = load_checkpoint(path, device)
        other = ConfigError(f"{path} belongs to another configuration: give another folder, or delete it.")
        try:
            if state["config"] != identity:
                raise other
            network.load_state_dict(state["network"])
            average.load_state_dict(state["average"])
            optimiser.load_state_dict(state["optimiser"])
            schedule.load_state_dict(state["schedule"])
            generator.set_state(state["generator"].cpu())
            step, best, since_best = state["step"], state["best"], state["since_best"]
            rows, best_weights = state["rows"], state["best_weights"]
        except (KeyError, TypeError, ValueError, RuntimeError):
            raise other from None
        report(f"{config.name}: going on from step {step}")
    started, seconds_before = time.monotonic(), rows[-1]["seconds"] if rows else 0.0
    total = torch.zeros((), device=device)
    while step < config.steps and since_best < config.patience:
        network.train()
        count = min(config.evaluate_every, config.steps - step)
        for _ in range(count):
            images, targets = next(batches)
            images = task.prepare(images).to(memory_format=torch.channels_last)
            with torch.autocast(device.type, torch.bfloat16, enabled=half_precision):
                outputs = network(images)
            loss = task.loss(outputs.float(), targets)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), LONGEST_GRADIENT)
            optimiser.step()
            schedule.step()
            average.update_parameters(network)
            total += loss.detach()
            step += 1
        average.eval()
        score = task.score(average, held_out())
        if isnan(score):
            raise ConfigError(f"No held-out image of {config.name} shows any of its channels: hold other files out.")
        since_best = 0 if score > best else since_best + 1
        if score > best:
            best = score
            best_weights = {name: value.clone() for name, value in average.module.state_dict().items()}
        row = {
            "step": step,
            "loss": float(total) / count,
            "held_out_score": score,
            "seconds": round(seconds_before + time.monotonic() - started, 1),
        }
        total.zero_()
        rows.append(row)
        report(f"{config.name}: step {step}/{config.steps}, loss {row['loss']:.4f}, held-out score {score:.4f}")
        _write_log(folder / LOG, rows)
        measured(rows)
        save_checkpoint(
            path,
            {
                "config": identity,
                "step": step,
                "best": best,
                "since_best": since_best,
                "rows": rows,
                "best_weights": best_weights,
                "network": network.state_dict(),
                "average": average.state_dict(),
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
                "generator": generator.get_state(),
            },
        )
        if minutes is not None and time.monotonic() - started >= 60 * minutes:
            break
    return Outcome(best_weights, rows, step >= config.steps or since_best >= config.patience)


def _is_fast_in_half_precision(device: torch.device) -> bool:
    """Whether bfloat16 is worth while: on CUDA, and on processors with AMX, where steps take half as long."""
    capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # an older torch does not tell
    return device.type == "cuda" or capabilities.get("amx_bf16") is True


def _write_log(path: Path, rows: list[dict[str, Any]]) -> None:
    with written_atomically(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
