import pytest
import torch

from MuscleSegLib.errors import ModelError
from MuscleSegLib.segmentation.normalisation import normalise


def test_the_mean_of_the_foreground_becomes_zero_and_no_signal_minus_one():
    crop = torch.tensor([0.0, 0.0, 0.0, 100.0, 300.0, 0.0]).view(1, 1, 2, 3)
    assert normalise(crop, "foreground-mean").flatten().tolist() == pytest.approx([-1, -1, -1, -0.5, 0.5, -1], abs=0.51)
    bright = crop > crop.mean()
    assert normalise(crop, "foreground-mean")[bright].mean() == pytest.approx(0, abs=1e-6)


def test_every_crop_is_scaled_by_itself():
    crops = torch.rand(3, 1, 8, 8)
    scaled = crops * torch.tensor([1.0, 50.0, 0.01])[:, None, None, None]
    torch.testing.assert_close(normalise(crops, "foreground-mean"), normalise(scaled, "foreground-mean"))


def test_bright_vessels_are_clipped():
    crop = torch.ones(1, 1, 10, 10)
    crop[0, 0, :5] = 0
    crop[0, 0, 9, 9] = 1000
    assert normalise(crop, "foreground-mean").max() <= 3


@pytest.mark.parametrize(("value", "expected"), [(0.0, -1.0), (5.0, 0.0), (-3.0, -1.0)])
def test_a_constant_crop_is_no_division_by_zero(value, expected):
    assert (normalise(torch.full((1, 1, 4, 4), value), "foreground-mean") == expected).all()


def test_an_unknown_name_is_refused():
    with pytest.raises(ModelError, match="z-score"):
        normalise(torch.zeros(1, 1, 2, 2), "z-score")
