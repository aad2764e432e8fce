import numpy as np

from MuscleSegLib.propagation.error_model import ErrorModel, Misses, Usual
from MuscleSegLib.propagation.key_distances import SlicePositions

POSITIONS = SlicePositions(np.arange(12) * 24.0)
KEYS = (2, 7, 11)


def share_of_network(*network_mm: tuple[float, ...]) -> float:
    """How much the network counts half way between the first two key slices, in the first of some labels."""
    labels = [Misses(KEYS, (True, True, True), (2.0, 2.0), (), own) for own in network_mm]
    usual = Usual.of(labels, POSITIONS)
    _, share, _ = ErrorModel.learnt(labels[0], usual, POSITIONS, np.ones(12, bool)).between(KEYS)
    return float(share[5])


def test_a_network_counts_less_where_it_was_wrong():
    assert share_of_network((0.5, 0.6, 0.7)) > share_of_network((3.0, 3.5, 4.0)) > 0


def test_one_muscle_that_a_network_missed_says_little_of_other_slices_and_muscles():
    """Muscles are missed where they end, and there the error is as large as the muscle."""
    good = (0.5, 0.6, 0.7)
    assert share_of_network((0.5, 0.6, 9.0)) > share_of_network(good) / 2
    assert share_of_network(good, good, (9.0, 9.0, 9.0)) > share_of_network(good, good, good) / 2
