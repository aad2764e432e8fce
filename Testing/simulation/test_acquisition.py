import pytest
import torch

from MuscleSegLib.simulation.acquisition import add_other_limb, bias_field, blur_and_ring, crop_field_of_view, scan
from MuscleSegLib.simulation.draws import Draws

COUNT, SHAPE = 12, (32, 64)


@pytest.fixture
def draws():
    return Draws(torch.Generator().manual_seed(2), torch.arange(COUNT))


@pytest.fixture
def body():
    rows, columns = torch.meshgrid(torch.arange(SHAPE[0]), torch.arange(SHAPE[1]), indexing="ij")
    return (((rows - 16) ** 2 + (columns - 18) ** 2) < 100).expand(COUNT, *SHAPE)


def columns_counted(body):
    """A signal that says which column it stood in."""
    return torch.arange(1, SHAPE[1] + 1) * body * torch.ones((), dtype=torch.complex64)


def test_an_image_is_never_negative_and_keeps_its_shape(draws, body):
    image = scan(columns_counted(body), body, draws)
    assert image.shape == body.shape and (image >= 0).all() and image.isfinite().all()


def test_an_image_without_a_limb_is_finite(draws, body):
    image = scan(torch.zeros(body.shape, dtype=torch.complex64), torch.zeros_like(body), draws)
    assert image.isfinite().all() and (image >= 0).all()


def test_the_other_limb_is_the_mirror_image_and_leaves_the_limb_as_it_is(draws, body):
    signal = columns_counted(body)
    both = add_other_limb(signal, body, draws, spacing_mm=2.0, probability=1.0)
    assert torch.equal(both[body], signal[body])
    other = both.masked_fill(body, 0).real[:, 16]
    assert ((other > 0).sum(1) > 5).any()
    for row in other:
        seen = row[row > 0]
        assert (seen.diff() == -1).all()
        assert (row.nonzero() > 27).all()  # the last column of the limb


def test_a_limb_may_be_alone(draws, body):
    signal = columns_counted(body)
    assert torch.equal(add_other_limb(signal, body, draws, spacing_mm=2.0, probability=0.0), signal)


def test_blurring_keeps_the_mean(draws, body):
    signal = columns_counted(body)
    mean = blur_and_ring(signal, draws).mean((1, 2)).real / signal.mean((1, 2)).real
    assert mean.min() > 0.8 and mean.max() <= 1.001


def test_a_bias_field_is_positive_and_smooth(draws):
    field = bias_field(draws, SHAPE)
    assert field.shape == (COUNT, *SHAPE) and (field > 0).all()
    assert field.diff(dim=2).abs().max() < 0.2


def test_a_cut_field_of_view_is_empty_along_one_border_only(draws):
    cut = crop_field_of_view(torch.ones(COUNT, *SHAPE), draws, probability=1.0)
    assert cut.shape == (COUNT, *SHAPE)
    for image in cut:
        rows, columns = (image == 0).all(1), (image == 0).all(0)
        length = SHAPE[0] if rows.any() else SHAPE[1]
        empty = rows if rows.any() else columns
        assert not (rows.any() and columns.any())
        assert 0.05 * length - 1 <= empty.sum() <= 0.3 * length + 1
        assert empty[0] != empty[-1]


def test_most_fields_of_view_are_whole(draws):
    assert torch.equal(crop_field_of_view(torch.ones(COUNT, *SHAPE), draws, 0.0), torch.ones(COUNT, *SHAPE))
