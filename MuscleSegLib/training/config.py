"""The training configuration: a TOML file that says everything a model's training depends on."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, get_origin

import torch

from MuscleSegLib.anatomy import compounds, members_of, muscles
from MuscleSegLib.errors import ConfigError, ModelError
from MuscleSegLib.networks.cards import common_checks
from MuscleSegLib.networks.contract import has_head, wrong_answer
from MuscleSegLib.networks.registry import build_network
from MuscleSegLib.segmentation.regions import CLASSES
from MuscleSegLib.simulation.layout import LayoutRanges

#: What a source's folder may hold.
KINDS = ("labels", "images")
#: Beyond these, numbers make no sense, or more than PyTorch can take.
_RANGES = {"learning_rate": (0, 1), "weight_decay": (0, 1), "seed": (0, 2**32 - 1)}
_RANGES_OF_SOURCE = {"weight": (0.001, 100_000), "least_labels": (0, 100), "curved_cuts": (0, 1000)}
_SMALLEST_SCALE, _LARGEST_SCALE = 0.1, 10


@dataclass(frozen=True)
class DataSource:
    """One folder: of label maps to simulate from (``kind = "labels"``), or of images and labels (``kind = "images"``).

    Attributes:
        folder: below the data folder; for images it holds ``images/`` and ``labels/`` with equal file names.
        weight: share of the samples that come from here.
        held_out: beginnings of the names of files that are never trained on, only measured on.
        muscles_only: the label maps name no bones and not all muscles; for simulated images.
        least_labels: slices with fewer labels are left out.
        curved_cuts: what is trained on is cut along so many curved surfaces too; for simulated images, from label maps
            of thin slices.
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
    curved_cuts: int = 0

    def names_held_out(self, names: Sequence[str]) -> set[str]:
        """Which of the files in the folder, by their names, are held out.

        Raises:
            ConfigError: A beginning is that of none, so that what it was to hold out would be trained on.
        """
        for beginning in self.held_out:
            if not any(name.startswith(beginning) for name in names):
                raise ConfigError(
                    f'No file in {self.folder} has a name that begins with "{beginning}": correct "held_out" in the '
                    "training configuration, or restore the file."
                )
        return {name for name in names if name.startswith(self.held_out)}


@dataclass(frozen=True)
class TrainingConfig:
    """See the files in ``Resources/Training`` for an example of each entry.

    Attributes:
        channels: outputs of the network, "background" first, then abbreviations, none of which holds a part of another;
            or the classes.
        spacing_mm, size: the crop that the network sees, in mm a pixel and in pixels.
        scale: simulated limbs to train on have from so much to so much of the size of their label map's.
        steps, batch: optimiser steps, and images in each.
        learning_rate: the peak of the one-cycle schedule.
        evaluate_every: steps between measurements on the held-out set; a checkpoint is written then.
        patience: measurements without improvement after which training stops.
        start_from: folder of a model, seen from the configuration file, whose fitting weights are the start, or none;
            those of a narrower network fit a wider one.
        start_sha256: SHA-256 of those weights, where only the ones that the configuration was written for will do.
        start_share: share of those weights in the ones that are kept, the rest being what training made of them: what
            is learnt of one kind of image is then paid for less in others (Wortsman 2022, arXiv:2109.01903).
        licence: under which the trained weights may be passed on, for the model card.
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
    scale: tuple[float, ...] = LayoutRanges.scale
    patience: int = 10
    seed: int = 1
    start_from: str = ""
    start_sha256: str = ""
    start_share: float = 0.0
    licence: str = "not chosen; whether it may be passed on depends on the training data"


#: What TOML must hold for an entry of each type, or for what a list holds, and how an error calls that.
_TOML: dict[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), "a text in quotes"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    bool: ((bool,), "true or false"),
    tuple[str, ...]: ((str,), "a list of texts in quotes"),
    tuple[float, ...]: ((int, float), "a list of numbers"),
    tuple[DataSource, ...]: ((DataSource,), "[[sources]] blocks"),
    dict[str, Any]: ((dict,), "a table"),
}


def _build(kind: type, table: dict[str, Any], where: str) -> Any:
    known = {entry.name: entry for entry in fields(kind)}
    unknown = sorted(set(table) - set(known))
    required = (n for n, e in known.items() if e.default is MISSING and e.default_factory is MISSING)
    missing = [name for name in required if name not in table]
    if unknown or missing:
        problem = f'has an unknown entry "{unknown[0]}"' if unknown else f'lacks the entry "{missing[0]}"'
        raise ConfigError(f"The training configuration {where} {problem}. Entries are: {', '.join(known)}.")
    for name, value in table.items():
        types, what = _TOML[known[name].type]
        is_list = get_origin(known[name].type) is tuple
        if isinstance(value, list) is not is_list or any(type(v) not in types for v in (value if is_list else [value])):
            raise ConfigError(f'In the training configuration {where} the entry "{name}" must be {what}.')
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in table.items()})


def read_config(path: Path) -> TrainingConfig:
    """Read and check a configuration file.

    Raises:
        ConfigError: the file is missing, not TOML, or an entry is missing, unknown or out of range.
        ModelError: the network cannot be built, or does not do what is asked of one
            (:mod:`MuscleSegLib.networks.registry`).
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ConfigError(f"There is no training configuration {path}: check the path.") from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise ConfigError(f"The training configuration {path.name} is not valid TOML: {error}.") from None
    blocks = table.get("sources")
    if not (isinstance(blocks, list) and blocks and all(isinstance(block, dict) for block in blocks)):
        raise ConfigError(f"The training configuration {path.name} names no [[sources]] to train on.")
    sources = [_build(DataSource, block, f"{path.name}, in a [[sources]] block,") for block in blocks]
    config: TrainingConfig = _build(TrainingConfig, {**table, "sources": sources}, path.name)
    for right, what in _checks(config):
        if not right:
            raise ConfigError(f"In the training configuration {path.name}, {what}.")
    if wrong := _wrong_network(config):
        raise ModelError(
            f'{wrong} Correct "architecture" or "parameters" in the training configuration {path.name}, or the '
            "network: MuscleSegLib/networks/registry.py says what is asked of one."
        )
    return config


