"""From a model's card to a network that is ready to use."""

import hashlib

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from MuscleSegLib.errors import ModelError
from MuscleSegLib.networks.cards import ModelCard
from MuscleSegLib.networks.registry import build_network


def load_network(card: ModelCard) -> nn.Module:
    """The card's network with its weights, in evaluation mode, on the CPU. Nothing in the weights is executed.

    Raises:
        ModelError: the weights are missing, are not those that the card was written for, or do not fit the network; or
            this does not do what the card says.
    """
    path = card.folder / card.weights.file
    try:
        content = path.read_bytes()
    except OSError:
        raise ModelError(f"The weights of {card.name} are missing ({path}): install the model again.") from None
    if hashlib.sha256(content).hexdigest() != card.weights.sha256:
        raise ModelError(
            f"The weights of {card.name} are not those that its card describes: {path.name} was changed or is "
            "incomplete. Install the model again."
        )
    network = build_network(card.architecture.name, len(card.channels), card.architecture.parameters)
    try:
        network.load_state_dict(load(content))
    except SafetensorError as error:
        raise ModelError(f"The weights of {card.name} are no safetensors file ({error}). Install it again.") from None
    except RuntimeError:  # names or shapes of tensors differ
        raise ModelError(
            f"The weights of {card.name} do not fit the network of its card: they are those of another one. Restore "
            "the card, or the weights."
        ) from None
    network.eval()
    outputs, size = len(card.channels), card.input.size
    if _answer(network, size) != ((1, outputs) if card.task == "classification" else (1, outputs, size, size)):
        raise ModelError(
            f"The network of {card.name} gives no {card.task} of an image of {size} × {size} pixels. Correct the task, "
            "the architecture or the input size in its card."
        )
    return network


def _answer(network: nn.Module, size: int) -> tuple[int, ...]:
    """The shape of what the network says of one image; empty where it cannot take images of this size."""
    try:
        with torch.inference_mode():
            return tuple(network(torch.zeros(1, 1, size, size)).shape)
    except RuntimeError:  # levels of the network do not fit each other
        return ()
