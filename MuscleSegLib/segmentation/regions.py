"""Which slices are thigh and which are leg (the classifier of Agosti 2021, slice by slice)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from MuscleSegLib.errors import InputError

Region = Literal["thigh", "leg"]
#: What a slice shows that is neither.
Other = Literal["other"]
#: The classes of the classifier, in the order in which this module expects their probabilities. Mirrored is what was
#: taken for a right limb and looks like a left one, or the reverse.
CLASSES = ("thigh", "leg", "other", "mirrored thigh", "mirrored leg")
REGIONS: tuple[Region, ...] = ("thigh", "leg")
#: No single slice counts for more than this against the others, however sure the classifier is of it.
_LEAST_PROBABILITY = 1e-3
#: A second region must fit better by more than any single slice can make it: the end of a thigh is not yet a leg.
_BORDER_COST = float(-np.log(_LEAST_PROBABILITY))
#: At either end of a volume, this many slices or more that are all something else with more than this probability are
#: taken for it. A single end slice, which shows little of a thigh, or a doubtful one stays with its neighbours.
_OTHER_SLICES, _SURELY_OTHER = 2, 0.9


def of_either_side(answer: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """From the probabilities of :data:`CLASSES` to those of thigh, leg and other, mirrored or not."""
    thigh, leg, other, mirrored_thigh, mirrored_leg = answer
    return np.array([thigh + mirrored_thigh, leg + mirrored_leg, other])


def mirrored_log_odds(answers: Iterable[npt.NDArray[np.floating]]) -> float:
    """How much the limbs look like mirror images: the mean log odds of ``answers``, above 0 where they do.

    Args:
        answers: The probabilities of :data:`CLASSES` for each limb on each slice that was asked.
    """
    thigh, leg, _, mirrored_thigh, mirrored_leg = np.array(list(answers)).T
    as_is, mirrored = thigh + leg, mirrored_thigh + mirrored_leg
    odds = np.maximum(mirrored, _LEAST_PROBABILITY) / np.maximum(as_is, _LEAST_PROBABILITY)
    return float(np.mean(np.log(odds)))


def regions_of_slices(probabilities: Mapping[int, Sequence[npt.NDArray[np.floating]]]) -> dict[int, Region | Other]:
    """Leave out what lies beyond thigh and leg; draw one border between them where the classifier's answers fit best.

    Args:
        probabilities: For each slice (its index from inferior) that shows a limb: for each of its limbs the
            probabilities of thigh, leg and other (:func:`of_either_side`).

    Returns:
        The region of each slice: leg below the border, thigh above it. One is empty unless both fit clearly better.
        "other" at the ends of a volume that runs on to the belly, say, or to the foot.

    Raises:
        InputError: Most of the limbs look like neither.
    """
    every = [answer for answers in probabilities.values() for answer in answers]
    other = sum(int(np.argmax(answer)) == CLASSES.index("other") for answer in every)
    if 2 * other > len(every):
        raise InputError(
            f"This does not look like a thigh or a leg: {other} of {len(every)} limb cross-sections look like "
            "something else. If it is one, say which with the region (thigh or leg)."
        )
    slices = sorted(probabilities)
    first, end = _without_other_ends([float(np.mean(np.stack(probabilities[k])[:, 2])) for k in slices])
    found: dict[int, Region | Other] = dict.fromkeys(slices, "other")
    found.update(_leg_below_thigh(probabilities, slices[first:end]))
    return found


def _without_other_ends(other: Sequence[float]) -> tuple[int, int]:
    """The first slice and the end of the slices that show a thigh or a leg.

    Args:
        other: For each slice the probability that it shows something else.
    """
    surely = [probability > _SURELY_OTHER for probability in other]
    below = surely.index(False)
    above = surely[::-1].index(False)
    return below if below >= _OTHER_SLICES else 0, len(surely) - (above if above >= _OTHER_SLICES else 0)


def _leg_below_thigh(
    probabilities: Mapping[int, Sequence[npt.NDArray[np.floating]]], slices: Sequence[int]
) -> dict[int, Region]:
    """The region of each of ``slices``."""
    thigh_over_leg = []
    for k in slices:
        answers = np.maximum(np.stack(probabilities[k])[:, :2], _LEAST_PROBABILITY)
        thigh_over_leg.append(float(np.mean(np.log(answers[:, 0]) - np.log(answers[:, 1]))))
    cost = np.concatenate([[0.0], np.cumsum(thigh_over_leg)])
    cost[1:-1] += _BORDER_COST
    border = int(np.argmin(cost))
    return {k: "leg" if n < border else "thigh" for n, k in enumerate(slices)}
