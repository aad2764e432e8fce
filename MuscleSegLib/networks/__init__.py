"""The published architectures, one file each, and the model cards that name them."""

from MuscleSegLib.networks.cards import ModelCard, load_card
from MuscleSegLib.networks.loading import find_models, load_network
from MuscleSegLib.networks.registry import ARCHITECTURES, build_network

__all__ = ["ARCHITECTURES", "ModelCard", "build_network", "find_models", "load_card", "load_network"]
