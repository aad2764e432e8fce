import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.segmentation.foreground import find_foreground
from MuscleSegLib.segmentation.limbs import Limbs, find_limbs
from MuscleSegLib.segmentation.orientation import AxialVolume
from Testing.segmentation.phantoms import Limb, limb_volume

TWO = (Limb(-85), Limb(85))


def limbs_of(image: sitk.Image, side="auto") -> tuple[AxialVolume, Limbs]:
    volume = AxialVolume.of(image)
    return volume, find_limbs(volume, find_foreground(volume), side)


def centres_mm(image: sitk.Image, side: str) -> np.ndarray:
    volume, limbs = limbs_of(image)
    spacing, (_, rows, columns) = volume.spacing, volume.array.shape
    return np.array(
        [
            ((limb.centre[1] - (columns - 1) / 2) * spacing[2], (limb.centre[0] - (rows - 1) / 2) * spacing[1])
            for limb in limbs.by_side[side]
        ]
    )


@pytest.mark.parametrize(
    ("brightness", "noise"),
    [
        (None, 0.0),
        (None, 4.0),
        (None, 25.0),
        ([0.2, 0.5, 1, 1, 0.4], 0.0),
        ([0.2, 0.5, 1, 1, 0.4], 4.0),
        ([0.5, 1, 1, 1, 0.4], 15.0),
    ],
    ids=["no noise", "noise", "much noise", "dark at the ends", "dark at the ends, noise", "much noise at the ends"],
)
@pytest.mark.parametrize(
    ("fat", "muscle"), [(300, 120), (25, 150), (300, 30)], ids=["T1", "fat-suppressed", "fat image"]
)
def test_two_limbs_are_found_on_every_slice_at_their_centres(brightness, noise, fat, muscle):
    image = limb_volume(TWO, noise=noise * max(fat, muscle) / 300, brightness=brightness, fat=fat, muscle=muscle)
    for side, x in (("right", -85), ("left", 85)):
        centres = centres_mm(image, side)
        assert len(centres) == 5
        np.testing.assert_allclose(centres, [[x, 0]] * 5, atol=8)


def test_touching_thighs_are_parted_where_they_touch():
    image = limb_volume([Limb(-66), Limb(66)])
    _, limbs = limbs_of(image)
    for right, left in zip(limbs.by_side["right"], limbs.by_side["left"], strict=True):
        assert right.box[3] <= left.box[2]
        assert abs(right.box[3] - 64) <= 2


def test_thighs_that_touch_on_some_slices_keep_their_sides():
    apart, touching = limb_volume(TWO, slices=4), limb_volume([Limb(-60), Limb(60)], slices=4)
    voxels = np.concatenate([sitk.GetArrayFromImage(apart), sitk.GetArrayFromImage(touching)])
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(apart.GetSpacing())
    image.SetOrigin(apart.GetOrigin())
    _, limbs = limbs_of(image)
    assert [len(limbs.by_side[side]) for side in ("right", "left")] == [8, 8]
    assert all(
        r.centre[1] < 64 < s.centre[1] for r, s in zip(limbs.by_side["right"], limbs.by_side["left"], strict=True)
    )


@pytest.mark.parametrize(("x", "side"), [(-80, "right"), (80, "left")])
def test_the_side_of_a_single_limb_follows_from_where_it_lies(x, side):
    _, limbs = limbs_of(limb_volume([Limb(x)]))
    assert list(limbs.by_side) == [side]
    assert limbs.side_known


def test_the_side_of_a_limb_in_the_middle_of_the_scanner_is_unknown_until_it_is_said():
    image = limb_volume([Limb(5)])
    assert not limbs_of(image)[1].side_known
    _, limbs = limbs_of(image, side="right")
    assert list(limbs.by_side) == ["right"]
    assert limbs.side_known


