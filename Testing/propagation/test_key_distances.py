import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from MuscleSegLib.propagation.key_distances import SlicePositions

POSITIONS = SlicePositions(np.arange(12) * 6.0)


def test_key_slices_count_by_how_near_they_are():
    beside = POSITIONS.beside((2, 7))
    assert beside.mm[:, 4].tolist() == [12.0, 18.0]
    np.testing.assert_allclose(beside.nearness[:, 4], [0.6, 0.4])
    assert beside.nearness[:, 0].tolist() == [0.0, 1.0]
    assert beside.nearness[:, 11].tolist() == [1.0, 0.0]
    assert beside.share[0, 3] > beside.nearness[0, 3] > 0.5


def test_a_key_slice_is_not_beside_itself():
    assert np.isinf(POSITIONS.beside((4,)).mm[:, 4]).all()
    assert POSITIONS.beside((2, 7)).mm[:, 2].tolist() == [np.inf, 30.0]


@given(st.sets(st.integers(0, 11), min_size=1, max_size=4))
def test_errors_grow_away_from_key_slices_and_less_between_two(keys):
    ordered = tuple(sorted(keys))
    beside = POSITIONS.beside(ordered)
    nearest = beside.mm.min(0)
    others = [n for n in range(12) if n not in keys]
    for n in others:
        alone = POSITIONS.beside((ordered[int(np.abs(np.array(ordered) - n).argmin())],))
        assert 0 < beside.error[n] <= alone.error[n] + 1e-9
        assert beside.new[n] <= alone.new[n] + 1e-9
        assert beside.share[:, n].sum() == pytest.approx(1)
        assert 0 < beside.repeated[:, n].sum() < 1
    assert all(beside.error[n] < 12.0**0.75 for n in others if nearest[n] <= 6)
