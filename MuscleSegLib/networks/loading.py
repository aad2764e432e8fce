"""From a model's card to a network that is ready to use."""

import hashlib

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from MuscleSegLib.errors import ModelError
from MuscleSegLib.networks.cards import ModelCard
from MuscleSegLib.networks.contract import wrong_answer
from MuscleSegLib.networks.registry import build_network


def load_network(card: ModelCard) -> nn.Module:
    """The card's network with its weights, in evaluation mode, on the CPU. Nothing in the weights is executed.

    Raises:
        ModelError: the weights are missing, are not those that the card was written for, do not fit the network, or
            hold values that are no numbers; or the network cannot be built, or does not do what the card says.
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
    try:
        network = build_network(card.architecture.name, len(card.channels), card.architecture.parameters)
    except ModelError as error:
        raise ModelError(f"{error} Correct the card of {card.name}, or update MuscleSeg.") from None
    try:
        weights = load(content)
        network.load_state_dict(weights)
    except SafetensorError as error:
        raise ModelError(f"The weights of {card.name} are no safetensors file ({error}). Install it again.") from None
    except RuntimeError:  # names or shapes of tensors differ
        raise ModelError(
            f"The weights of {card.name} do not fit the network of its card: they are those of another one. Restore "
            "the card, or the weights."
        ) from None
    if not all(bool(value.isfinite().all()) for value in weights.values()):
        raise ModelError(
            f"The weights of {card.name} hold values that are no numbers (NaN or infinite), so its training failed: "
            "train it again, or install another model."
        )
    network.eval()
    image = torch.zeros(1, 1, card.input.size, card.input.size)
    if wrong := wrong_answer(network, card.task, len(card.channels), image):
        raise ModelError(
            f"The network of {card.name} {wrong}. Correct the task, the architecture or the input size in its card."
        )
    return network
