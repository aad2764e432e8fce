"""Scanners write fat beside water: registration follows fat, the labels of muscles tell where water is."""

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.registration import register
from MuscleSegLib.registration.muscle_information import information_of_muscle, value_bins
from MuscleSegLib.registration.settling import FARTHEST_MM
from Testing.registration.phantoms import T1, WATER, errors_mm, grid, inner_points, limbs, motion, sectors

STILL = sitk.Transform()


def muscles(on: sitk.Image, transform: sitk.Transform | None = None) -> sitk.Image:
    labels = sectors(on, transform)
    return labels * sitk.Cast(labels != 5, sitk.sitkUInt8)


@pytest.mark.parametrize(
    ("axes", "fat_mm"), [((0, 1, 2), (2.0, 0.0, 0.0)), ((0, 2, 1), (0.0, -2.0, 0.0))], ids=["axial", "coronal"]
)
def test_a_limb_is_settled_on_its_muscles_where_fat_lies_beside_them(axes, fat_mm):
    map_grid, image_grid = grid((3.0, 3.0, 7.0), axes=axes), grid((1.5, 1.5, 6.0), (190, 96, 16))
    fixed, moving = limbs(map_grid, WATER), limbs(image_grid, T1, fat_mm=fat_mm)
    misled = register(fixed, moving, finest="rigid")
    settled = register(fixed, moving, finest="rigid", muscles=muscles(image_grid))
    points = inner_points("right")
    assert errors_mm(misled.transform, STILL, points).mean() > 1.0
    assert errors_mm(settled.transform, STILL, points).mean() < 0.5
    right, left = settled.limbs
    assert 0.8 < right.settled_mm < FARTHEST_MM
    # No muscle of the left limb is known, so it stays as it was registered.
    assert left.settled_mm == 0 and left.after == misled.limbs[1].after


def test_a_limb_that_lies_right_stays():
    on = grid((2.0, 2.0, 6.0), (144, 72, 14))
    there = motion((3.0, -2.0, 4.0), (0.02, 0.0, 0.05))
    found = register(limbs(on, WATER), limbs(on, T1, there.GetInverse()), muscles=muscles(on, there.GetInverse()))
    assert found.limbs[0].settled_mm < 0.4
    assert errors_mm(found.transform, there, inner_points("right")).mean() < 0.7


def test_muscles_that_are_elsewhere_or_few_move_nothing():
    on = grid((2.0, 2.0, 6.0), (144, 72, 14))
    one = muscles(on) * sitk.Cast(muscles(on) == 2, sitk.sitkUInt8)
    beside = sitk.Resample(muscles(on), on, sitk.TranslationTransform(3, (8.0, 6.0, 0.0)), sitk.sitkNearestNeighbor)
    for labels in (beside, one, muscles(on) * 0):
        found = register(limbs(on, WATER), limbs(on, T1), finest="rigid", muscles=labels)
        assert [limb.settled_mm for limb in found.limbs] == [0.0, 0.0]


def test_an_image_that_shows_muscle_tells_more_of_it_than_noise():
    random = np.random.default_rng(0)
    inside = random.uniform(size=4000) < 0.4
    sharp, none = inside + random.normal(0, 0.1, inside.size), random.normal(size=inside.size)
    told, half, nothing = (
        information_of_muscle(muscle, value_bins(values))
        for muscle, values in ((inside, sharp), (0.5 + 0.5 * (inside - 0.5), sharp), (inside, none))
    )
    everything = -(0.4 * np.log(0.4) + 0.6 * np.log(0.6))
    assert told == pytest.approx(everything, rel=0.05)
    assert nothing < 0.01 < half < told
