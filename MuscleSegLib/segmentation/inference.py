"""One limb through a network, in batches of slices, to labels at the pixels of the volume."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from MuscleSegLib.segmentation.certainty import Certainty
from MuscleSegLib.segmentation.channels import ChannelMerge
from MuscleSegLib.segmentation.crops import extract_crops, most_probable_at_pixels
from MuscleSegLib.segmentation.limbs import LimbSlice
from MuscleSegLib.segmentation.models import LoadedModel
from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.smoothing import smooth_along_limb

#: Slices that go through the network together. A CPU gains nothing from more: tensors of 8 slices are so large that the
#: system gives fresh memory for each of them, page by page.
BATCH = {"cpu": 4, "cuda": 32}


def predict(
    volume: AxialVolume, limbs: Sequence[LimbSlice], model: LoadedModel, floor: float
) -> Iterator[tuple[Sequence[LimbSlice], torch.Tensor]]:
    """Run a network on limbs of ``volume``, batch by batch.

    Yields:
        The limbs of a batch and the network's probabilities for them, on its device.
    """
    size = BATCH[model.device.type]
    for start in range(0, len(limbs), size):
        batch = limbs[start : start + size]
        yield batch, model.probabilities(extract_crops(volume, batch, model.grid, floor))


def label_limb(
    volume: AxialVolume,
    limbs: Sequence[LimbSlice],
    model: LoadedModel,
    merge: ChannelMerge,
    floor: float,
    sigma_mm: float,
    certainty: Certainty,
    done: Callable[[int], None],
) -> Iterator[tuple[LimbSlice, npt.NDArray[np.uint8]]]:
    """Label slices of one limb.

    Args:
        volume: The volume.
        limbs: Slices of one limb, from inferior to superior.
        model: The network to use.
        merge: From its channels to labels.
        floor: The value of the volume that stands for no signal.
        sigma_mm: See :func:`~MuscleSegLib.segmentation.smoothing.smooth_along_limb`.
        certainty: Counts the slices in.
        done: Called after each batch with the number of slices that went through the network.

    Yields:
        Each slice and the labels of its box: uint8 (rows, columns), numbered as in ``merge``.
    """

    def merged() -> Iterator[tuple[LimbSlice, torch.Tensor]]:
        for batch, probabilities in predict(volume, limbs, model, floor):
            merged_probabilities = merge.apply(probabilities)
            certainty.add(merged_probabilities)
            yield from zip(batch, merged_probabilities, strict=True)
            done(len(batch))

    for limb, maps in smooth_along_limb(merged(), volume.spacing[0], sigma_mm):
        yield limb, merge.values[most_probable_at_pixels(maps, limb, model.grid, volume)]
