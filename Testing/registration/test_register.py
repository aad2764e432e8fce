import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.errors import Cancelled, InputError
from MuscleSegLib.registration import register, register_rigid
from Testing.registration.phantoms import T1, WATER, errors_mm, grid, inner_points, limbs, motion

SHIFTED = motion((5.0, -4.0, 6.0), (0.04, -0.03, 0.06))
#: Each limb on its own: the right one slides down, the left one turns outwards.
OWN = {
    "right": motion((2.0, 3.0, -6.0), (0.03, 0.0, -0.04), (-70.0, 0.0, 0.0)),
    "left": motion((-3.0, 4.0, 5.0), (0.0, 0.04, 0.08), (70.0, 0.0, 0.0)),
}
MAP_GRID = grid((3.5, 3.5, 6.0), (84, 44, 13))


@pytest.fixture(scope="module")
def anatomical() -> sitk.Image:
    return limbs(grid((2.0, 2.0, 5.0), (144, 72, 20)), T1)


@pytest.fixture(scope="module")
def each_on_its_own(anatomical):
    return register_rigid(limbs(MAP_GRID, WATER, OWN, seed=2), anatomical)


def test_a_motion_is_found_across_contrasts_and_grids(anatomical):
    result = register_rigid(limbs(MAP_GRID, WATER, SHIFTED, seed=2), anatomical)
    for side in ("right", "left"):
        assert errors_mm(result.transform, SHIFTED, inner_points(side)).max() < 1.0
    assert [limb.side for limb in result.limbs] == ["right", "left"]
    assert result.warnings == () and not result.refused


def test_each_limb_is_moved_on_its_own(each_on_its_own):
    for side, truth in OWN.items():
        assert errors_mm(each_on_its_own.transform, truth, inner_points(side)).max() < 1.0


def test_quality_says_what_became_better(anatomical):
    for limb in register_rigid(limbs(MAP_GRID, T1, OWN, seed=2), anatomical).limbs:
        assert limb.stage == "rigid"
        assert limb.after.mutual_information > 1.5 * limb.before.mutual_information
        assert limb.after.overlap_dsc > max(0.97, limb.before.overlap_dsc)
        assert limb.largest_deformation_mm < 0.01
        displacements = errors_mm(OWN[limb.side], sitk.Transform(), inner_points(limb.side))
        assert limb.largest_displacement_mm > displacements.max() - 1.0


def test_between_limbs_the_transform_goes_over_without_a_jump(each_on_its_own):
    x = np.arange(-400.0, 400.0, 2.0)
    moved = np.array([each_on_its_own.transform.TransformPoint((float(at), 10.0, 5.0)) for at in x])
    assert np.linalg.norm(np.diff(moved, axis=0), axis=1).max() < 2 * 2.0


def test_far_away_the_transform_is_rigid(each_on_its_own):
    points = np.array([(900.0, 0.0, 0.0), (900.0, 700.0, 0.0), (-800.0, 0.0, 900.0), (0.0, 0.0, -1500.0)])
    moved = np.array([each_on_its_own.transform.TransformPoint(point) for point in points.tolist()])
    for first, second in np.transpose(np.triu_indices(4, 1)):
        before, after = (np.linalg.norm(p[first] - p[second]) for p in (points, moved))
        assert after == pytest.approx(before, abs=1e-6)


@pytest.fixture(scope="module")
def bent() -> tuple[sitk.Image, sitk.Transform]:
    """A map of limbs that were bent, and how."""
    bend = sitk.BSplineTransformInitializer(grid((3.0, 3.0, 6.0), (100, 60, 20)), [6, 4, 3], 3)
    random = np.random.default_rng(3)
    bend.SetParameters((random.normal(0, 3.5, len(bend.GetParameters()))).tolist())
    truth = sitk.CompositeTransform([sitk.Transform(motion((3.0, 2.0, 4.0))), sitk.Transform(bend)])
    return limbs(MAP_GRID, WATER, truth, seed=2), truth


@pytest.fixture(scope="module")
def found_bent(bent, anatomical):
    return register(bent[0], anatomical)