def _wrong_network(config: TrainingConfig) -> str:
    """What is wrong with the network, as a sentence; empty where nothing is. Draws no random number of the caller's."""
    outputs = len(config.channels)
    with torch.random.fork_rng(devices=()):
        try:
            network = build_network(config.architecture, outputs, config.parameters)
        except ModelError as error:
            return str(error)
        # As in training, where there may be a batch of one image; more than two tell nothing more.
        images = torch.zeros(min(config.batch, 2), 1, config.size, config.size)
        wrong = wrong_answer(network, config.task, outputs, images)
    if not wrong and config.task == "segmentation" and not has_head(network, outputs):
        wrong = 'has no layer "head" with a bias for each channel, which training sets last'
    return wrong and f'The network "{config.architecture}" {wrong}.'


def _checks(config: TrainingConfig) -> Iterator[tuple[bool, str]]:
    """Whether each entry is in range, and what its range is."""
    for name in ("steps", "batch", "learning_rate", "evaluate_every", "held_out_images", "patience"):
        yield getattr(config, name) > 0, f'"{name}" must be larger than 0'
    yield from _in_range(config, _RANGES)
    right = len(config.scale) == 2 and _SMALLEST_SCALE <= config.scale[0] <= config.scale[1] <= _LARGEST_SCALE
    yield right, f'"scale" must be two numbers from {_SMALLEST_SCALE} to {_LARGEST_SCALE}, the smaller one first'
    yield 0 <= config.start_share < 1, '"start_share" must be at least 0 and less than 1'
    yield bool(config.start_from) or not config.start_sha256, '"start_sha256" says nothing without "start_from"'
    hexadecimal = not config.start_sha256 or bool(re.fullmatch("[0-9a-f]{64}", config.start_sha256))
    yield hexadecimal, '"start_sha256" must be 64 digits, 0 to 9 and a to f'
    yield bool(config.start_from) or not config.start_share, '"start_share" says nothing without "start_from"'
    yield from common_checks(config.task, config.region, config.channels, config.size, config.spacing_mm)
    said = all(text.strip() for text in (config.name, config.title, config.licence))
    yield said, '"name", "title" and "licence" must not be empty'
    for source in config.sources:
        said = all(text.strip() for text in (source.title, source.licence, source.attribution))
        yield said, f'"title", "licence" and "attribution" of the source {source.folder} must not be empty'
        yield source.kind in KINDS, f'"kind" of a source must be one of {", ".join(KINDS)}'
        yield from _in_range(source, _RANGES_OF_SOURCE, f" of the source {source.folder}")
        simulated = source.kind == "labels" or not (source.muscles_only or source.curved_cuts)
        yield (
            simulated,
            f'"muscles_only" and "curved_cuts" of the source {source.folder} are for the kind "labels" only',
        )
        yield all(source.held_out), f'"held_out" of the source {source.folder} must be beginnings of names of files'
    if config.task == "classification":
        yield config.channels == CLASSES, f'"channels" of a classification must be {", ".join(CLASSES)}'
        return
    taken: dict[str, str] = {}
    for name in config.channels[1:]:
        yield name in {*muscles(), *compounds()}, f'"channels" has {name}, which the table of muscles lacks'
        for muscle in members_of(name):
            other = taken.setdefault(muscle, name)
            yield other == name, f'"channels" has {other} and {name}, which are not apart: {muscle} is of both'


def _in_range(
    table: TrainingConfig | DataSource, ranges: Mapping[str, tuple[float, float]], of: str = ""
) -> Iterator[tuple[bool, str]]:
    for name, (least, most) in ranges.items():
        yield least <= getattr(table, name) <= most, f'"{name}"{of} must be from {least} to {most}'
