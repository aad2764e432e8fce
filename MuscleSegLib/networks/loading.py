"""From a model's card to a network that is ready to use."""

import hashlib
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from MuscleSegLib.errors import ModelError
from MuscleSegLib.networks.cards import CARD, ModelCard, load_card
from MuscleSegLib.networks.registry import build_network
from MuscleSegLib.resources import resources_dir


def load_network(card: ModelCard) -> nn.Module:
    """The card's network with its weights, in evaluation mode, on the CPU. Nothing in the weights is executed.

    Raises:
        ModelError: the weights are missing, are not those that the card was written for, or do not fit the network.
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
    except (SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"The weights of {card.name} do not fit the network of its card: {reason}") from None
    return network.eval()


def find_models(models_dir: Path | None = None) -> list[ModelCard]:
    """The cards of the models that ship with the library, then of those in ``models_dir``, each sorted by name.

    Raises:
        ModelError: ``models_dir`` is given and is no folder, a card is wrong, or two models have one name.
    """
    folders = [resources_dir() / "Models"]
    if models_dir is not None:
        if not models_dir.is_dir():
            raise ModelError(f"There is no folder {models_dir} to look for models in.")
        folders.append(models_dir)
    cards = [load_card(path.parent) for folder in folders for path in sorted(folder.glob(f"*/{CARD}"))]
    seen: dict[str, ModelCard] = {}
    for card in cards:
        if card.name in seen:
            raise ModelError(
                f'Two models are called "{card.name}": {seen[card.name].folder} and {card.folder}. '
                "Rename one in its card."
            )
        seen[card.name] = card
    return cards
