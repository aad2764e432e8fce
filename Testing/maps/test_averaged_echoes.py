import numpy as np
import torch

from MuscleSegLib.maps.averaged_echoes import averaged_echoes
from MuscleSegLib.maps.neighbourhood import Neighbourhood
from Testing.maps.echo_series import in_noise

NEAR = Neighbourhood(np.ones((1, 60, 60), bool), (1.0, 1.0, 5.0), 2.0)


def test_averaging_leaves_the_noise_that_it_says():
    magnitudes = torch.from_numpy(in_noise(np.full((3600, 3), 100.0), 10.0)).float()
    amplitudes, noise = averaged_echoes(magnitudes, 10.0, NEAR)
    inside = torch.zeros(60, 60, dtype=torch.bool)
    inside[8:-8, 8:-8] = True
    assert abs(amplitudes[inside.flatten()].std() / noise[inside.flatten()].mean() - 1) < 0.15
    assert noise.max() < 4  # of 10, at the corner
    assert abs(amplitudes.mean() - 100) < 0.5  # the magnitudes' mean is 100.5


def test_a_lone_voxel_is_its_own_mean():
    alone = np.zeros((1, 3, 3), bool)
    alone[0, 1, 1] = True
    amplitudes, noise = averaged_echoes(torch.tensor([[50.0, 40.0]]), 0.1, Neighbourhood(alone, (1.0, 1.0, 5.0), 2.0))
    torch.testing.assert_close(amplitudes, torch.tensor([[50.0, 40.0]]), rtol=1e-4, atol=0)
    torch.testing.assert_close(noise, torch.tensor([[0.1]]))
