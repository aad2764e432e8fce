"""The training configuration: a TOML file that says everything a model's training depends on."""

import tomllib
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from MuscleSegLib.errors import ConfigError


@dataclass(frozen=True)
class DataSource:
    """One folder: of label maps to simulate from (``kind = "labels"``), or of images and labels (``kind = "images"``).

    Attributes:
        folder: below the data folder; for images it holds ``images/`` and ``labels/`` with equal file names.
        weight: share of the samples that come from here.
        held_out: beginnings of the names of files that are never trained on, only measured on.
        muscles_only: the label maps name no bones and not all muscles.
        least_labels: slices with fewer labels are left out.
        licence, attribution, title: for the model card.
    """

    folder: str
    title: str
    licence: str
    attribution: str
    kind: str = "labels"
    weight: float = 1.0
    held_out: tuple[str, ...] = ()
    muscles_only: bool = False
    least_labels: int = 1


@dataclass(frozen=True)
class TrainingConfig:
    """See the files in ``Resources/Training`` for an example of each entry.

    Attributes:
        channels: outputs of the network, "background" first, then abbreviations; or the classes.
        spacing_mm, size: the crop that the network sees, in mm a pixel and in pixels.
        steps, batch: optimiser steps, and images in each.
        learning_rate: the peak of the one-cycle schedule.
        evaluate_every: steps between measurements on the held-out set; a checkpoint is written then.
        patience: measurements without improvement after which training stops.
        start_from: folder of a model whose fitting weights are the start, or none.
    """

    name: str
    title: str
    region: str
    architecture: str
    channels: tuple[str, ...]
    spacing_mm: float
    size: int
    steps: int
    batch: int
    sources: tuple[DataSource, ...]
    task: str = "segmentation"
    parameters: dict[str, Any] = field(default_factory=dict)
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    evaluate_every: int = 200
    held_out_images: int = 128
    patience: int = 10
    seed: int = 1
    start_from: str = ""


def _build(kind: type, table: dict[str, Any], where: str) -> Any:
    known = {entry.name: entry for entry in fields(kind)}
    unknown = sorted(set(table) - set(known))
    required = (n for n, e in known.items() if e.default is MISSING and e.default_factory is MISSING)
    missing = [name for name in required if name not in table]
    if unknown or missing:
        problem = f'has an unknown entry "{unknown[0]}"' if unknown else f'lacks the entry "{missing[0]}"'
        raise ConfigError(f"The training configuration {where} {problem}. Entries are: {', '.join(known)}.")
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in table.items()})


def read_config(path: Path) -> TrainingConfig:
    """Read and check a configuration file.

    Raises:
        ConfigError: the file is missing, not TOML, or an entry is missing, unknown or out of range.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"There is no training configuration {path}: check the path.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The training configuration {path.name} is not valid TOML: {error}.") from None
    sources = [_build(DataSource, entry, f"{path.name}, in a [[sources]] block,") for entry in table.get("sources", [])]
    if not sources:
        raise ConfigError(f"The training configuration {path.name} names no [[sources]] to train on.")
    config = _build(TrainingConfig, {**table, "sources": sources}, path.name)
    for name in ("steps", "batch", "size", "spacing_mm", "learning_rate", "evaluate_every", "held_out_images"):
        if not getattr(config, name) > 0:
            raise ConfigError(f'In the training configuration {path.name}, "{name}" must be larger than 0.')
    if config.size % 16:
        raise ConfigError(f'In the training configuration {path.name}, "size" must be a multiple of 16.')
    if config.task == "segmentation" and config.channels[:1] != ("background",):
        raise ConfigError(f'In the training configuration {path.name}, the first of "channels" must be "background".')
    return config
