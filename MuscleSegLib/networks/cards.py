"""The model card: all that is known of a model, and all that is needed to use it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from MuscleSegLib.errors import ModelError

CARD = "model.json"
TASKS = ("segmentation", "classification")
REGIONS = ("thigh", "leg", "any")
#: Every network halves its input so often that the size must be a multiple of this.
SIZE_STEP = 16
#: A larger input is a mistake that would use up the memory.
LARGEST_SIZE = 2048
#: A larger pixel shows no muscle.
LARGEST_SPACING_MM = 100.0
#: What each entry of "metrics" and of "training.data" says.
METRIC = ("measure", "value", "on", "how")
SOURCE = ("title", "licence", "attribution")


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

    @property
    def identity(self) -> str:
        """Name, version and SHA-256: which model made something."""
        return f"{self.name} {self.version} (sha256 {self.weights.sha256})"


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
    except OSError:
        raise ModelError(f"There is no {CARD} in {folder}: a model is a folder with {CARD} and its weights.") from None
    except RecursionError:
        raise ModelError(f"The model card in {folder} is nested too deeply to be one: restore the file.") from None
    except ValueError as error:  # not JSON, or not UTF-8
        raise ModelError(f"The model card in {folder} cannot be read ({error}): restore the file.") from None
    if not isinstance(table, dict):
        raise ModelError(f"The model card in {folder} is not a JSON object: restore the file.")
    parts = {"architecture": Architecture, "input": NetworkInput, "weights": Weights}
    for name, kind in parts.items():
        if name in table:
            table[name] = _part(kind, table[name], f"{name}.", folder)
    card: ModelCard = _part(ModelCard, {**table, "folder": folder}, "", folder)
    for right, what in _checks(card):
        if not right:
            raise ModelError(f"The model card in {folder} is wrong: {what}.")
    return replace(card, channels=tuple(card.channels), metrics=tuple(card.metrics))


def common_checks(
    task: object, region: object, channels: object, size: object, spacing_mm: object, *, inside: str = ""
) -> Iterator[tuple[bool, str]]:
    """What a card must fulfil, and the training configuration that leads to it: as it is, and how it must be.

    Args:
        inside: What stands before ``size`` and ``spacing_mm`` in their names.
    """
    yield task in TASKS, f'"task" must be one of {", ".join(TASKS)}'
    yield region in REGIONS, f'"region" must be one of {", ".join(REGIONS)}'
    names = channels if isinstance(channels, list | tuple) and all(isinstance(name, str) for name in channels) else ()
    yield len(names) > 1, '"channels" must be a list of at least two names'
    yield len(set(names)) == len(names), '"channels" must not name anything twice'
    yield task != "segmentation" or names[0] == "background", '"channels" must begin with "background"'
    yield (
        type(size) is int and 0 < size <= LARGEST_SIZE and size % SIZE_STEP == 0,
        f'"{inside}size" must be a multiple of {SIZE_STEP}, up to {LARGEST_SIZE}',
    )
    yield (
        isinstance(spacing_mm, int | float) and type(spacing_mm) is not bool and 0 < spacing_mm <= LARGEST_SPACING_MM,
        f'"{inside}spacing_mm" must be more than 0, up to {LARGEST_SPACING_MM:g}',
    )


def _checks(card: ModelCard) -> Iterator[tuple[bool, str]]:
    """Whether each entry is as it must be, and how that is; in an order in which each may rely on those before."""
    texts = {name: getattr(card, name) for name in ("name", "version", "title", "licence")}
    texts |= {
        "architecture.name": card.architecture.name,
        "input.normalisation": card.input.normalisation,
        "weights.sha256": card.weights.sha256,
    }
    for name, value in texts.items():
        yield _is_text(value), f'"{name}" must be a text that is not empty'
    prepared = card.input
    yield from common_checks(card.task, card.region, card.channels, prepared.size, prepared.spacing_mm, inside="input.")
    yield _are_objects(card.metrics, METRIC), f'"metrics" must be a list of objects with {", ".join(METRIC)}'
    texts_of_metrics = (metric[name] for metric in card.metrics for name in ("measure", "on", "how"))
    yield all(map(_is_text, texts_of_metrics)), '"metrics" must say the measure, on what and how in texts'
    yield all(type(metric["value"]) in (int, float) for metric in card.metrics), '"metrics" must have numbers as values'
    yield isinstance(card.training, dict), '"training" must be an object'
    yield (
        _are_objects(card.training.get("data"), SOURCE),
        f'"training.data" must be a list of objects with {", ".join(SOURCE)}',
    )
    texts_of_data = (source[name] for source in card.training["data"] for name in SOURCE)
    yield all(map(_is_text, texts_of_data)), f'"training.data" must say {", ".join(SOURCE)} of each in texts'
    yield isinstance(card.architecture.parameters, dict), '"architecture.parameters" must be an object'
    yield Path(str(card.weights.file)).name == card.weights.file, '"weights.file" must name a file beside the card'


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_objects(value: object, names: Sequence[str]) -> bool:
    """Whether ``value`` is a list of JSON objects, one at least, that have all of ``names``."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(entry, dict) and {*names} <= {*entry} for entry in value)
    )
