import pytest
import torch

from MuscleSegLib.simulation.draws import Draws
from MuscleSegLib.simulation.sequences import SEQUENCES, Contrast, draw_contrast, in_one_pixel
from MuscleSegLib.simulation.tissues import Tissue, draw_tissue_properties

SUBJECTS = 40


def contrast(sequence: str | None) -> Contrast:
    draws = Draws(torch.Generator().manual_seed(1), torch.arange(SUBJECTS))
    return draw_contrast(draw_tissue_properties(draws), draws, sequence)


def pixel(value: float) -> torch.Tensor:
    return torch.full((1, 1, 1), value)


def test_properties_lie_in_the_range_of_their_tissue():
    draws = Draws(torch.Generator().manual_seed(1), torch.arange(SUBJECTS))
    properties = draw_tissue_properties(draws)
    t2 = properties.t2_ms[:, Tissue.MUSCLE]
    assert t2.min() >= 28 and t2.max() <= 45 and t2.max() - t2.min() > 10
    assert (properties.fat_fraction[:, Tissue.FAT] >= 0.88).all()
    assert (properties.density[:, Tissue.AIR] == 0).all()


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_air_is_dark_and_no_signal_is_negative(sequence):
    seen = contrast(sequence)
    for signal in (seen.water, seen.fat):
        assert (signal[:, Tissue.AIR] == 0).all() and (signal >= 0).all()


def test_muscle_without_fat_is_dark_on_a_dixon_fat_image_and_fat_on_a_dixon_water_image():
    assert (contrast("dixon_fat").water == 0).all() and (contrast("dixon_fat").fat[:, Tissue.FAT] > 0).all()
    assert (contrast("dixon_water").fat == 0).all() and (contrast("dixon_water").water[:, Tissue.MUSCLE] > 0).all()


@pytest.mark.parametrize(("sequence", "expected"), [("in_phase", 1.4), ("opposed_phase", 0.0), ("t1", 1.4)])
def test_half_water_and_half_fat_add_up_in_phase_and_cancel_in_opposed_phase(sequence, expected):
    angle = contrast(sequence).angle[:1]
    assert in_one_pixel(pixel(0.7), pixel(0.7), angle).abs().item() == pytest.approx(expected, abs=1e-6)


def test_stir_nulls_fat_that_is_bright_on_t1():
    ratio = {
        name: contrast(name).fat[:, Tissue.FAT] / contrast(name).water[:, Tissue.MUSCLE] for name in ("stir", "t1")
    }
    assert (ratio["t1"] > 1).float().mean() > 0.9
    assert (ratio["stir"] < 0.5).all()


def test_muscle_is_darker_than_fat_on_t2_weighted_images():
    seen = contrast("t2")
    assert (seen.fat[:, Tissue.FAT] > seen.water[:, Tissue.MUSCLE]).float().mean() > 0.9


def test_without_a_name_every_sequence_comes_up():
    draws = Draws(torch.Generator().manual_seed(1), torch.arange(300))
    seen = draw_contrast(draw_tissue_properties(draws), draws)
    no_fat, no_water = ((signal == 0).all(1) for signal in (seen.fat, seen.water))
    assert no_fat.any() and no_water.any() and (~no_fat & ~no_water).any()
    assert (seen.angle == 0).any() and (seen.angle > 3.14).any() and ((seen.angle > 0.5) & (seen.angle < 3)).any()
