"""What the limbs of a volume are: which is right, which left, and which slices show the thigh or the leg."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from MuscleSegLib.segmentation.inference import predict
from MuscleSegLib.segmentation.limbs import OPPOSITE, Limbs, LimbSlice, Side
from MuscleSegLib.segmentation.models import Models
from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.regions import (
    Other,
    Region,
    mirrored_log_odds,
    of_either_side,
    regions_of_slices,
)

#: Thigh and leg are told apart on slices this far apart or more; the slices between follow the nearest.
_CLASSIFY_EVERY_MM = 10.0

_Answers = Sequence[tuple[LimbSlice, npt.NDArray[np.floating]]]


@dataclass(frozen=True)
class Recognised:
    """What was recognised.

    Attributes:
        limbs: The limbs on their sides.
        slices: What each slice that shows a limb is of, from inferior to superior.
        mirrored: How much each limb looks like one of the other side, see
            :func:`~MuscleSegLib.segmentation.regions.mirrored_log_odds`; none where nothing was asked.
    """

    limbs: Limbs
    slices: Mapping[int, Region | Other]
    mirrored: Mapping[Side, float]


def recognise(
    volume: AxialVolume,
    limbs: Limbs,
    models: Models,
    region: Literal["auto", "thigh", "leg"],
    floor: float,
    done: Callable[[float], None],
) -> Recognised:
    """Ask the classifier what neither the user nor the position of the limbs says.

    Args:
        volume: The volume.
        limbs: As their position tells.
        models: Where the classifier is from.
        region: What every slice shows; "auto" asks.
        floor: The value of the volume that stands for no signal.
        done: Called with the part of the work that is done.

    Raises:
        InputError: Most of the limbs look like neither thigh nor leg.
    """
    slices = sorted({limb.slice for side in limbs.by_side.values() for limb in side})
    if region != "auto" and limbs.side_known:
        return Recognised(limbs, dict.fromkeys(slices, region), {})
    answers = _classified(volume, limbs, slices, models, floor, done)
    mirrored = {side: _mirrored(answers, side) for side in limbs.by_side}
    if not limbs.side_known and sum(mirrored.values()) > 0:
        limbs = limbs.exchanged()
        mirrored = {OPPOSITE[side]: -odds for side, odds in mirrored.items()}
    return Recognised(limbs, _regions(slices, answers) if region == "auto" else dict.fromkeys(slices, region), mirrored)


def _classified(
    volume: AxialVolume,
    limbs: Limbs,
    slices: Sequence[int],
    models: Models,
    floor: float,
    done: Callable[[float], None],
) -> _Answers:
    """Answers of the classifier for each limb on slices that are some way apart."""
    step = max(1, round(_CLASSIFY_EVERY_MM / volume.spacing[0]))
    asked = set(slices[::step])
    chosen = [limb for side in limbs.by_side.values() for limb in side if limb.slice in asked]
    answers: list[tuple[LimbSlice, npt.NDArray[np.floating]]] = []
    for batch, probabilities in predict(volume, chosen, models.classifier(), floor):
        answers += zip(batch, probabilities.cpu().numpy(), strict=True)
        done(len(answers) / len(chosen))
    return answers


def _mirrored(answers: _Answers, side: Side) -> float:
    own = [answer for limb, answer in answers if limb.side == side]
    return mirrored_log_odds(own) if own else 0.0


def _regions(slices: Sequence[int], answers: _Answers) -> dict[int, Region | Other]:
    """The region of each slice that shows a limb, from inferior to superior: that of the nearest that was asked."""
    asked: dict[int, list[npt.NDArray[np.floating]]] = {}
    for limb, answer in answers:
        asked.setdefault(limb.slice, []).append(of_either_side(answer))
    answered = regions_of_slices(asked)
    return {k: answered[min(answered, key=lambda a: abs(a - k))] for k in slices}
