"""Slices of a limb are cut along curved surfaces."""

import numpy as np

from MuscleSegLib.simulation.curved_cuts import cut, draw_surface


def test_a_cut_shows_what_lies_above_where_the_surface_rises_and_below_where_it_falls():
    # Each slice is a label of its own.
    limb = np.broadcast_to(np.arange(1, 31, dtype=np.uint8)[:, None, None], (30, 8, 9))
    rise = np.zeros((8, 9), int)
    rise[:, 6:], rise[:4, :3] = 5, -2
    assert np.array_equal(cut(limb, 10, rise), 11 + rise)
    for outside in (0, 1, 25, 29):
        assert not cut(limb, outside, rise).any()
    for inside in (2, 24):
        assert cut(limb, inside, rise).all()


def test_surfaces_rise_as_much_in_millimetres_whatever_the_slices_are_apart():
    limb = np.ones((50, 150, 150), np.uint8)
    coarse, fine = (draw_surface(limb, slice_mm, np.random.default_rng(0)) for slice_mm in (2.0, 0.5))
    assert np.abs(coarse * 2.0 - fine * 0.5).max() <= 1.25
    assert 10 < np.ptp(coarse) * 2.0 < 100


def test_no_two_surfaces_are_alike():
    limb = np.ones((50, 60, 60), np.uint8)
    random = np.random.default_rng(0)
    assert not np.array_equal(draw_surface(limb, 2.0, random), draw_surface(limb, 2.0, random))


def test_what_the_surface_does_beside_the_limb_costs_no_slice():
    limb = np.zeros((50, 200, 200), np.uint8)
    limb[:, 98:102, 98:102] = 1
    rise = draw_surface(limb, 2.0, np.random.default_rng(0))
    assert rise.min() == rise[98:102, 98:102].min() and rise.max() == rise[98:102, 98:102].max()
