"""The architectures, by the name that a model card uses.

A network that segments ends in a layer ``head`` with a bias for each channel, the background's first: training sets
that bias last (:func:`MuscleSegLib.training.segmentation_task.match_area`).
"""

from collections.abc import Mapping
from typing import Any

from torch import nn

from MuscleSegLib.errors import ModelError
from MuscleSegLib.networks.hrnet import HRNet
from MuscleSegLib.networks.region_classifier import RegionClassifier
from MuscleSegLib.networks.unet2d import UNet2D

ARCHITECTURES: Mapping[str, type[nn.Module]] = {
    "hrnet": HRNet,
    "unet2d": UNet2D,
    "region_classifier": RegionClassifier,
}


def build_network(name: str, outputs: int, parameters: Mapping[str, Any]) -> nn.Module:
    """An untrained network.

    Args:
        name: a key of :data:`ARCHITECTURES`.
        outputs: number of channels or classes.
        parameters: the other arguments of its constructor.

    Raises:
        ModelError: the architecture is unknown, or does not take these parameters.
    """
    if name not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        raise ModelError(
            f'The model has the architecture "{name}", which this version does not know ({known}). Update MuscleSeg.'
        )
    try:
        return ARCHITECTURES[name](outputs, **parameters)
    except (TypeError, ValueError, IndexError, RuntimeError) as error:
        raise ModelError(f'The architecture "{name}" cannot be built from the card\'s parameters: {error}.') from None
