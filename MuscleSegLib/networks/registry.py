"""The architectures, by the name that a training configuration and a model card use.

A network is a :class:`torch.nn.Module` in a file of its own, with a line in :data:`ARCHITECTURES`. Asked of it is:

- Its constructor takes the number of ``outputs`` first, then what the configuration gives as ``parameters``.
- It takes images of one limb, float (N, 1, size, size), normalised, and answers with logits: where it segments
  (N, outputs, size, size), the background's first; where it classifies (N, outputs). Sizes are multiples of
  :data:`~MuscleSegLib.networks.cards.SIZE_STEP`. In evaluation mode, the answer on an image does not depend on the
  others of its batch.
- Where it segments, it ends in a layer ``head`` whose ``head.bias`` is (outputs,): training sets the background's bias
  last (:func:`MuscleSegLib.training.segmentation_task.match_area`), and a network that starts from the weights of one
  with other channels takes over the rows of ``head`` by the names of the channels.
- Where inputs of a layer are several joined in one, an attribute ``joined`` may say how many channels each has, by the
  name of the layer's weight: a wider network can then start by answering as a narrower one
  (:func:`MuscleSegLib.training.start.start_from`).

A configuration whose network does not do so is refused before any data are read, a card when its weights are loaded.
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
        raise ModelError(f'There is no architecture "{name}" in the registry of this version, which has {known}.')
    try:
        return ARCHITECTURES[name](outputs, **parameters)
    except (TypeError, ValueError, IndexError, RuntimeError) as error:
        raise ModelError(f'The architecture "{name}" cannot be built from the parameters given: {error}.') from None
