import pytest
import torch

from MuscleSegLib.simulation.draws import Draws


def draws_of(*subject: int, seed: int = 0) -> Draws:
    return Draws(torch.Generator().manual_seed(seed), torch.tensor(subject))


@pytest.mark.parametrize(
    "draw",
    [
        lambda draws: draws.uniform(0, 1, 3),
        lambda draws: draws.normal(2.0, 3),
        lambda draws: draws.field(4, 16, 2),
        lambda draws: draws.choice(torch.ones(1000)),
    ],
    ids=["uniform", "normal", "field", "choice"],
)
def test_slices_of_one_subject_share_a_draw_and_others_do_not(draw):
    drawn = draw(draws_of(0, 1, 0))
    assert (drawn[0] == drawn[2]).all()
    assert (drawn[0] != drawn[1]).any()


def test_noise_differs_from_slice_to_slice():
    noise = draws_of(0, 0).slice_noise(4, 5)
    assert noise.shape == (2, 4, 5) and (noise[0] != noise[1]).all()


def test_one_seed_draws_one_thing():
    one, same, other = (draws_of(0, 1, seed=seed).normal(1, 4) for seed in (3, 3, 4))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_uniform_draws_stay_between_their_ends():
    values = draws_of(*range(500)).uniform(-2, 5)
    assert values.min() >= -2 and values.max() <= 5
    assert values.mean() == pytest.approx(1.5, abs=0.5)


def test_a_chance_comes_as_often_as_it_says():
    assert draws_of(*range(2000)).chance(0.2).float().mean() == pytest.approx(0.2, abs=0.04)


def test_what_has_no_weight_is_not_chosen():
    assert set(draws_of(*range(100)).choice(torch.tensor([0.0, 1.0, 0.0, 2.0])).tolist()) == {1, 3}


@pytest.mark.parametrize("size", [(20, 48), (48, 20), (8, 8)])
def test_a_field_has_any_shape(size):
    field = draws_of(0).field((3, 5), size, 2)
    assert field.shape == (1, 2, *size) and field.isfinite().all()
