"""The weights that a training starts from: those of another model, where they have a place in the network."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from MuscleSegLib.errors import ConfigError
from MuscleSegLib.networks import load_card, load_network
from MuscleSegLib.training.config import TrainingConfig

#: The weights that have a row for each channel.
_OF_CHANNELS = ("head.weight", "head.bias")
#: Logits differ by less where two networks answer alike.
_ALIKE = 1e-3


def start_from(network: nn.Module, folder: Path, config: TrainingConfig) -> dict[str, str]:
    """Give a network the weights of another model that have a place in it; those of a channel go to that channel.

    A wider HRNet starts by answering as the narrower one does, its further channels not being listened to yet (compare
    Chen 2016, arXiv:1511.05641); other networks nearly so, where they join inputs or transpose convolutions.

    Args:
        network: As ``config`` describes it, untrained; it is changed.
        folder: The other model's.

    Returns:
        What the card is to say of it: name and checksum.

    Raises:
        ConfigError: The other is of another architecture or has other weights than ``config`` names; or a share of its
            weights is to be kept and the network does not answer as it does.
        ModelError: The other cannot be used.
    """
    card = load_card(folder)
    if card.architecture.name != config.architecture:
        raise ConfigError(f"{config.name} is a {config.architecture} and cannot start from {card.name}, which is not.")
    if config.start_sha256 not in ("", card.weights.sha256):
        raise ConfigError(
            f"{config.name} starts from the weights {config.start_sha256[:12]}… of {card.name}; those in {folder} are "
            f"others ({card.weights.sha256[:12]}…). Take the model from the version of the project whose card has "
            f"that checksum: git log -S {config.start_sha256[:12]} finds it."
        )
    other = load_network(card)
    given, own = other.state_dict(), network.state_dict()
    joined: tuple[Mapping[str, Sequence[int]], ...] = tuple(getattr(one, "joined", {}) for one in (other, network))
    placed = dict(own)
    for name in own.keys() & given.keys():
        parts = [parts.get(name, ()) for parts in joined]
        if name in _OF_CHANNELS:
            placed[name] = _placed_by_channel(given[name], own[name], card.channels, config.channels, *parts)
        else:
            placed[name] = _placed(given[name], own[name], *parts)
    network.load_state_dict(placed)
    if config.start_share and (card.channels != config.channels or not _answer_alike(other, network, config.size)):
        raise ConfigError(
            f"The channels or layers of {config.name} are not those of {card.name}, so no share of its weights can be "
            'kept: leave "start_share" out.'
        )
    return {"name": card.name, "sha256": card.weights.sha256}


def _placed(given: Tensor, own: Tensor, given_parts: Sequence[int], own_parts: Sequence[int]) -> Tensor:
    """``given`` weights of a layer in those of one that is as wide or wider; ``own`` ones where they do not fit.

    Args:
        given_parts, own_parts: Channels of each input that is joined before the layer; empty for a single one.
    """
    if given.shape == own.shape:
        return given
    if given.dim() != own.dim() or given.shape[2:] != own.shape[2:]:
        return own
    if any(few > many for few, many in zip(given.shape, own.shape, strict=True)):
        return own
    outputs = given.shape[0]
    wider = own.clone()
    wider[:outputs] = 0
    if given.dim() == 1:
        wider[:outputs] = given
        return wider
    first = first_given = 0
    for few, many in zip(given_parts or given.shape[1:2], own_parts or own.shape[1:2], strict=True):
        wider[:outputs, first : first + few] = given[:, first_given : first_given + few]
        first, first_given = first + many, first_given + few
    return wider


def _placed_by_channel(
    given: Tensor, own: Tensor, given_channels: Sequence[str], own_channels: Sequence[str], *parts: Sequence[int]
) -> Tensor:
    """As :func:`_placed`, where each row is of a channel: those of the channels that both have go to one another."""
    shared = [channel for channel in own_channels if channel in given_channels]
    rows = [own_channels.index(channel) for channel in shared]
    placed = own.clone()
    placed[rows] = _placed(given[[given_channels.index(channel) for channel in shared]], own[rows], *parts)
    return placed


@torch.inference_mode()
def _answer_alike(one: nn.Module, other: nn.Module, size: int) -> bool:
    image = torch.linspace(0, 2, size * size).view(1, 1, size, size)
    return torch.allclose(one.eval()(image), other.eval()(image), atol=_ALIKE)
