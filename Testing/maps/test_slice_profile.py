import numpy as np
import torch

from MuscleSegLib.maps.slice_profile import SINC_PULSES, SelectivePulses, slice_profile


def profile(b1, pulses=SINC_PULSES):
    return slice_profile(torch.tensor(b1, dtype=torch.float64), pulses)


def test_pulses_turn_the_middle_of_the_slice_by_their_angle():
    middle = profile(0.9)
    np.testing.assert_allclose(middle.transverse[0], np.sin(np.radians(81)), atol=2e-3)
    np.testing.assert_allclose(middle.refocusing_rad[0], np.radians(162), atol=0.02)


def test_no_signal_arises_far_from_the_slice():
    found = profile(1.0)
    assert found.transverse[-1] < 0.02
    assert (found.transverse * found.weights)[found.transverse < 0.5].sum() < 0.35 * found.transverse @ found.weights


def test_a_weak_excitation_has_the_profile_of_the_pulse_s_spectrum():
    pulses = SelectivePulses(time_bandwidth=3.0, refocusing_width=1.0)
    weak = profile(0.01, pulses)
    nodes, _ = np.polynomial.legendre.leggauss(len(weak.transverse))
    time = np.linspace(-0.5, 0.5, 4001)
    shape = np.cos(np.pi * time) ** 2 * np.sinc(3 * time)
    place = (nodes + 1) / 2 * 1.4
    spectrum = [np.trapezoid(shape * np.cos(2 * np.pi * 3 * z * time), time) for z in place]
    expected = np.sin(np.radians(0.9)) * np.abs(spectrum) / np.trapezoid(shape, time)
    np.testing.assert_allclose(weak.transverse, expected, atol=2e-5)


def test_without_pulses_the_whole_slice_is_turned_alike():
    found = profile([0.8, 1.2], None)
    np.testing.assert_allclose(found.transverse[:, 0], np.sin(np.radians([72, 108])))
    np.testing.assert_allclose(found.refocusing_rad[:, 0], np.radians([144, 144]))
