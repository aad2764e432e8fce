"""A training between two steps: all that it needs to go on as if it had never stopped."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from MuscleSegLib.errors import ConfigError
from MuscleSegLib.training.checkpoint import load_checkpoint, save_checkpoint
from MuscleSegLib.training.config import TrainingConfig

#: Decay of the running average of the weights, which is what is measured and kept.
AVERAGE_DECAY = 0.99
#: The learning rate rises over this share of the steps, and over two at least.
WARM_UP = 0.1


class TrainingState:
    """A training, at first before its first step.

    Args:
        config: what is trained.
        network: the network; it is moved to the generator's device.
        generator: of the batches.
        started_from: name and checksum of the weights that the network has; a checkpoint belongs to them too.

    Attributes:
        device: where the network is.
        average: the running average of the network.
        step: how many steps were made.
        rows: one for each measurement: step, loss, held_out_score, seconds.
        best_weights: the averaged weights that did best on the held-out set.
    """

    def __init__(
        self,
        config: TrainingConfig,
        network: nn.Module,
        generator: torch.Generator,
        started_from: Mapping[str, str] | None = None,
    ) -> None:
        self.config = config
        self.device = generator.device
        self.network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE_DECAY), use_buffers=True)
        self.optimiser = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser,
            config.learning_rate,
            total_steps=config.steps + 1,
            pct_start=max(WARM_UP, 2 / (config.steps + 1)),
        )
        self.step = 0
        self.rows: list[dict[str, Any]] = []
        self.best_weights: dict[str, Tensor] = {}
        self._best, self._since_best = float("-inf"), 0
        # Layers such as dropout draw from torch's own.
        self._generators = {"generator": generator, "random": torch.default_generator}
        if self.device.type == "cuda":
            self._generators["cuda_random"] = torch.cuda.default_generators[torch.cuda.current_device()]
        entries = asdict(config)
        del entries["start_sha256"]  # what was started from says it
        self._identity = json.dumps({**entries, "started_from": started_from})
        self._parts = {
            "network": self.network,
            "average": self.average,
            "optimiser": self.optimiser,
            "schedule": self.schedule,
        }

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to train."""
        return self.step >= self.config.steps or self._since_best >= self.config.patience

    @property
    def seconds(self) -> float:
        """How long it was trained up to the last measurement."""
        return self.rows[-1]["seconds"] if self.rows else 0.0

    def add_measurement(self, loss: float, score: float, seconds: float) -> None:
        """Add a row to the log, and keep the averaged weights if they did better than any before.

        Args:
            loss: the mean of the steps since the last measurement.
            score: of the average on the held-out set.
            seconds: how long it was trained up to now.
        """
        self._since_best += 1
        if score > self._best:
            self._best, self._since_best = score, 0
            self.best_weights = {name: value.clone() for name, value in self.average.module.state_dict().items()}
        row = {"step": self.step, "loss": loss, "held_out_score": score, "seconds": round(seconds, 1)}
        self.rows.append(row)

    def save(self, path: Path) -> None:
        """Write a checkpoint.

        Raises:
            InputError: It could not be written.
        """
        save_checkpoint(
            path,
            {
                "config": self._identity,
                "step": self.step,
                "best": self._best,
                "since_best": self._since_best,
                "rows": self.rows,
                "best_weights": self.best_weights,
                **{name: part.state_dict() for name, part in self._parts.items()},
                **{name: generator.get_state() for name, generator in self._generators.items()},
            },
        )

    def go_on_from(self, path: Path) -> None:
        """Become what a checkpoint holds, if there is one.

        Raises:
            ConfigError: It is damaged or belongs to another configuration or version.
        """
        if not path.exists():
            return
        saved = load_checkpoint(path, self.device)
        other = ConfigError(
            f"{path} belongs to another configuration or version of MuscleSeg: give another folder, or delete it."
        )
        try:
            if saved["config"] != self._identity:
                raise other
            for name, part in self._parts.items():
                part.load_state_dict(saved[name])
            for name, drawn_from in self._generators.items():
                drawn_from.set_state(saved[name].cpu())
            self.step, self._best, self._since_best = saved["step"], saved["best"], saved["since_best"]
            self.rows, self.best_weights = saved["rows"], saved["best_weights"]
        except (KeyError, TypeError, ValueError, RuntimeError):
            raise other from None
