"""The model card: all that is known of a model, and all that is needed to use it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from MuscleSegLib.errors import ModelError

CARD = "model.json"
TASKS = ("segmentation", "classification")
REGIONS = ("thigh", "leg", "any")


@dataclass(frozen=True)
class NetworkInput:
    """How an image is prepared for the network.

    Attributes:
        spacing_mm: pixel size of a crop.
        size: pixels along each side of a crop.
        normalisation: see :mod:`MuscleSegLib.segmentation.normalisation`.
    """

    spacing_mm: float
    size: int
    normalisation: str


@dataclass(frozen=True)
class Architecture:
    """Name in the registry, and the arguments of its constructor."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Weights:
    """The weights' file in the card's folder, and its SHA-256."""

    file: str
    sha256: str


@dataclass(frozen=True)
class ModelCard:
    """What ``model.json`` says, checked.

    Attributes:
        folder: where the card was read from.
        channels: what each output stands for; abbreviations of muscles, "background" first, or the classes.
        training: the data with licence and attribution, how it was used, the seed, the steps.
        metrics: each with measure, value, on what, and how it was obtained.
    """

    folder: Path
    name: str
    version: str
    title: str
    task: str
    region: str
    architecture: Architecture
    input: NetworkInput
    channels: tuple[str, ...]
    training: Mapping[str, Any]
    metrics: tuple[Mapping[str, Any], ...]
    licence: str
    weights: Weights


def _part(kind: type, table: Any, where: str, folder: Path) -> Any:
    """``kind`` built from ``table``, or a sentence that names the first entry that is missing."""
    names = [entry.name for entry in fields(kind)]
    if not isinstance(table, dict):
        raise ModelError(f'The model card in {folder} is not as it should be: "{where}" holds {", ".join(names)}.')
    for name in names:
        if name not in table:
            raise ModelError(f'The model card in {folder} lacks "{where}{name}": restore the file or correct it.')
    return kind(**{name: table[name] for name in names})


def load_card(folder: Path) -> ModelCard:
    """Read and check the card in a model's folder.

    Raises:
        ModelError: the card is missing, is not JSON, lacks an entry, or an entry makes no sense.
    """
    try:
        table = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"There is no {CARD} in {folder}: a model is a folder with {CARD} and its weights.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"The model card in {folder} cannot be read ({error}): restore the file.") from None
    if not isinstance(table, dict):
        raise ModelError(f"The model card in {folder} is not a JSON object: restore the file.")
    parts = {"architecture": Architecture, "input": NetworkInput, "weights": Weights}
    for name, kind in parts.items():
        if name in table:
            table[name] = _part(kind, table[name], f"{name}.", folder)
    card: ModelCard = _part(ModelCard, {**table, "folder": folder}, "", folder)
    lists_text = isinstance(card.channels, list) and all(isinstance(name, str) for name in card.channels)
    checks = [
        (card.task in TASKS, f'"task" must be one of {", ".join(TASKS)}'),
        (card.region in REGIONS, f'"region" must be one of {", ".join(REGIONS)}'),
        (lists_text and len(card.channels) > 1, '"channels" must be a list of at least two names'),
        (isinstance(card.metrics, list), '"metrics" must be a list'),
        (isinstance(card.input.size, int) and card.input.size > 0, '"input.size" must be a whole number above 0'),
        (
            isinstance(card.input.spacing_mm, int | float) and card.input.spacing_mm > 0,
            '"input.spacing_mm" must be > 0',
        ),
        (isinstance(card.architecture.parameters, dict), '"architecture.parameters" must be an object'),
        (Path(str(card.weights.file)).name == card.weights.file, '"weights.file" must name a file beside the card'),
    ]
    for right, what in checks:
        if not right:
            raise ModelError(f"The model card in {folder} is wrong: {what}.")
    return ModelCard(**{**vars(card), "channels": tuple(card.channels), "metrics": tuple(card.metrics)})
