"""The published architectures, one file each, and the model cards that name them."""

from typing import TYPE_CHECKING, Any

from MuscleSegLib.networks.cards import ModelCard, load_card
from MuscleSegLib.networks.finding import FoundModels, find_models

if TYPE_CHECKING:
    from MuscleSegLib.networks.loading import load_network
    from MuscleSegLib.networks.registry import ARCHITECTURES, build_network

__all__ = [
    "ARCHITECTURES",
    "FoundModels",
    "ModelCard",
    "build_network",
    "find_models",
    "load_card",
    "load_network",
]


def __getattr__(name: str) -> Any:
    # Imported when they are asked for: models are listed where PyTorch is not installed.
    if name == "load_network":
        from MuscleSegLib.networks.loading import load_network

        return load_network
    if name in ("ARCHITECTURES", "build_network"):
        from MuscleSegLib.networks import registry

        return getattr(registry, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
