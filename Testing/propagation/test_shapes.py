import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleSegLib.propagation.blending import Estimate, between, blend
from MuscleSegLib.propagation.corrections import corrected, correction_of
from MuscleSegLib.propagation.shapes import RIM_MM, Distances, shapes_of
from MuscleSegLib.propagation.working_grid import WorkingGrid


def disc(row: float, column: float, radius: float, size: int = 60) -> np.ndarray:
    rows, columns = np.indices((size, size))
    return np.hypot(rows - row, columns - column) <= radius


def shape_of(mask: np.ndarray, grid: WorkingGrid):
    (shape,) = shapes_of(mask[None], grid)
    return shape


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


def test_many_shapes_are_those_of_each_alone():
    masks = np.stack([disc(30, 30, 8), np.zeros((60, 60), bool), disc(3, 57, 6), disc(58, 2, 10), disc(20, 40, 3)])
    grid = WorkingGrid((0, 60, 0, 60), (1.25, 1.5))
    together = shapes_of(masks, grid)
    assert together[1] is None
    for shape, mask in zip(together, masks, strict=True):
        if shape is not None:
            alone = shape_of(mask, grid)
            assert shape.box == alone.box
            near = alone.distance_mm.abs() < RIM_MM - 3.0  # what lies beyond the rim is smoothed into two pixels
            np.testing.assert_array_equal(shape.distance_mm[near], alone.distance_mm[near])


def test_a_shape_smaller_than_a_working_pixel_is_kept_in_its_place():
    grid = WorkingGrid((0, 60, 0, 60), (0.5, 0.5))
    mask = np.zeros((60, 60), bool)
    mask[29, 33] = True
    shape = shape_of(mask, grid)
    row, column = divmod(int(shape.distance_mm.argmax()), shape.distance_mm.shape[1])
    assert ((row + shape.box[0]) * 2, (column + shape.box[2]) * 2) == (28, 32)


@given(st.tuples(*[st.integers(0, 40)] * 2), st.tuples(*[st.integers(1, 30)] * 2))
def test_beyond_its_box_a_shape_is_as_at_the_rim(first, size):
    own, box = (10, 25, 20, 38), (first[0], first[0] + size[0], first[1], first[1] + size[1])
    values = torch.arange(15 * 18, dtype=torch.float32).reshape(15, 18)
    rows = np.arange(box[0], box[1]).clip(10, 24) - 10
    columns = np.arange(box[2], box[3]).clip(20, 37) - 20
    np.testing.assert_array_equal(Distances(own, values).on(box), values.numpy()[np.ix_(rows, columns)])


def test_a_shape_moves_against_the_displacement():
    shift = torch.zeros(1, 2, 60, 60)
    shift[:, 1] = 4.0
    moved = shape_of(disc(30, 30, 8), GRID).moved(shift, 4)
    np.testing.assert_array_equal(mask_of(moved), disc(30, 26, 8))


def test_half_way_between_two_discs_is_one_of_half_their_radii():
    shapes = [shape_of(disc(30, 30, radius), GRID) for radius in (6, 12)]
    found = between(shapes, [0.5, 0.5], 1.0, 1.0)
    assert mask_of(found.shape).sum() == pytest.approx(disc(30, 30, 9).sum(), rel=0.05)
    assert found.doubt == 0


def test_what_counts_more_is_nearer():
    shapes = [shape_of(disc(30, 30, radius), GRID) for radius in (6, 12)]
    found = between(shapes, [0.9, 0.1], 1.0, 1.0)
    assert mask_of(found.shape).sum() == pytest.approx(disc(30, 30, 6.6).sum(), rel=0.1)


@pytest.mark.parametrize("apart", [4, 8, 14])
def test_a_muscle_does_not_shrink_where_key_slices_see_it_in_two_places(apart):
    shapes = [shape_of(disc(30, 30 + shift, 8), GRID) for shift in (-apart / 2, apart / 2)]
    found = mask_of(between(shapes, [0.5, 0.5], 1.0, 1.0).shape)
    assert found.sum() == pytest.approx(disc(30, 30, 8).sum(), rel=0.06)
    assert np.abs(np.argwhere(found).mean(0) - 30).max() < 0.3


