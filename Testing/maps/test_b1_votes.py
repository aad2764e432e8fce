import numpy as np
import torch

from MuscleSegLib.maps.b1_votes import lowest
from MuscleSegLib.maps.neighbourhood import Neighbourhood


def test_the_lowest_of_two_lows_is_found_between_the_values_of_the_grid():
    grid = torch.arange(0.5, 1.41, 0.05)
    deeper, shallower = 10 * (grid - 0.825).square() - 0.01, 10 * (grid - 1.2).square()
    found = lowest(torch.minimum(deeper, shallower)[None], grid)
    np.testing.assert_allclose(found, [0.825], atol=1e-3)


def test_neighbours_count_by_their_distance_in_mm():
    voxels = np.ones((2, 1, 3), bool)
    voxels[1, 0, 1] = False
    near = Neighbourhood(voxels, (4.0, 1.0, 8.0), 4.0)
    alone = near.sums(torch.tensor([[1.0], [0.0], [0.0], [0.0], [0.0]]))[:, 0]
    distances = np.array([0, 4, 8, 8, np.hypot(8, 8)])
    np.testing.assert_allclose(alone, np.exp(-((distances / 4) ** 2) / 2), rtol=1e-5)


def test_some_voxels_can_tell_for_all():
    near = Neighbourhood(np.ones((1, 1, 3), bool), (4.0, 1.0, 8.0), 4.0)
    found = near.sums(torch.tensor([[2.0, 1.0]]), torch.tensor([2]))
    np.testing.assert_allclose(found[:, 0], 2 * np.exp(-(np.array([2, 1, 0]) ** 2) / 2), rtol=1e-5)
    np.testing.assert_allclose(found[:, 1] * 2, found[:, 0])
