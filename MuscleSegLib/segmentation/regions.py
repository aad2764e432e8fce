"""Which slices are thigh and which are leg (the classifier of Agosti 2021, slice by slice)."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from MuscleSegLib.errors import InputError

Region = Literal["thigh", "leg"]
#: The classes of the classifier, in the order in which this module expects their probabilities.
CLASSES = ("thigh", "leg", "other")
REGIONS: tuple[Region, ...] = ("thigh", "leg")
#: No single slice counts for more than this against the others, however sure the classifier is of it.
_LEAST_PROBABILITY = 1e-3
#: A second region must fit better by more than any single slice can make it: the end of a thigh is not yet a leg.
_BORDER_COST = float(-np.log(_LEAST_PROBABILITY))


def regions_of_slices(probabilities: Mapping[int, Sequence[npt.NDArray[np.floating]]]) -> dict[int, Region]:
    """Draw one border between leg and thigh where the classifier's answers fit it best.

    Args:
        probabilities: For each slice (its index from inferior) that shows a limb: for each of its limbs the
            probabilities of :data:`CLASSES`.

    Returns:
        The region of each slice: leg below the border, thigh above it. One is empty unless both fit clearly better.

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
    thigh_over_leg = []
    for k in slices:
        answers = np.maximum(np.stack(probabilities[k])[:, :2], _LEAST_PROBABILITY)
        thigh_over_leg.append(float(np.mean(np.log(answers[:, 0]) - np.log(answers[:, 1]))))
    cost = np.concatenate([[0.0], np.cumsum(thigh_over_leg)])
    cost[1:-1] += _BORDER_COST
    border = int(np.argmin(cost))
    return {k: "leg" if n < border else "thigh" for n, k in enumerate(slices)}
