"""A trained network becomes a model folder: the card and the weights."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from MuscleSegLib import __version__
from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.networks.cards import CARD, ModelCard, load_card
from MuscleSegLib.training.config import TrainingConfig

WEIGHTS = "weights.safetensors"
#: Stands behind the licence of a model whose images were simulated.
LABEL_MAPS_LICENCE = "; the label maps that training images were simulated from have the licences given there"


def export_model(
    config: TrainingConfig,
    weights: Mapping[str, Tensor],
    normalisation: str,
    how_trained: Mapping[str, Any],
    metrics: Sequence[Mapping[str, Any]],
    folder: Path,
) -> ModelCard:
    """Write ``weights.safetensors``, then ``model.json`` with its checksum, into ``folder``.

    Args:
        how_trained: what the card says of the training beside its data: steps, seed, seconds.
        metrics: each with measure, value, on, how.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = save({name: value.detach().cpu().contiguous() for name, value in weights.items()})
    with written_atomically(folder / WEIGHTS) as path:
        path.write_bytes(content)
    data = [
        {
            "title": source.title,
            "licence": source.licence,
            "attribution": source.attribution,
            "share": source.weight,
            "held_out": list(source.held_out),
        }
        for source in config.sources
    ]
    simulated = all(source.kind == "labels" for source in config.sources)
    card = {
        "name": config.name,
        "version": __version__,
        "title": config.title,
        "task": config.task,
        "region": config.region,
        "architecture": {"name": config.architecture, "parameters": config.parameters},
        "input": {"spacing_mm": config.spacing_mm, "size": config.size, "normalisation": normalisation},
        "channels": list(config.channels),
        "training": {
            "images": "simulated from label maps; no real image was used" if simulated else "real images",
            **how_trained,
            "data": data,
        },
        "metrics": list(metrics),
        "licence": config.licence + (LABEL_MAPS_LICENCE if simulated else ""),
        "weights": {"file": WEIGHTS, "sha256": hashlib.sha256(content).hexdigest()},
    }
    write_card(folder, card)
    return load_card(folder)


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write ``model.json``."""
    with written_atomically(folder / CARD) as path:
        path.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def record_metrics(folder: Path, metrics: Sequence[Mapping[str, Any]]) -> None:
    """Put ``metrics`` into the card in ``folder``; an older figure of the same measure on the same data is replaced."""
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    measured = {(metric["measure"], metric["on"]) for metric in metrics}
    kept = [metric for metric in card["metrics"] if (metric["measure"], metric["on"]) not in measured]
    write_card(folder, {**card, "metrics": [*kept, *metrics]})