def test_a_deformation_is_found_where_a_motion_does_not_do(bent, found_bent, anatomical):
    image, truth = bent
    points = inner_points("right") + inner_points("left")
    rigid = errors_mm(register_rigid(image, anatomical).transform, truth, points).mean()
    assert {limb.stage for limb in found_bent.limbs} == {"bspline"}
    assert errors_mm(found_bent.transform, truth, points).mean() < min(0.75, 0.6 * rigid)


def test_the_same_images_give_the_same_transform(bent, found_bent, anatomical):
    again = register(bent[0], anatomical).transform
    for point in inner_points("right"):
        assert again.TransformPoint(point) == found_bent.transform.TransformPoint(point)


@pytest.mark.parametrize(
    ("map_grid", "largest_mm"),
    [
        pytest.param(grid((3.0, 3.0, 6.0), (96, 48, 12), angles=(0.25, -0.15, 0.3)), 1.0, id="oblique"),
        pytest.param(grid((3.0, 3.0, 6.0), (96, 48, 12), axes=(2, 0, 1)), 1.0, id="stored as sagittal slices"),
        pytest.param(grid((3.0, 3.0, 14.0), (96, 48, 6)), 1.5, id="gaps between slices"),
        pytest.param(grid((3.0, 3.0, 6.0), (96, 48, 4), middle=(0.0, 0.0, 18.0)), 2.0, id="part of the limb"),
    ],
)
def test_any_grid_will_do(anatomical, map_grid, largest_mm):
    result = register_rigid(limbs(map_grid, WATER, SHIFTED, seed=2), anatomical)
    for side in ("right", "left"):
        points = [p for p in inner_points(side) if abs(p[2] - 18) < 15]
        assert errors_mm(result.transform, SHIFTED, points).max() < largest_mm


@pytest.mark.parametrize("slices", [1, 2, 3])
def test_a_stack_of_few_slices_is_laid_over_another(slices):
    # ITK's default gradient wants four slices of the moving image.
    moving = limbs(grid((2.0, 2.0, 8.0), (144, 72, slices)), T1)
    truth = motion((4.0, -3.0, 0.0), (0.0, 0.0, 0.05))
    result = register(limbs(grid((3.0, 3.0, 8.0), (96, 48, slices)), WATER, truth, seed=2), moving)
    in_plane = [(x, y, 0.0) for side in ("right", "left") for x, y, _ in inner_points(side)]
    assert not result.refused
    assert errors_mm(result.transform, truth, in_plane).max() < 1.0


def test_the_other_way_round_leads_back(anatomical):
    result = register_rigid(anatomical, limbs(MAP_GRID, WATER, SHIFTED, seed=2))
    assert errors_mm(result.transform, SHIFTED.GetInverse(), inner_points("left")).max() < 1.0


def test_a_map_of_one_limb_lies_over_that_limb_of_two(anatomical):
    one = grid((3.0, 3.0, 6.0), (44, 48, 13), middle=(70.0, 0.0, 0.0))
    result = register_rigid(limbs(one, WATER, SHIFTED, sides=["left"], seed=2), anatomical)
    assert [limb.side for limb in result.limbs] == ["left"]
    assert errors_mm(result.transform, SHIFTED, inner_points("left")).max() < 1.0
    assert isinstance(result.transform.Downcast(), sitk.Euler3DTransform)


def test_a_single_slice_is_laid_over_a_long_stack():
    stack = limbs(grid((3.5, 3.5, 5.0), (84, 44, 31)), WATER, seed=2)
    one = stack[:, :, 15:16]
    one.SetOrigin(np.add(one.GetOrigin(), (6.0, -4.0, 0.0)).tolist())
    result = register_rigid(stack, one)
    for side in ("right", "left"):
        points = inner_points(side, height=2.0)
        assert errors_mm(result.transform, motion((6.0, -4.0, 0.0)), points).max() < 2.0


def test_a_limb_that_only_the_fixed_image_shows_is_said():
    one = limbs(grid((2.0, 2.0, 5.0), (66, 72, 20), middle=(70.0, 0.0, 0.0)), T1, sides=["left"])
    result = register_rigid(limbs(MAP_GRID, WATER, SHIFTED, seed=2), one)
    assert [limb.side for limb in result.limbs] == ["left"]
    assert any("no right limb in the moving image" in warning for warning in result.warnings)


