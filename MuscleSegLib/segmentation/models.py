"""The models that segment a volume: chosen by name and region, loaded once, on the device that computes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import torch
from torch import nn

from MuscleSegLib.errors import InputError, ModelError
from MuscleSegLib.networks import ModelCard, find_models, load_network
from MuscleSegLib.segmentation.crops import CropGrid
from MuscleSegLib.segmentation.normalisation import normalise
from MuscleSegLib.segmentation.regions import CLASSES, REGIONS, Region

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True)
class LoadedModel:
    """A network with the card that says how to feed it, on its device.

    Attributes:
        card: What the network is and what its channels mean.
        network: Takes float32 (N, 1, size, size); gives logits, (N, channels, size, size), or (N, channels) when it
            classifies. In evaluation mode.
        device: Where the network is.
    """

    card: ModelCard
    network: nn.Module
    device: torch.device

    @property
    def grid(self) -> CropGrid:
        """The pixels that the network takes."""
        return CropGrid(self.card.input.size, self.card.input.spacing_mm)

    def probabilities(self, crops: torch.Tensor) -> torch.Tensor:
        """Run the network on crops of limbs, float32 (N, 1, size, size) in any unit; softmax over the channels."""
        with torch.inference_mode():
            inputs = normalise(crops.to(self.device), self.card.input.normalisation)
            logits: torch.Tensor = self.network(inputs.contiguous(memory_format=torch.channels_last))
            return torch.softmax(logits.float().contiguous(), dim=1)


class Models(Protocol):
    """Where the pipeline takes its networks from."""

    def for_region(self, region: Region) -> LoadedModel:
        """The model that segments a region."""

    def only_region(self) -> Region | None:
        """The region of the model when the user named one of a single region, else None."""

    def classifier(self) -> LoadedModel:
        """The network that tells thigh from leg."""

    def left_out(self) -> Sequence[str]:
        """A sentence or two for each model of the chosen name that was left out."""


class InstalledModels:
    """The models in the folder that ships with the library and in the user's own.

    Args:
        name: Of a family ("hrnet": thigh-hrnet on the thigh, leg-hrnet on the leg), or of one model ("thigh-hrnet").
        models_dir: A further folder to look in; None for the user's usual one.
        device: "auto" takes CUDA where there is one.

    Raises:
        ModelError: No model has that name; the text lists those there are, and why others were left out.
        InputError: The device is not there.
    """

    def __init__(self, name: str, models_dir: Path | None, device: Device) -> None:
        self._name = name
        self._device = choose_device(device)
        self._found = find_models(models_dir)
        self._segmenting = [card for card in self._found.cards if card.task == "segmentation"]
        if not any(self._is_meant(card) for card in self._segmenting):
            known = ", ".join(card.name for card in self._segmenting) or "none"
            raise self._lack(f'There is no model "{name}". The models found are: {known}.')

    def for_region(self, region: Region) -> LoadedModel:
        """The model of the named family, or the named model, that segments ``region``.

        Raises:
            ModelError: There is none for this region, or it cannot be loaded.
        """
        for card in self._segmenting:
            if self._is_meant(card) and card.region in (region, "any"):
                return self._load(card)
        raise self._lack(
            f'The model "{self._name}" does not segment the {region}. Choose another model, or its own region.'
        )

    def only_region(self) -> Region | None:
        """The region of the model when the user named one model, not a family."""
        for card in self._segmenting:
            if card.name == self._name:
                return next((region for region in REGIONS if region == card.region), None)
        return None

    def classifier(self) -> LoadedModel:
        """The network that tells thigh from leg.

        Raises:
            ModelError: There is none, or it cannot be loaded.
        """
        for card in self._found.cards:
            if card.task == "classification" and tuple(card.channels) == CLASSES:
                return self._load(card)
        raise self._lack(
            "The model that tells thigh from leg was not found. Say which of the two the image shows (region), "
            "or install MuscleSeg again."
        )

    def left_out(self) -> Sequence[str]:
        """Why models of the named family, or of the name, were left out."""
        names = {self._name, *(f"{region}-{self._name}" for region in (*REGIONS, "any"))}
        return [problem for name, problem in self._found.left_out.items() if name in names]

    def _is_meant(self, card: ModelCard) -> bool:
        return card.name in (self._name, f"{card.region}-{self._name}")

    def _lack(self, sentences: str) -> ModelError:
        """That a model is missing; it may be one that was left out."""
        return ModelError(" ".join([sentences, *self._found.problems]))

    def _load(self, card: ModelCard) -> LoadedModel:
        network = load_network(card).to(self._device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return LoadedModel(card, network, self._device)


def choose_device(device: Device) -> torch.device:
    """The device to compute on.

    Raises:
        InputError: CUDA is asked for and not there.
    """
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise InputError("No CUDA device was found. Use the device auto or cpu.")
    return torch.device("cuda" if available and device != "cpu" else "cpu")