def test_a_side_that_is_said_means_the_larger_of_two_that_differ_in_size():
    _, limbs = limbs_of(limb_volume([Limb(60), Limb(160, radius_x=30, radius_y=30)]), side="left")
    assert list(limbs.by_side) == ["left"]
    assert limbs.side_known
    assert limbs.by_side["left"][0].size_mm[0] > 120
    assert limbs.beside_mm == pytest.approx(60, abs=12)


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_side_that_is_said_means_the_limb_that_lies_there_of_two_that_are_alike(side):
    image = limb_volume(TWO)
    _, both = limbs_of(image)
    _, limbs = limbs_of(image, side=side)
    assert limbs.by_side == {side: both.by_side[side]}


def test_what_is_much_smaller_than_the_limb_beside_it_is_doubtful():
    bottle = Limb(160, radius_x=30, radius_y=30)
    volume, limbs = limbs_of(limb_volume([Limb(60), bottle]))
    assert limbs.doubtful == "left"
    alone = limbs.without_doubtful(volume)
    assert list(alone.by_side) == ["left"] and alone.side_known
    assert alone.beside_mm == pytest.approx(60, abs=12)
    assert limbs_of(limb_volume(TWO))[1].doubtful is None


def test_of_two_limbs_on_one_side_of_the_middle_one_is_doubtful():
    image = limb_volume(TWO)
    for shift, doubtful in ((-200.0, None), (130.0, "right"), (600.0, None)):
        image.SetOrigin((-190.5 + shift, -142.5, -40.0))
        _, limbs = limbs_of(image)
        assert list(limbs.by_side) == ["right", "left"]
        assert (limbs.doubtful is not None) == (doubtful is not None)


def test_a_second_limb_on_few_slices_is_no_limb_but_counted():
    alone, beside = limb_volume([Limb(-85)], slices=19), limb_volume(TWO, slices=1)
    voxels = np.concatenate([sitk.GetArrayFromImage(alone), sitk.GetArrayFromImage(beside)])
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(alone.GetSpacing())
    image.SetOrigin(alone.GetOrigin())
    _, limbs = limbs_of(image)
    assert list(limbs.by_side) == ["right"]
    assert limbs.second_on == (19,)


def test_a_limb_that_lies_beyond_the_scanners_bore_says_nothing_of_its_side():
    image = limb_volume([Limb(80)])
    image.SetOrigin((-600.0, 0.0, 0.0))
    assert not limbs_of(image)[1].side_known


def test_a_single_large_thigh_is_not_parted():
    _, limbs = limbs_of(limb_volume([Limb(-60, radius_x=105, radius_y=95)]))
    assert list(limbs.by_side) == ["right"]


def test_a_small_object_beside_a_leg_is_no_limb():
    _, limbs = limbs_of(limb_volume([Limb(-60), Limb(90, radius_x=12, radius_y=12)]))
    assert list(limbs.by_side) == ["right"]


def test_slices_without_a_body_show_no_limb():
    _, limbs = limbs_of(limb_volume(TWO, brightness=[0, 0, 1, 1, 0]))
    assert [limb.slice for limb in limbs.by_side["right"]] == [2, 3]


def test_a_limb_at_the_border_of_the_image_is_marked():
    _, limbs = limbs_of(limb_volume([Limb(-85), Limb(170)]))
    assert all(limb.at_edge for limb in limbs.by_side["left"])
    assert not any(limb.at_edge for limb in limbs.by_side["right"])


def test_an_image_filled_by_a_limb_shows_one():
    _, limbs = limbs_of(limb_volume([Limb(-80, radius_x=400, radius_y=400)], size=(60, 60)))
    assert len(limbs.by_side) == 1


def test_the_limbs_of_the_real_scan_are_followed_through_all_slices(shared_data):
    image = sitk.ReadImage(str(shared_data / "mr" / "thigh.nii.gz"))
    _, limbs = limbs_of(image)
    for side in ("right", "left"):
        slices = limbs.by_side[side]
        assert [limb.slice for limb in slices] == list(range(31))
        steps = np.diff([limb.centre for limb in slices], axis=0)
        assert np.abs(steps).max() < 5
