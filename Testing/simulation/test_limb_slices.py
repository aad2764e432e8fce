import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from MuscleSegLib.anatomy import muscles
from MuscleSegLib.errors import ConfigError, InputError
from MuscleSegLib.simulation.limb_slices import FEMUR, UNKNOWN, join, read_limb_slices, signed_distances
from Testing.simulation.label_maps import SIDE, THIGH, limb_array, write_body, write_label_map

SIDES = ("right", "left", "back", "front")


def labels_of(slices, index=0):
    """The stored slice as a label map again."""
    return np.where(slices.border[index] < 0, slices.nearest[index], 0)


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


@settings(deadline=None, max_examples=25)
@given(arrays(np.uint8, (9, 8), elements=st.integers(0, 2)))
def test_distances_are_those_of_brute_force(inner):
    labels = np.pad(inner, 1)
    if not labels.any():
        return
    nearest, border = signed_distances(labels)
    np.testing.assert_array_equal(border < 0, labels > 0)
    pixels = np.argwhere(np.ones_like(labels, bool))
    away = np.linalg.norm(pixels[:, None] - pixels[None], axis=2)
    for n, (row, column) in enumerate(pixels):
        to = {k: away[n][labels.ravel() == k].min(initial=np.inf) for k in (0, 1, 2)}
        own = labels[row, column]
        assert to[nearest[row, column]] == min(to[1], to[2])
        if own:
            to_other = min(distance for k, distance in to.items() if k != own)
            assert -border[row, column] == pytest.approx(to_other - 0.5, abs=1.0)
        else:
            assert border[row, column] == pytest.approx(min(to[1], to[2]) - 0.5)


