import numpy as np

from MuscleSegLib.propagation.topology import pieces, small_pieces

MASK = np.zeros((12, 12), bool)
MASK[1:3, 1:3] = MASK[3, 3] = MASK[6:10, 6:10] = MASK[11, 0] = True


def test_pixels_that_share_a_corner_are_one_piece():
    assert pieces(MASK) == 3
    assert pieces(np.zeros((5, 5), bool)) == 0


def test_the_largest_pieces_are_kept():
    for most, taken in ((1, [(1, 1), (3, 3), (11, 0)]), (2, [(11, 0)]), (3, [])):
        small = small_pieces(MASK, most)
        assert all(small[place] for place in taken)
        assert pieces(MASK & ~small) == most
