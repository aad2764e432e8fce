"""The label map of one limb: predicted, cleaned, and put in its place in the volume."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MuscleSegLib.anatomy import LEFT_OFFSET
from MuscleSegLib.segmentation.certainty import Certainty
from MuscleSegLib.segmentation.channels import FIRST_OTHER, ChannelMerge
from MuscleSegLib.segmentation.cleaning import remove_islands
from MuscleSegLib.segmentation.inference import label_limb
from MuscleSegLib.segmentation.limbs import LimbSlice
from MuscleSegLib.segmentation.models import LoadedModel
from MuscleSegLib.segmentation.orientation import AxialVolume


@dataclass(frozen=True)
class Plan:
    """How the slices of a region are labelled: the network, and what its channels become."""

    model: LoadedModel
    merge: ChannelMerge


@dataclass(frozen=True)
class LabelledLimb:
    """What was found of a limb.

    Attributes:
        pieces: For each label (its index, without a side): the volumes of its pieces in mm³, the largest first.
        certainty: See :class:`~MuscleSegLib.segmentation.certainty.Certainty`, from 0 to 1.
    """

    pieces: Mapping[int, Sequence[float]]
    certainty: float


def label_side(
    volume: AxialVolume,
    parts: Sequence[tuple[Plan, Sequence[LimbSlice]]],
    floor: float,
    smoothing_mm: float,
    labels: npt.NDArray[np.uint8],
    done: Callable[[int], None],
) -> LabelledLimb:
    """Label one limb.

    Args:
        volume: The volume.
        parts: The slices of the limb, by how they are labelled.
        floor: The value of the volume that stands for no signal.
        smoothing_mm: See :func:`~MuscleSegLib.segmentation.smoothing.smooth_along_limb`.
        labels: The label map of the volume, uint8 (slices, rows, columns). The labels of the limb are written to it; in
            a left limb, with ``LEFT_OFFSET`` added.
        done: Called with the number of slices that went through the network.
    """
    boxes = np.array([(limb.slice, limb.slice + 1, *limb.box) for _, limbs in parts for limb in limbs])
    first, end = boxes[:, ::2].min(0), boxes[:, 1::2].max(0)
    own = np.zeros(end - first, np.uint8)
    certainty = Certainty()
    for plan, limbs in parts:
        labelled = label_limb(volume, limbs, plan.model, plan.merge, floor, smoothing_mm, certainty, done)
        for limb, values in labelled:
            own[_place(limb, first)] = values
    kept = remove_islands(own, float(np.prod(volume.spacing)))
    own[own >= FIRST_OTHER] = 0
    for _, limbs in parts:
        for limb in limbs:
            right = own[_place(limb, first)]
            offset = np.uint8(LEFT_OFFSET if limb.side == "left" else 0)
            labels[_place(limb, (0, 0, 0))] = np.where(right > 0, right + offset, 0)
    return LabelledLimb({label: pieces for label, pieces in kept.items() if label < FIRST_OTHER}, certainty.mean)


def _place(limb: LimbSlice, origin: Sequence[int]) -> tuple[int, slice, slice]:
    """The box of a limb in an array that starts at ``origin`` (slice, row, column)."""
    box = limb.box
    return (
        limb.slice - origin[0],
        slice(box[0] - origin[1], box[1] - origin[1]),
        slice(box[2] - origin[2], box[3] - origin[2]),
    )