def test_a_limb_comes_back_as_it_was_in_the_middle_of_the_canvas(thigh):
    drawn = limb_array(THIGH)[0]
    stored = labels_of(thigh)
    rows, columns = np.nonzero(stored)
    assert abs(rows.min() + rows.max() - 256) <= 1 and abs(columns.min() + columns.max() - 256) <= 1
    rows_drawn, columns_drawn = np.nonzero(drawn)
    box = stored[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    np.testing.assert_array_equal(
        box, drawn[rows_drawn.min() : rows_drawn.max() + 1, columns_drawn.min() : columns_drawn.max() + 1]
    )


def test_a_left_limb_is_mirrored(thigh):
    assert thigh.subjects == ("Body_Right", "Body_Left")
    np.testing.assert_array_equal(thigh.nearest[thigh.subject == 0], thigh.nearest[thigh.subject == 1])


@pytest.mark.parametrize("ending", ["left", "LEFT"])
def test_the_side_in_a_name_is_known_in_any_letters(tmp_path, thigh, ending):
    path = write_label_map(tmp_path / f"Body_{ending}.nii.gz", limb_array(THIGH)[:, :, ::-1].copy())
    left = read_limb_slices([path], muscles_only=False)
    # Evaluation finds the two limbs of a body by these endings.
    assert left.subjects == ("Body_Left",)
    np.testing.assert_array_equal(left.nearest, thigh.nearest[thigh.subject == 1])


def test_a_volume_of_two_limbs_is_split_between_them(tmp_path, thigh):
    limb = limb_array(THIGH)
    path = write_label_map(tmp_path / "Both.nii.gz", np.concatenate([limb, limb[:, :, ::-1]], 2))
    both = read_limb_slices([path], muscles_only=False)
    assert both.subjects == ("Both right", "Both left")
    np.testing.assert_array_equal(both.nearest, thigh.nearest)


def test_any_storage_order_gives_the_same_slices(tmp_path, thigh):
    (path, _) = write_body(tmp_path, "Body")
    other = sitk.Flip(sitk.PermuteAxes(sitk.ReadImage(str(path)), [2, 0, 1]), [True, False, True])
    sitk.WriteImage(other, str(path))
    np.testing.assert_array_equal(
        read_limb_slices([path], muscles_only=False).nearest, thigh.nearest[thigh.subject == 0]
    )


def test_slices_know_their_height_and_close_ones_are_skipped(tmp_path):
    path = write_label_map(tmp_path / "One_Right.nii.gz", limb_array(THIGH, slices=8), slice_mm=2.0)
    assert read_limb_slices([path], muscles_only=False).position_mm.tolist() == [0, 4, 8, 12]


def test_the_hull_reaches_around_all_muscles(thigh):
    assert (thigh.hull[0][labels_of(thigh) > 0] <= 0).all()
    assert thigh.hull[0, 128, 128] < -20 and thigh.hull[0, 0, 0] > 60


def test_the_femur_is_found_inside_vastus_intermedius(tmp_path, thigh):
    labels = limb_array(THIGH)
    labels[labels == FEMUR] = 0
    path = write_label_map(tmp_path / "One_Right.nii.gz", labels)
    femur = labels_of(read_limb_slices([path], muscles_only=True)) == FEMUR
    assert dice(femur, labels_of(thigh) == FEMUR) > 0.9


@pytest.mark.parametrize(("radius", "is_muscle"), [(12, True), (5, False)])
def test_a_hole_large_enough_for_a_muscle_is_an_unknown_one(tmp_path, radius, is_muscle):
    labels = limb_array({"VL": (0, 0, 50, 50)})
    rows, columns = np.indices((SIDE, SIDE)) - SIDE // 2
    hole = np.hypot(rows, columns) < radius
    labels[:, hole] = 0
    path = write_label_map(tmp_path / "One_Right.nii.gz", labels)
    unknown = labels_of(read_limb_slices([path], muscles_only=True)) == UNKNOWN
    assert unknown.any() == is_muscle
    assert unknown.sum() <= hole.sum()
    assert not (labels_of(read_limb_slices([path], muscles_only=False)) == UNKNOWN).any()


def test_joined_slices_keep_their_subjects(thigh, leg):
    both = join([thigh, leg])
    assert len(both) == len(thigh) + len(leg) and both.subjects == thigh.subjects + leg.subjects
    np.testing.assert_array_equal(both.subject[len(thigh) :], leg.subject + 2)


def test_slices_that_are_of_no_use_are_left_out(tmp_path):
    labels = limb_array(THIGH)
    labels[0] = limb_array({"VL": THIGH["VL"]})[0]
    path = write_label_map(tmp_path / "One_Right.nii.gz", labels)
    assert len(read_limb_slices([path], muscles_only=False, of_use=lambda present: len(present) > 1)) == 2
    none = read_limb_slices([path], muscles_only=False, of_use=lambda present: len(present) > 9)
    assert len(none) == 0 and none.nearest.shape == (0, 256, 256)


@pytest.mark.parametrize(("number", "text"), [(0, "is empty"), (45, "holds the number 45"), (200, "number 200")])
def test_a_file_that_is_no_map_of_known_labels_is_refused(tmp_path, number, text):
    path = write_label_map(tmp_path / "One_Right.nii.gz", np.full((2, 40, 40), number, np.uint8))
    with pytest.raises(ConfigError, match=text):
        read_limb_slices([path], muscles_only=False)


def test_a_file_without_its_last_voxels_is_refused(tmp_path):
    values = np.random.default_rng(1).integers(0, 2, (2, 40, 40), np.uint8)
    path = write_label_map(tmp_path / "One_Right.nii.gz", values)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 7 // 10])
    with pytest.raises(InputError, match="is incomplete or damaged"):
        read_limb_slices([path], muscles_only=False)


def test_a_file_that_is_no_image_is_refused(tmp_path):
    (tmp_path / "One_Right.nii.gz").write_text("no image")
    with pytest.raises(InputError, match="could not be read as an image"):
        read_limb_slices([tmp_path / "One_Right.nii.gz"], muscles_only=False)


def test_what_is_wrong_with_a_file_is_said_as_of_any_image(tmp_path):
    path = write_label_map(tmp_path / "One_Right.nii", limb_array(THIGH))
    content = bytearray(path.read_bytes())
    content[252:256] = bytes(4)  # neither qform nor sform
    path.write_bytes(content)
    with pytest.raises(InputError, match="does not say how large its voxels are"):
        read_limb_slices([path], muscles_only=False)


def test_no_file_is_refused():
    with pytest.raises(ConfigError, match="no label maps"):
        read_limb_slices([], muscles_only=False)


def test_a_limb_of_the_visible_human_has_its_muscles(shared_data):
    slices = read_limb_slices([shared_data / "limbs" / "VHM_Left.nii.gz"], muscles_only=False, every_mm=100)
    found = set(np.unique(slices.nearest))
    assert {muscles()[name].index for name in ("VL", "RF", "SM", "So", "TA", "FEM", "TIB")} <= found
    assert (np.diff(slices.position_mm) > 0).all()


def test_curved_cuts_of_a_limb_are_further_limbs_beside_it_and_the_same_every_time(tmp_path):
    # A muscle that grows thinner to one end looks different wherever the surface lies higher.
    array = np.zeros((80, 61, 61), np.uint8)
    for number, labels in enumerate(array):
        labels[10:30, 10 : 50 - number // 4], labels[30:50, 10:50] = 1, 2
    path = write_label_map(tmp_path / "Thigh_Right.nii.gz", array, slice_mm=2.0)
    alone = read_limb_slices([path], muscles_only=False)
    cuts, again = (read_limb_slices([path], muscles_only=False, curved_cuts=2) for _ in range(2))
    assert cuts.subjects == ("Thigh_Right", "Thigh_Right, surface 1", "Thigh_Right, surface 2")
    straight, *curved = (cuts.where(cuts.subject == number) for number in range(3))
    assert np.array_equal(straight.nearest, alone.nearest) and np.array_equal(straight.position_mm, alone.position_mm)
    assert np.array_equal(cuts.border, again.border)
    for cut in curved:
        beside = straight.where(np.isin(straight.position_mm, cut.position_mm))
        assert len(cut) and not np.array_equal(cut.border, beside.border)


def test_a_map_too_short_to_be_cut_along_a_curved_surface_is_cut_straight(tmp_path):
    path = write_label_map(tmp_path / "Short_Right.nii.gz", np.ones((3, 61, 61), np.uint8))
    slices = read_limb_slices([path], muscles_only=False, curved_cuts=2)
    assert {slices.subjects[number] for number in slices.subject} == {"Short_Right"}
