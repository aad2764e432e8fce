"""What an image's values tell of being muscle, and the other way round."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import rel_entr

_BINS = 32


def value_bins(values: NDArray[np.floating]) -> NDArray[np.intp]:
    """(N,) bins of as many ``values`` each, from 0 to 31."""
    return np.digitize(values, np.unique(np.quantile(values, np.linspace(0, 1, _BINS + 1)[1:-1])))


def information_of_muscle(muscle: NDArray[Any], bins: NDArray[np.intp]) -> float:
    """Mutual information of being muscle and of an image's value, by their joint histogram, in nats.

    Args:
        muscle: (N,) bool, or how much of a voxel is muscle, 0 to 1.
        bins: (N,) of the values at the same places, see :func:`value_bins`.
    """
    share = muscle.astype(float)
    joint = np.stack([np.bincount(bins, weights, _BINS) for weights in (1 - share, share)]) / share.size
    return float(rel_entr(joint, joint.sum(0) * joint.sum(1, keepdims=True)).sum())
