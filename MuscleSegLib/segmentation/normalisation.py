"""Intensities of a crop brought to the range that a network was trained on, the same in training and in use."""

import torch

from MuscleSegLib.errors import ModelError

#: The darkest and the brightest value after normalisation: no signal, and four times the mean of the foreground.
LOWEST, HIGHEST = -1.0, 3.0


def foreground_mean(crops: torch.Tensor) -> torch.Tensor:
    """Divide each crop by the mean of its foreground: what is brighter than the mean of the crop.

    Args:
        crops: float, (N, 1, H, W), any unit. Each crop is normalised by itself.

    Returns:
        float, (N, 1, H, W), from -1 (no signal) to 3; 0 is the mean of the foreground. A crop without signal is -1.
    """
    mean = crops.mean(dim=(2, 3), keepdim=True)
    foreground = crops > mean
    count = foreground.sum(dim=(2, 3), keepdim=True)
    total = (crops * foreground).sum(dim=(2, 3), keepdim=True)
    scale = torch.where(count > 0, total / count.clamp(min=1), mean)
    has_signal = scale > 0
    scaled = crops / torch.where(has_signal, scale, torch.ones_like(scale)) - 1.0
    return torch.where(has_signal, scaled, torch.full_like(scaled, LOWEST)).clamp(LOWEST, HIGHEST)


_NORMALISATIONS = {"foreground-mean": foreground_mean}


def normalise(crops: torch.Tensor, name: str) -> torch.Tensor:
    """Normalise ``crops`` (float, (N, 1, H, W)) in the way that a model card names.

    Raises:
        ModelError: The name is not one that this version knows.
    """
    if name not in _NORMALISATIONS:
        known = ", ".join(sorted(_NORMALISATIONS))
        raise ModelError(
            f'The model asks for the normalisation "{name}", which this version does not know ({known}). '
            "Update MuscleSeg, or correct the model card."
        )
    return _NORMALISATIONS[name](crops)
