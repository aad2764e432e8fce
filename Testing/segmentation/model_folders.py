"""Model folders with untrained networks."""

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save

from MuscleSegLib.networks import build_network
from Testing.segmentation.stand_in_models import CHANNELS


def write_model(folder: Path, name: str, region: str) -> Path:
    """A small U-Net whose weights are drawn at random, always the same."""
    parameters = {"channels": [4, 8]}
    torch.manual_seed(0)
    weights = save(build_network("unet2d", len(CHANNELS[region]), parameters).state_dict())
    card = {
        "name": name,
        "version": "3",
        "title": "A model for tests",
        "task": "segmentation",
        "region": region,
        "architecture": {"name": "unet2d", "parameters": parameters},
        "input": {"spacing_mm": 4.0, "size": 48, "normalisation": "foreground-mean"},
        "channels": list(CHANNELS[region]),
        "training": {"data": [{"title": "Nothing", "licence": "CC0", "attribution": "Nobody"}]},
        "metrics": [{"measure": "mean DSC", "value": 0.12, "on": "phantoms", "how": "untrained"}],
        "licence": "Apache-2.0",
        "weights": {"file": "weights.safetensors", "sha256": hashlib.sha256(weights).hexdigest()},
    }
    (folder / name).mkdir(parents=True)
    (folder / name / "weights.safetensors").write_bytes(weights)
    (folder / name / "model.json").write_text(json.dumps(card), encoding="utf-8")
    return folder / name
