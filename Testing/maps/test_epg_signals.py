import pytest
import torch

from MuscleSegLib.maps.epg_signals import EchoSignals, EchoTrain, Tissue, exact_signals
from MuscleSegLib.maps.slice_profile import SINC_PULSES

MUSCLE = Tissue(1400.0, (10.0, 120.0))


def voxels(count=100):
    generator = torch.Generator().manual_seed(0)
    random = torch.rand(2, count, generator=generator, dtype=torch.float64)
    return torch.tensor(10.0).log() + random[0] * torch.tensor(12.0).log(), 0.5 + 0.9 * random[1]


@pytest.mark.parametrize("pulses", [SINC_PULSES, None], ids=["sliced", "whole"])
@pytest.mark.parametrize("numbers", [tuple(range(1, 33)), (2, 3, 5, 8)], ids=["32 echoes", "some of 8"])
def test_polynomials_are_as_good_as_phase_graphs(pulses, numbers):
    train = EchoTrain(8.0, numbers)
    log_t2, b1 = voxels()
    found = EchoSignals(MUSCLE, (0.5, 1.4), train, pulses).at(b1.float())(log_t2.float())
    exact = exact_signals(MUSCLE.t1_ms, log_t2.exp(), b1, train, pulses)
    torch.testing.assert_close(found.double(), exact, atol=5e-6, rtol=0)


def test_slopes_are_derivatives():
    log_t2, b1 = voxels(50)
    train, step = EchoTrain(10.0, (1, 2, 4)), 1e-4
    above, below = (exact_signals(MUSCLE.t1_ms, (log_t2 + sign * step).exp(), b1, train, None) for sign in (1, -1))
    curves = EchoSignals(MUSCLE, (0.5, 1.4), train, None).at(b1.float())
    found, slopes = curves.with_slope(log_t2.float())
    torch.testing.assert_close(slopes.double(), (above - below) / (2 * step), atol=2e-5, rtol=0)
    torch.testing.assert_close(found, curves(log_t2.float()))


def test_a_tissue_of_known_t2_needs_no_t2():
    train = EchoTrain(10.0, (1, 2, 3))
    b1 = torch.tensor([0.7, 1.1])
    fat = EchoSignals(Tissue(365.0, (151.0, 151.0)), (0.5, 1.4), train, SINC_PULSES).at(b1)
    exact = exact_signals(365.0, torch.tensor([151.0]).double(), b1.double(), train, SINC_PULSES)
    torch.testing.assert_close(fat(torch.zeros(2)).double(), exact, atol=5e-6, rtol=0)


def test_perfect_pulses_give_the_magnetisation_at_no_echo_time():
    exact = exact_signals(1400.0, torch.tensor(35.0).double(), torch.tensor(1.0).double(), EchoTrain(10.0, (1,)), None)
    torch.testing.assert_close(exact, torch.exp(torch.tensor([-10 / 35])).double())
