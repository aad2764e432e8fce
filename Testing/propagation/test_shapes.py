import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleSegLib.propagation.blending import Estimate, blend
from MuscleSegLib.propagation.shapes import shape_of
from MuscleSegLib.propagation.working_grid import WorkingGrid


def disc(row: float, column: float, radius: float, size: int = 60) -> np.ndarray:
    rows, columns = np.indices((size, size))
    return np.hypot(rows - row, columns - column) <= radius


GRID = WorkingGrid((0, 60, 0, 60), (2.0, 2.0))


def mask_of(shape, grid: WorkingGrid = GRID, size: int = 60) -> np.ndarray:
    (r0, r1, c0, c1), distance = grid.enlarge(shape.distance_mm, shape.box)
    mask = np.zeros((size, size), bool)
    mask[r0:r1, c0:c1] = distance.numpy() > 0
    return mask


@settings(max_examples=20, deadline=None)
@given(
    row=st.floats(15, 45),
    column=st.floats(15, 45),
    radius=st.floats(4, 12),
    first=st.integers(0, 3),
    pixel=st.sampled_from([(0.7, 0.9), (1.25, 1.25), (2.0, 2.0), (3.0, 2.5)]),
)
def test_a_shape_survives_the_working_grid(row, column, radius, first, pixel):
    mask = disc(row, column, radius)
    grid = WorkingGrid((first, 60, 0, 60 - first), pixel)
    found = mask_of(shape_of(mask, grid), grid)
    border = np.pi * 2 * radius
    assert (found != mask).sum() <= max(4, 0.35 * border * 2.0 / min(pixel))


def test_an_empty_mask_is_no_shape():
    assert shape_of(np.zeros((60, 60), bool), GRID) is None


def test_a_shape_smaller_than_a_working_pixel_is_kept_in_its_place():
    grid = WorkingGrid((0, 60, 0, 60), (0.5, 0.5))
    mask = np.zeros((60, 60), bool)
    mask[29, 33] = True
    shape = shape_of(mask, grid)
    row, column = divmod(int(shape.distance_mm.argmax()), shape.distance_mm.shape[1])
    assert ((row + shape.box[0]) * 4, (column + shape.box[2]) * 4) == (28, 32)


def test_a_shape_moves_against_the_displacement():
    shift = torch.zeros(1, 2, 60, 60)
    shift[:, 1] = 4.0
    moved = shape_of(disc(30, 30, 8), GRID).moved(shift, 4)
    np.testing.assert_array_equal(mask_of(moved), disc(30, 26, 8))


def test_half_way_between_two_discs_is_one_of_half_their_radii():
    shapes = [shape_of(disc(30, 30, radius), GRID) for radius in (6, 12)]
    found = blend([Estimate(shape, 1.0) for shape in shapes])
    assert mask_of(found.shape).sum() == pytest.approx(disc(30, 30, 9).sum(), rel=0.05)


def test_the_surer_source_counts_more():
    shapes = [shape_of(disc(30, 30, radius), GRID) for radius in (6, 12)]
    found = blend([Estimate(shapes[0], 1.0), Estimate(shapes[1], 3.0)])
    assert mask_of(found.shape).sum() == pytest.approx(disc(30, 30, 6.6).sum(), rel=0.1)
    assert found.error_mm < 1.0


@pytest.mark.parametrize(("error_of_absence", "there"), [(3.0, True), (0.5, False)])
def test_a_muscle_that_one_key_slice_lacks_ends_nearer_to_it(error_of_absence, there):
    found = blend([Estimate(shape_of(disc(30, 30, 8), GRID), 1.0), Estimate(None, error_of_absence)])
    assert mask_of(found.shape).any() == there
    assert found.doubt > 0.1


def test_a_thin_muscle_is_not_lost_between_two_places():
    shapes = [shape_of(disc(30, column, 2), GRID) for column in (25, 36)]
    found = blend([Estimate(shapes[0], 1.0), Estimate(shapes[1], 1.2)])
    np.testing.assert_array_equal(mask_of(found.shape), disc(30, 25, 2))


def test_no_source_no_shape():
    assert blend([Estimate(None, 1.0), Estimate(None, 1.0)]) is None
