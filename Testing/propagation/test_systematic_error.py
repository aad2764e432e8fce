import math

import numpy as np
import pytest
import SimpleITK as sitk
import torch

from MuscleSegLib.propagation import propagate
from MuscleSegLib.propagation.motion import SliceMotion
from MuscleSegLib.propagation.shapes import Shape, shapes_of
from MuscleSegLib.propagation.systematic_error import SystematicError
from MuscleSegLib.propagation.working_grid import WorkingGrid

PIXEL_MM = (1.0, 0.5)
GRID = WorkingGrid((0, 90, 0, 120), PIXEL_MM)


def disc(radius_mm: float, row_mm: float = 45.0, column_mm: float = 30.0) -> Shape:
    rows, columns = np.indices((90, 120)) * np.array(PIXEL_MM)[:, None, None]
    (shape,) = shapes_of((np.hypot(rows - row_mm, columns - column_mm) <= radius_mm)[None], GRID)
    assert shape is not None
    return shape


def told_by(*pairs: tuple[Shape | None, Shape | None]) -> SystematicError:
    return SystematicError.told_by(pairs, GRID.coarse_mm)


def area_mm2(shape: Shape | None) -> float:
    return 0.0 if shape is None else shape.area * math.prod(GRID.coarse_mm)


def test_a_reader_who_draws_everything_inside_of_what_was_found_is_told_and_followed_elsewhere():
    error = told_by(*[(disc(radius), disc(radius - 1.0)) for radius in np.linspace(8, 15, 40)])
    assert error.outside_mm == pytest.approx(-1.0, abs=0.2)
    assert error.beside_mm == pytest.approx((0.0, 0.0), abs=0.1)
    assert area_mm2(error.made_good(disc(12.0), GRID.coarse_mm)) == pytest.approx(area_mm2(disc(11.0)), rel=0.05)


def test_what_was_found_beside_everything_is_told_in_mm_along_rows_and_columns():
    """As in T1-weighted images, where fat is shown beside water, and borders with it."""
    error = told_by(*[(disc(radius), disc(radius, 46.0, 28.5)) for radius in np.linspace(8, 15, 40)])
    assert error.outside_mm == pytest.approx(0.0, abs=0.15)
    assert error.beside_mm == pytest.approx((1.0, -1.5), abs=0.3)
    found, drawn = error.made_good(disc(12.0), GRID.coarse_mm), disc(12.0, 46.0, 28.5)
    assert found is not None
    differs = (found.on(drawn.box) > 0) != (drawn.distance_mm > 0)
    assert float(differs.sum()) < 0.04 * drawn.area


def test_a_few_corrections_however_large_tell_nothing_of_other_places():
    assert told_by(*[(disc(12.0), disc(6.0))] * 3) == SystematicError(0.0, (0.0, 0.0))


def test_a_muscle_that_is_drawn_wholly_elsewhere_among_many_that_are_right_tells_nothing():
    right = [(disc(radius), disc(radius)) for radius in np.linspace(8, 15, 20)]
    assert told_by(
        *right, (disc(10.0, 20.0), disc(10.0, 65.0)), (None, disc(9.0)), (disc(9.0), None)
    ) == SystematicError(0.0, (0.0, 0.0))


def test_without_an_error_what_was_found_stays_as_it_was():
    shape = disc(10.0)
    assert SystematicError(0.0, (0.0, 0.0)).made_good(shape, GRID.coarse_mm) is shape
    assert SystematicError(-2.0, (0.0, 0.0)).made_good(None, GRID.coarse_mm) is None
    assert SystematicError(-20.0, (0.0, 0.0)).made_good(shape, GRID.coarse_mm) is None


def test_corrections_of_many_muscles_in_one_slice_reach_slices_too_far_for_single_ones():
    """Twelve muscles found 1 mm too large in each of 30 slices 10 mm apart, and drawn right in the first."""
    rows, columns = np.indices((100, 140))
    true, found = np.zeros((2, 30, 100, 140), np.uint8)
    for n in range(12):
        distance = np.hypot(rows - 17.1 - 32.3 * (n // 4), columns - 20.2 - 32.6 * (n % 4)) - 0.2 * n
        true[:, distance <= 9], found[:, distance <= 10] = n + 1, n + 1
    drawn = found.copy()
    drawn[0] = true[0]
    image = sitk.GetImageFromArray((true > 0).astype(np.float32))
    image.SetSpacing((1, 1, 10))
    labels, network = (sitk.GetImageFromArray(values) for values in (drawn, found))
    for each in (labels, network):
        each.CopyInformation(image)
    still = torch.zeros(29, 2, 100, 140)
    motion = SliceMotion(WorkingGrid((0, 100, 0, 140), (1.0, 1.0)), still, still, np.ones(29), np.ones(30, bool))

    def far_away(values: range) -> int:
        keys = {value: frozenset({0}) for value in values}
        made = sitk.GetArrayFromImage(propagate(image, labels, keys, network=network, motion=motion).label_map)
        return int(np.isin(made[29], values).sum())

    assert far_away(range(1, 13)) == pytest.approx((true[29] > 0).sum(), rel=0.05)
    assert far_away(range(1, 3)) == np.isin(found[29], (1, 2)).sum()