def test_a_limb_that_was_blacked_out_is_said():
    """Where it was, and as far as it is looked for, the image is 0."""
    wide, apart = grid((3.5, 3.5, 6.0), (110, 44, 7)), {"right": motion((45.0, 0, 0)), "left": motion((-45.0, 0, 0))}
    seen = limbs(wide, T1, apart)
    values = sitk.GetArrayFromImage(seen)
    values[:, :, 55:] = 0
    black = sitk.GetImageFromArray(values)
    black.CopyInformation(seen)
    result = register_rigid(limbs(wide, WATER, apart, seed=2), black)
    assert [limb.side for limb in result.limbs] == ["right"]
    assert any("no left limb in the moving image" in warning for warning in result.warnings)


def test_voxels_that_could_not_be_fitted_do_no_harm(anatomical):
    made = limbs(MAP_GRID, WATER, SHIFTED, seed=2)
    values = sitk.GetArrayFromImage(made)
    values[values < 60] = np.nan
    values[np.random.default_rng(0).random(values.shape) < 0.02] = np.nan
    fitted = sitk.GetImageFromArray(values)
    fitted.CopyInformation(made)
    result = register_rigid(fitted, anatomical)
    assert errors_mm(result.transform, SHIFTED, inner_points("right")).max() < 1.0


def test_slices_without_a_number_do_not_hide_the_limbs(anatomical):
    made = limbs(MAP_GRID, WATER, SHIFTED, seed=2)
    values = sitk.GetArrayFromImage(made)
    values[:2] = np.nan
    damaged = sitk.GetImageFromArray(values)
    damaged.CopyInformation(made)
    assert [limb.side for limb in register_rigid(damaged, anatomical).limbs] == ["right", "left"]


def test_what_lies_well_stays(anatomical):
    result = register_rigid(limbs(MAP_GRID, WATER, seed=2), anatomical)
    assert not result.refused and result.warnings == ()
    assert errors_mm(result.transform, sitk.Transform(), inner_points("right")).max() < 0.6


def test_another_body_is_said(anatomical):
    result = register(limbs(MAP_GRID, WATER, SHIFTED, body=1, seed=2), anatomical)
    assert any("same patient" in w or "same limb" in w or "overlap poorly" in w for w in result.warnings)


def test_a_limb_that_registering_makes_worse_is_left_in_scanner_coordinates(anatomical, monkeypatch):
    monkeypatch.setattr("MuscleSegLib.registration.refinement.find_rigid", lambda _: motion((0.0, 25.0, 0.0)))
    result = register_rigid(limbs(MAP_GRID, WATER, seed=2), anatomical)
    assert result.refused
    assert {limb.stage for limb in result.limbs} == {"scanner"}
    assert result.transform.TransformPoint((1.0, 2.0, 3.0)) == (1.0, 2.0, 3.0)
    assert all("left where the scanner says it is" in warning for warning in result.warnings)


def test_images_apart_in_the_scanner_are_refused(anatomical):
    apart = limbs(grid((3.0, 3.0, 6.0), (96, 48, 12), middle=(0.0, 0.0, 400.0)), WATER, motion((0.0, 0.0, -400.0)))
    with pytest.raises(InputError, match="do not overlap"):
        register(apart, anatomical)


def test_a_series_is_refused(anatomical):
    with pytest.raises(InputError, match="4 dimensions"):
        register(sitk.JoinSeries([anatomical, anatomical]), anatomical)


def test_it_stops_when_asked(anatomical):
    def stop(fraction: float, _: str) -> None:
        if fraction >= 0.1:
            raise Cancelled

    threads = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    with pytest.raises(Cancelled):
        register(limbs(MAP_GRID, WATER, SHIFTED), anatomical, progress=stop)
    assert sitk.ProcessObject.GetGlobalDefaultNumberOfThreads() == threads


def test_progress_goes_from_nothing_to_all(anatomical):
    told = []
    register_rigid(limbs(MAP_GRID, WATER), anatomical, progress=lambda fraction, _: told.append(fraction))
    assert told == sorted(told) and told[0] == 0 and told[-1] == 1
