import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleSegLib.propagation.diffeomorphisms import compose, exponential, smooth, warp


def velocity(seed: int, pixels: float, size: int = 40) -> torch.Tensor:
    random = torch.randn(1, 2, size, size, generator=torch.Generator().manual_seed(seed))
    smoothed = smooth(random, 5.0)
    return smoothed * (pixels / smoothed.abs().max())


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), pixels=st.floats(0.1, 4.0))
def test_going_back_along_a_velocity_undoes_going_along_it(seed, pixels):
    along = velocity(seed, pixels)
    there_and_back = compose(exponential(along), exponential(-along))
    assert there_and_back[:, :, 8:-8, 8:-8].abs().max() < 0.3


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), pixels=st.floats(0.1, 6.0))
def test_a_motion_folds_nowhere(seed, pixels):
    displacement = exponential(velocity(seed, pixels))
    rows, columns = torch.gradient(displacement, dim=(2, 3))
    jacobian = (1 + rows[:, 0]) * (1 + columns[:, 1]) - rows[:, 1] * columns[:, 0]
    assert jacobian[:, 1:-1, 1:-1].min() > 0


def test_a_shift_moves_values_by_as_many_pixels():
    values = torch.rand(1, 1, 12, 15)
    shift = torch.zeros(1, 2, 12, 15)
    shift[:, 0], shift[:, 1] = 2, -3
    torch.testing.assert_close(warp(values, shift)[:, :, :-2, 3:], values[:, :, 2:, :-3], atol=1e-5, rtol=0)


def test_a_part_of_a_displacement_takes_its_own_pixels():
    values, motion = torch.rand(1, 1, 12, 15), velocity(3, 2.0)[:, :, :12, :15]
    part = warp(values, motion[:, :, 4:9, 2:13], (4, 2))
    torch.testing.assert_close(part, warp(values, motion)[:, :, 4:9, 2:13], atol=1e-5, rtol=0)


def test_composing_shifts_adds_them():
    one, other = torch.full((1, 2, 10, 10), 1.5), torch.full((1, 2, 10, 10), -0.5)
    torch.testing.assert_close(compose(one, other), torch.full((1, 2, 10, 10), 1.0))


def test_smoothing_keeps_what_is_even():
    torch.testing.assert_close(smooth(torch.full((1, 2, 9, 30), 3.0), 2.0), torch.full((1, 2, 9, 30), 3.0))
