import numpy as np

from MuscleSegLib.propagation.error_model import ErrorModel, Misses, Usual
from MuscleSegLib.propagation.key_distances import SlicePositions

POSITIONS = SlicePositions(np.arange(12) * 24.0)
KEYS = (2, 7, 11)


def learnt(*labels: Misses) -> ErrorModel:
    """Of the first label."""
    return ErrorModel.learnt(labels[0], Usual.of(labels, POSITIONS), POSITIONS, np.ones(12, bool))


def share_of_network(*network_mm: tuple[float, ...]) -> float:
    """How much the network counts half way between the first two key slices, in the first of some labels."""
    labels = [Misses(KEYS, (True, True, True), (2.0, 2.0), (), own) for own in network_mm]
    _, share, _ = learnt(*labels).between(KEYS)
    return float(share[5])


def test_a_network_counts_less_where_it_was_wrong():
    assert share_of_network((0.5, 0.6, 0.7)) > share_of_network((3.0, 3.5, 4.0)) > 0


def test_one_muscle_that_a_network_missed_says_little_of_other_slices_and_muscles():
    """Muscles are missed where they end, and there the error is as large as the muscle."""
    good = (0.5, 0.6, 0.7)
    assert share_of_network((0.5, 0.6, 9.0)) > share_of_network(good) / 2
    assert share_of_network(good, good, (9.0, 9.0, 9.0)) > share_of_network(good, good, good) / 2


def test_key_slices_side_by_side_that_agree_do_not_tell_what_lies_far_beyond_them():
    """A muscle that grows ninefold from there on was carried so, against a network that had it right."""

    def rates(*keys: int) -> tuple[float, ...]:
        return learnt(Misses(keys, (True, True), (0.2,), (), (1.0, 1.0))).rates

    assert rates(10, 11)[0] > 2 * rates(1, 11)[0]


def test_a_slice_beside_a_corrected_one_is_worth_less_than_one_far_from_it():
    """Half of what it would tell is known."""
    errors = learnt(Misses((6,), (True,), (), (), (1.0,)))
    left = np.array([errors.with_key(n).sum() for n in range(12)])
    gain = left[6] - left
    assert gain[1:4].min() > 1.3 * gain[[5, 7]].max()