@pytest.mark.parametrize("there", [0.8, 0.6, 0.4, 0.2])
def test_a_muscle_that_one_key_slice_lacks_tapers_towards_it_as_a_cone(there):
    found = between([shape_of(disc(30, 30, 10), GRID), None], [1.0, 0.0], there, 1.0)
    assert mask_of(found.shape).sum() == pytest.approx(disc(30, 30, 10 * there).sum(), rel=0.15)
    assert found.doubt > 0.3


def test_a_thin_muscle_is_not_lost_between_two_places():
    shapes = [shape_of(disc(30, column, 2), GRID) for column in (25, 36)]
    found = mask_of(between(shapes, [0.6, 0.4], 1.0, 1.0).shape)
    assert found.sum() == pytest.approx(disc(30, 30, 2).sum(), rel=0.25)


def test_where_no_key_slice_shows_a_label_there_is_none():
    assert between([None, None], [0.5, 0.5], 0.0, 1.0) is None
    assert blend(None, None, 0.5, 1.0, 2.0) is None


@pytest.mark.parametrize(("share", "there"), [(0.4, False), (0.6, True), (1.0, True)])
def test_what_counts_more_tells_whether_a_label_is_there(share, there):
    found = blend(None, shape_of(disc(30, 30, 8), GRID), share, 1.0, 2.0)
    assert (found is not None) == there
    if found is not None:
        assert mask_of(found.shape).sum() <= disc(30, 30, 8).sum()


def test_of_a_network_only_pieces_that_can_be_carried_to_count():
    carried = Estimate(shape_of(disc(30, 20, 8), GRID), 1.0, 0.0)
    near, far = disc(31, 21, 9), disc(30, 45, 5)
    found, alone = (mask_of(blend(carried, shape_of(mask, GRID), 0.9, 1.0, 2.0).shape) for mask in (near | far, near))
    np.testing.assert_array_equal(found, alone)


def test_a_network_that_found_most_of_a_label_elsewhere_is_not_listened_to():
    carried = Estimate(shape_of(disc(30, 20, 8), GRID), 1.0, 0.0)
    assert blend(carried, shape_of(disc(30, 20, 3) | disc(30, 45, 5), GRID), 0.9, 1.0, 2.0) is carried


def test_a_piece_that_reaches_what_is_carried_is_kept_whole():
    carried = Estimate(shape_of(disc(30, 15, 6), GRID), 1.0, 0.0)
    long = np.zeros((60, 60), bool)
    long[27:34, 18:50] = True
    assert mask_of(blend(carried, shape_of(long, GRID), 1.0, 1.0, 2.0).shape).sum() == long.sum()


def test_a_correction_is_made_elsewhere_in_part():
    found, drawn = (shape_of(disc(30, 30, radius), GRID) for radius in (6, 9))
    correction = correction_of(found, drawn)
    for part, radius in ((1.0, 9), (0.5, 7.5), (0.0, 6)):
        assert corrected(found, [correction], [part]).area == pytest.approx(disc(30, 30, radius).sum(), rel=0.06)


def test_a_part_of_a_correction_by_one_pixel_moves_part_of_the_border():
    # Labels run along the edges of pixels: taken at their word, a border would move by a whole pixel or not at all.
    def moved(part: float, radius: float) -> float:
        found, drawn = disc(29.7, 30.2, radius), disc(29.7, 30.2, radius + 1)
        correction = correction_of(shape_of(found, GRID), shape_of(drawn, GRID))
        gained = corrected(shape_of(found, GRID), [correction], [part]).area - found.sum()
        return float(gained / (drawn.sum() - found.sum()))

    quarter, half, most = (np.mean([moved(part, radius) for radius in range(6, 14)]) for part in (0.35, 0.55, 0.75))
    assert 0.05 < quarter < half - 0.1 < half < most - 0.1 < 0.85


def test_what_was_not_corrected_is_no_correction():
    shape = shape_of(disc(30, 30, 6), GRID)
    assert correction_of(shape, shape) is None
    assert correction_of(shape, None) is None
    assert corrected(shape, [None], [1.0]).area == shape.area
    assert corrected(None, [None], [1.0]) is None
