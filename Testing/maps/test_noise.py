import numpy as np
import pytest
import torch

from MuscleSegLib.maps.noise import (
    amplitude_of_mean,
    background_noise_sd,
    rician_loss_and_expectation,
    rician_mean,
    without_noise_floor,
)
from Testing.maps.echo_series import epg_echoes, in_noise


def body_in_air(noise_sd, air=0.3):
    echoes = np.zeros((12, 2, 50, 50))
    echoes[:, :, int(50 * air) :] = epg_echoes(38.0, 0.1, 1.0).reshape(-1, 1, 1, 1)
    return in_noise(echoes, noise_sd).astype(np.float32)


@pytest.mark.parametrize("air", [0.1, 0.5, 0.9])
def test_noise_is_measured_in_the_air(air):
    assert background_noise_sd(body_in_air(12.0, air)) == pytest.approx(12.0, rel=0.03)


def test_noise_is_not_measured_in_a_body_without_air():
    assert background_noise_sd(body_in_air(12.0, 0.0)) is None


def test_noise_is_not_measured_where_the_air_was_cut_away():
    magnitudes = body_in_air(12.0)
    magnitudes[:, :, :16] = 0
    assert background_noise_sd(magnitudes) is None


def test_noise_is_not_measured_where_the_air_was_smoothed():
    magnitudes = body_in_air(12.0)
    magnitudes[:, :, :15] = 10 + 0.5 * magnitudes[:, :, :15] / 12
    assert background_noise_sd(magnitudes) is None


@pytest.mark.parametrize("amplitude", [0.0, 0.5, 1.0, 3.0, 100.0])
def test_magnitudes_of_a_signal_in_noise_have_rice_s_mean(amplitude):
    sampled = in_noise(np.full(400_000, amplitude), 1.0)
    mean = rician_mean(torch.tensor([[amplitude]]).double(), torch.ones(1, 1).double())
    assert mean.item() == pytest.approx(sampled.mean(), abs=5e-3)


def test_the_noise_floor_is_taken_away_on_average():
    for amplitude, left in ((0.0, 0.5), (1.0, 0.15), (4.0, 0.15)):
        sampled = torch.from_numpy(in_noise(np.full((1, 200_000), amplitude), 1.0))
        assert abs(without_noise_floor(sampled, torch.ones(1, 1)).mean() - amplitude) < left


@pytest.mark.parametrize("amplitude", [0.0, 0.5, 2.0, 19.9, 20.1, 300.0])
def test_the_mean_of_magnitudes_tells_the_amplitude(amplitude):
    mean = rician_mean(torch.tensor([amplitude]).double(), torch.ones(1).double())
    assert amplitude_of_mean(7 * mean, 7.0).item() == pytest.approx(7 * amplitude, rel=1e-3, abs=1e-6)


def test_means_scatter_about_the_floor_of_no_signal_without_a_bias():
    floor = rician_mean(torch.zeros(1).double(), torch.ones(1).double())
    above, below = amplitude_of_mean(floor + 0.1, 1.0), amplitude_of_mean(floor - 0.1, 1.0)
    assert above.item() > 0
    torch.testing.assert_close(below, -above)


def test_without_noise_means_are_amplitudes():
    means = torch.tensor([0.0, 3.0])
    torch.testing.assert_close(amplitude_of_mean(means, 0.0), means)


def test_without_noise_the_loss_is_the_squared_difference():
    magnitude, amplitude = torch.tensor([[3.0, 1.0]]), torch.tensor([[2.0, 1.5]])
    loss, in_phase = rician_loss_and_expectation(magnitude, amplitude, torch.zeros(1, 1))
    assert loss.item() == pytest.approx((1 + 0.25) / 2)
    torch.testing.assert_close(in_phase, magnitude)


def test_expectation_is_the_slope_of_the_likelihood():
    magnitude = torch.tensor([[0.4, 1.0, 2.0, 6.0]], dtype=torch.float64)
    amplitude = torch.tensor([[0.3, -0.8, 2.5, 5.0]], dtype=torch.float64, requires_grad=True)
    loss, in_phase = rician_loss_and_expectation(magnitude, amplitude, torch.ones(1, 1).double())
    (slope,) = torch.autograd.grad(loss.sum(), amplitude)
    torch.testing.assert_close(slope, (amplitude - in_phase).detach())
