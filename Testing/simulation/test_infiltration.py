from math import pi

import pytest
import torch

from MuscleSegLib.simulation.draws import Draws
from MuscleSegLib.simulation.infiltration import infiltration_pattern, severities_of_muscles, streaks
from MuscleSegLib.simulation.label_tables import LABELS, depths, looked_up

SIZE = 96


def draws(count=1, seed=0) -> Draws:
    return Draws(torch.Generator().manual_seed(seed), torch.arange(count))


def change(image: torch.Tensor) -> tuple[float, float]:
    """How much an image changes from row to row, and from column to column."""
    return image.diff(dim=-2).square().mean().item(), image.diff(dim=-1).square().mean().item()


@pytest.mark.parametrize("turned", [0.0, 0.3])
def test_a_streak_runs_in_its_direction(turned):
    direction = torch.full((20, SIZE, SIZE), turned)
    across_rows, across_columns = change(streaks(draws(20), direction))
    assert across_rows > 5 * across_columns
    across_rows, across_columns = change(streaks(draws(20), direction + pi / 2))
    assert across_columns > 5 * across_rows


def test_every_part_of_an_image_has_streaks_of_its_own_direction():
    # One pattern across all muscles of a limb taught the networks that streaks go on beyond a border.
    direction = torch.zeros(20, SIZE, SIZE)
    direction[:, :, SIZE // 2 :] = pi / 2
    lines = streaks(draws(20), direction)
    left, right = change(lines[:, :, : SIZE // 2]), change(lines[:, :, SIZE // 2 :])
    assert left[0] > 5 * left[1] and right[1] > 5 * right[0]


def test_a_pattern_leaves_the_mean_fat_fraction_of_a_muscle():
    label = torch.ones(200, SIZE, SIZE, dtype=torch.long)
    pattern = infiltration_pattern(draws(200), label)
    assert pattern.mean().item() == pytest.approx(1, abs=0.05)
    assert (pattern > -0.5).all()


def test_some_patients_are_healthy_and_in_some_muscles_hardly_anything_is_left():
    severity = severities_of_muscles(draws(300))
    assert severity.shape == (300, LABELS) and (severity >= 0).all() and (severity <= 0.9).all()
    assert (severity.amax(1) < 0.15).any() and (severity.amax(1) > 0.8).any()


def test_each_label_has_its_entry_and_its_depth():
    label = torch.tensor([[[3, 3, 3, 7, 7]]])
    border_mm = torch.tensor([[[-0.5, -4.0, -0.5, -2.0, 1.0]]])
    deepest = depths(label, border_mm)
    assert looked_up(deepest, label).tolist() == [[[4.0, 4.0, 4.0, 2.0, 2.0]]]
    assert deepest[0, 5] == 0
