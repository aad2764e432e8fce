"""What must hold, on limbs whose muscles are known everywhere."""

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleSegLib.errors import Cancelled, InputError
from MuscleSegLib.propagation import drawn_slices, edited_slices, propagate, slice_motion_of
from MuscleSegLib.segmentation.components import find_pieces
from Testing.propagation.limbs import changed, dsc, limb, only

KEYS = (1, 5, 9)


@pytest.fixture(scope="module")
def volume():
    """Image, truth, and the motion that is found in the image."""
    image, labels = limb()
    return image, labels, slice_motion_of(image)


def array_of(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


def pieces(mask: np.ndarray) -> int:
    """The number of pieces of (rows, columns) ``mask``."""
    return int(np.count_nonzero(find_pieces(mask[None].astype(np.uint8), across_slices=False).piece_labels()))


def scores(result, truth, slices) -> list[float]:
    found, true = array_of(result.label_map), array_of(truth)
    return [dsc(found[n] == value, true[n] == value) for n in slices for value in result.values]


def test_a_few_drawn_slices_give_the_whole_volume(volume):
    image, labels, motion = volume
    drawn = only(labels, KEYS)
    result = propagate(image, drawn, drawn_slices(drawn), motion=motion)
    assert min(scores(result, labels, range(11))) > 0.85
    assert np.mean(scores(result, labels, range(11))) > 0.93


@settings(max_examples=8, deadline=None)
@given(keys=st.sets(st.integers(0, 10), min_size=1), kind=st.sampled_from([np.uint8, np.uint16, np.int32]))
def test_key_slices_come_out_bit_for_bit(volume, keys, kind):
    image, labels, motion = volume
    drawn = only(sitk.GetImageFromArray(array_of(labels).astype(kind)), keys)
    drawn.CopyInformation(labels)
    result = propagate(image, drawn, drawn_slices(drawn, slices=keys), motion=motion)
    assert result.label_map.GetPixelID() == drawn.GetPixelID()
    for n in keys:
        np.testing.assert_array_equal(array_of(result.label_map)[n], array_of(labels)[n])
    for geometry in ("GetOrigin", "GetSpacing", "GetDirection", "GetSize"):
        assert getattr(result.label_map, geometry)() == getattr(image, geometry)()


def test_labels_that_were_not_asked_for_keep_every_voxel(volume):
    image, labels, motion = volume

    def edit(array):
        array[5][array[5] == 1] = 0
        array[5][20:30, 20:40] = np.where(array[5][20:30, 20:40] == 0, 1, array[5][20:30, 20:40])

    edited = changed(labels, edit)
    result = propagate(image, edited, edited_slices(edited, labels), network=labels, motion=motion)
    before, after = array_of(edited), array_of(result.label_map)
    assert result.values == (1,)
    for value in (2, 3, 4):
        np.testing.assert_array_equal(after == value, before == value)


def test_locked_slices_keep_every_voxel_and_count_as_drawn(volume):
    image, labels, motion = volume
    drawn = only(labels, (1, 3, 9))
    result = propagate(image, drawn, drawn_slices(drawn, slices=(1, 9)), locked_slices=(3,), motion=motion)
    np.testing.assert_array_equal(array_of(result.label_map)[3], array_of(labels)[3])
    assert all(3 in slices for slices in result.key_slices.values())


def test_a_correction_spreads_and_fades(volume):
    image, truth, motion = volume

    def too_small(array):
        # A network that leaves out the rows of muscle 1 that lie to anterior.
        for slice_ in array:
            rows = np.flatnonzero((slice_ == 1).any(1))
            slice_[: rows[0] + 4][slice_[: rows[0] + 4] == 1] = 0

    network = changed(truth, too_small)
    edited = changed(network, lambda array: array[5].__setitem__(slice(None), array_of(truth)[5]))
    result = propagate(image, edited, edited_slices(edited, network), network=network, motion=motion)
    found, true, before = array_of(result.label_map) == 1, array_of(truth) == 1, array_of(network) == 1
    left, wrong = ([1 - dsc(masks[n], true[n]) for n in range(11)] for masks in (found, before))
    repaired = [1 - after / before for after, before in zip(left, wrong, strict=True)]
    assert min(repaired[4], repaired[6]) > 0.75
    assert np.mean(repaired[4:7:2]) > np.mean(repaired[0::10]) + 0.1
    assert all(part > 0 for part in repaired)


def test_a_muscle_few_pixels_thin_keeps_its_width_between_key_slices():
    # As extensor digitorum longus in a slender leg: 3 mm thin, and not along the pixels.
    rows, columns = np.indices((80, 80))
    across, along = (rows - 40) - 0.4 * (columns - 40), (columns - 40) + 0.4 * (rows - 40)
    thin = (np.abs(across) < 1.3) & (np.abs(along) < 16)
    labels = sitk.GetImageFromArray(np.repeat(thin[None].astype(np.uint8), 6, 0))
    labels.SetSpacing((1.25, 1.25, 4.0))
    image = sitk.Cast(labels, sitk.sitkFloat32)
    drawn = only(labels, (0, 5))
    found = array_of(propagate(image, drawn, drawn_slices(drawn)).label_map) == 1
    assert all(dsc(slice_, thin) > 0.95 for slice_ in found)


def test_a_bent_limb_is_followed_where_shapes_alone_would_miss():
    image, labels = limb(9, shift=3.5)
    drawn = only(labels, (0, 8))
    result = propagate(image, drawn, drawn_slices(drawn))
    assert min(scores(result, labels, [4])) > 0.8


def test_without_contrast_shapes_are_interpolated():
    _, labels = limb(9, shift=0.0)
    flat = sitk.Image(labels.GetSize(), sitk.sitkFloat32) + 1.0
    flat.CopyInformation(labels)
    drawn = only(labels, (0, 8))
    result = propagate(flat, drawn, drawn_slices(drawn))
    # The muscles are thicker in the middle, which nothing here tells.
    assert min(scores(result, labels, range(9))) > 0.75


@pytest.mark.parametrize("key", [0, 10])
def test_one_key_slice_at_the_end_gives_all_and_says_how_unsure_it_is(volume, key):
    image, labels, motion = volume
    drawn = only(labels, (key,))
    result = propagate(image, drawn, drawn_slices(drawn), motion=motion)
    far = 10 - key
    assert np.mean(scores(result, labels, [5])) > 0.8
    nearest = abs(key - 1)
    assert (result.confidence[:, nearest] > result.confidence[:, far]).all()
    assert any("only key slice" in warning for warning in result.warnings)


def test_a_muscle_that_ends_between_key_slices_ends_there_once():
    image, labels = limb(11, ends={2: (0, 5)})
    drawn = only(labels, (1, 4, 9))
    result = propagate(image, drawn, drawn_slices(drawn))
    there = (array_of(result.label_map) == 2).any((1, 2))
    assert there[:5].all() and not there[9:].any()
    assert np.count_nonzero(np.diff(there.astype(int))) == 1
    assert result.confidence[result.values.index(2), there.nonzero()[0][-1]] < 0.9


def test_key_slices_that_contradict_each_other_are_named():
    image, labels = limb(11)

    def move(array):
        array[5][array[5] == 1] = 0
        array[5][48:56, 40:50] = 1

    drawn = only(changed(labels, move), (3, 5, 9))
    result = propagate(image, drawn, drawn_slices(drawn), names={1: "gracilis right"})
    assert any("gracilis right" in text and "3 and 5" in text for text in result.warnings)
    assert any("5 and 9" in text and "draw a slice between" in text for text in result.warnings)


def test_what_is_to_be_said_of_several_labels_is_said_once():
    """Of key slices side by side, without a slice between them that could be drawn."""
    image, labels = limb(11)

    def exchange(array):
        array[5] = np.array([0, 2, 1, 3, 4], array.dtype)[array[5]]

    drawn = changed(only(labels, (4, 5)), exchange)
    warnings = propagate(image, drawn, drawn_slices(drawn)).warnings
    (told,) = [text for text in warnings if "do not fit one another" in text]
    assert "The key slices 4 and 5 do" in told and "label 1 (" in told and "label 2 (" in told
    assert told.endswith("Look at both.")


def test_a_muscle_that_was_left_out_of_a_slice_between_others_is_told_of(volume):
    image, labels, motion = volume
    drawn = only(labels, KEYS)
    keys = drawn_slices(drawn)
    left_out = changed(drawn, lambda array: np.putmask(array[5], array[5] == 2, 0))
    (warning,) = propagate(image, left_out, keys, motion=motion, names={2: "sartorius"}).warnings
    assert warning.startswith("Drawn on either side of a key slice, but not in it, is sartorius (slice 5)")
    ending = changed(drawn, lambda array: np.putmask(array[9], array[9] == 2, 0))
    assert propagate(image, ending, keys, motion=motion).warnings == ()
    nowhere = changed(drawn, lambda array: np.putmask(array, array == 2, 0))
    assert propagate(image, nowhere, keys, motion=motion).warnings == ()


def test_missing_slices_are_bridged():
    image, labels = limb(11)
    holed = changed(image, lambda array: array[3:5].fill(0))
    drawn = only(labels, (1, 9))
    result = propagate(holed, drawn, drawn_slices(drawn))
    assert np.mean(scores(result, labels, range(11))) > 0.8
    assert np.nanmean(result.confidence[:, 4]) < np.nanmean(result.confidence[:, 2])


@settings(max_examples=6, deadline=None)
@given(shift=st.floats(-2.5, 2.5), keys=st.sets(st.integers(0, 8), min_size=1, max_size=3))
def test_a_label_stays_in_one_piece_on_its_own_side(shift, keys):
    image, labels = limb(9, shift=shift)
    drawn = only(labels, keys)
    result = array_of(propagate(image, drawn, drawn_slices(drawn, slices=keys)).label_map)
    true = array_of(labels)
    for n in range(9):
        for value in (1, 2, 3, 4):
            mine = result[n] == value
            assert pieces(mine) <= 1
            # No muscle lies mostly in another's place.
            assert all(dsc(mine, true[n] == other) < 0.5 for other in {1, 2, 3, 4} - {value})


def test_islands_of_a_network_do_not_come_through(volume):
    image, labels, motion = volume
    network = changed(labels, lambda array: array[7, 50:53, 40:43].fill(1))
    drawn = changed(network, lambda array: array[5].__setitem__(slice(None), array_of(labels)[5]))
    result = propagate(image, drawn, {1: frozenset({5, 6})}, network=network, motion=motion)
    assert pieces(array_of(result.label_map)[7] == 1) == 1


def test_a_network_that_takes_one_muscle_for_another_is_not_followed(volume):
    image, labels, motion = volume

    def swap(array):
        array[2:5] = np.array([0, 2, 1, 3, 4], array.dtype)[array[2:5]]

    drawn = only(labels, KEYS)
    keys = drawn_slices(drawn)
    result = propagate(image, drawn, keys, network=changed(labels, swap), motion=motion)
    of_right = propagate(image, drawn, keys, network=labels, motion=motion)
    assert min(scores(result, of_right.label_map, range(11))) > 0.85


def without(labels: sitk.Image, value: int, slices=slice(None)) -> sitk.Image:
    """What a network found that missed a label in some slices."""
    return changed(labels, lambda array: np.putmask(array[slices], array[slices] == value, 0))


def with_drawn(found: sitk.Image, truth: sitk.Image, value: int, keys) -> sitk.Image:
    """What a network found, with a label drawn in some slices."""
    true = array_of(truth)

    def draw(array):
        for n in keys:
            array[n][true[n] == value] = value

    return changed(found, draw)


@pytest.mark.parametrize("keys", [(15,), (5, 25)])
def test_a_muscle_that_the_network_does_not_know_is_carried_as_without_it(keys):
    image, truth = limb(30, shift=0.5)
    network = without(truth, 1)
    drawn = with_drawn(network, truth, 1, keys)
    motion = slice_motion_of(image)
    alone, result = (
        propagate(image, drawn, {1: frozenset(keys)}, network=known, motion=motion, names={1: "gracilis right"})
        for known in (None, network)
    )
    np.testing.assert_array_equal(array_of(result.label_map), array_of(alone.label_map))
    np.testing.assert_array_equal(result.confidence, alone.confidence)
    assert result.suggested_slice == alone.suggested_slice
    assert (array_of(result.label_map) == 1).any((1, 2)).all()
    (warning,) = set(result.warnings) - set(alone.warnings)
    assert warning.startswith("The network did not find what is drawn as gracilis right")
    assert alone.warnings == tuple(text for text in result.warnings if text != warning)


def test_the_part_of_a_muscle_that_a_network_found_still_counts():
    """It found the muscle far from where it was drawn, but nothing beside that."""
    image, truth = limb(30, shift=0.5)
    network = without(truth, 1, slice(8, None))
    drawn = with_drawn(network, truth, 1, (20,))
    motion = slice_motion_of(image)
    keys = {1: frozenset({20})}
    alone, result = (propagate(image, drawn, keys, network=known, motion=motion) for known in (None, network))
    assert (array_of(result.label_map) == 1).any((1, 2)).all()
    np.testing.assert_array_equal(array_of(result.label_map)[8:], array_of(alone.label_map)[8:])
    assert np.mean(scores(result, truth, range(8))) > np.mean(scores(alone, truth, range(8)))
    assert any("did not find what is drawn as label 1" in warning for warning in result.warnings)


def test_taking_away_the_false_end_of_a_muscle_leaves_the_rest_of_it():
    image, network = limb(21, shift=0.0)
    edited = changed(network, lambda array: array[2].__setitem__(array[2] == 1, 0))
    result = propagate(image, edited, edited_slices(edited, network), network=network)
    found, was = (sitk.GetArrayFromImage(of) == 1 for of in (result.label_map, network))
    area, was = found.sum((1, 2)), was.sum((1, 2))
    assert area[:3].tolist()[2] == 0 and (np.diff(area[2:8]) >= 0).all()  # it tapers towards where it was taken away
    assert (area[8:] == was[8:]).all()  # 30 mm away and more it is what the network found


def test_taken_away_on_both_sides_it_is_away_between():
    image, network = limb(11, shift=0.0)
    edited = changed(network, lambda array: [array[n].__setitem__(array[n] == 1, 0) for n in (3, 6)])
    result = propagate(image, edited, edited_slices(edited, network), network=network)
    assert not (sitk.GetArrayFromImage(result.label_map)[3:7] == 1).any()


def test_where_key_slices_and_network_agree_that_there_is_none_the_network_is_believed_beyond():
    image, network = limb(11, ends={1: (4, 11)})
    keys = {1: frozenset({0, 3})}  # drawn, and none there
    result = propagate(image, network, keys, network=network)
    found, was = (sitk.GetArrayFromImage(of) == 1 for of in (result.label_map, network))
    assert (found[4:] == was[4:]).all()


def test_where_a_network_ends_a_muscle_it_is_believed_though_a_slice_more_was_drawn():
    image, truth = limb(30, shift=0.5)
    network = without(truth, 1, slice(12, None))
    drawn = with_drawn(network, truth, 1, (13,))
    result = propagate(image, drawn, {1: frozenset({13})}, network=network, names={1: "gracilis"})
    area = (array_of(result.label_map) == 1).sum((1, 2))
    assert area[:14].all() and area[20] < area[13] / 2 and area[26] < area[13] / 5
    assert not any("gracilis" in warning for warning in result.warnings)


def test_a_network_that_swaps_the_sides_is_not_followed_though_a_little_of_it_is_right():
    image, truth = limb(13, shift=0.0)

    def swap(array):
        # From slice 6 on: most of muscle 1 in the place of muscle 4, a rest where it belongs.
        for own in array[6:]:
            here = np.argwhere(own == 1).mean(0).round().astype(int)
            own[own == 1] = 0
            own[own == 4] = 1
            own[here[0] - 1 : here[0] + 2, here[1] - 1 : here[1] + 2] = 1

    network = changed(truth, swap)
    drawn = changed(network, lambda array: array[0].__setitem__(slice(None), array_of(truth)[0]))
    result = propagate(image, drawn, {1: frozenset({0})}, network=network)
    assert min(scores(result, truth, range(13))) > 0.7


def test_a_label_that_is_drawn_outside_of_the_body_is_told_of():
    image, truth = limb(11, size=96, shift=0.0)
    corner = changed(truth, lambda array: array[5, :4, :4].fill(1))
    away = changed(corner, lambda array: np.putmask(array[5, 20:], array[5, 20:] == 1, 0))
    drawn = only(away, KEYS)
    result = propagate(image, drawn, drawn_slices(drawn), names={1: "gracilis"})
    (warning,) = result.warnings
    assert warning.startswith("Outside of the body that the image shows is drawn gracilis (slice 5)")
    # Drawn in part outside of it, it is carried.
    drawn = only(corner, KEYS)
    assert not propagate(image, drawn, drawn_slices(drawn)).warnings


def test_sagittal_storage_gives_the_same(volume):
    image, labels, _ = volume
    sagittal = sitk.PermuteAxes(image, (1, 2, 0)), sitk.PermuteAxes(only(labels, KEYS), (1, 2, 0))
    axial = propagate(image, only(labels, KEYS), drawn_slices(only(labels, KEYS)))
    result = propagate(*sagittal, drawn_slices(sagittal[1]))
    back = sitk.PermuteAxes(result.label_map, (2, 0, 1))
    same = (array_of(back) == array_of(axial.label_map)).mean()
    assert result.suggested_slice == axial.suggested_slice
    assert same > 0.999


def test_the_suggestion_is_in_the_middle_of_what_is_least_sure(volume):
    image, labels, motion = volume
    drawn = only(labels, (0, 2, 10))
    result = propagate(image, drawn, drawn_slices(drawn), motion=motion)
    assert result.suggested_slice in (5, 6, 7)


def test_nothing_is_left_to_correct_when_all_is_drawn(volume):
    image, labels, motion = volume
    result = propagate(image, labels, drawn_slices(labels), motion=motion)
    assert result.suggested_slice is None
    assert (result.confidence == 1).all()
    np.testing.assert_array_equal(array_of(result.label_map), array_of(labels))
    assert result.warnings == (
        "Every slice counts as drawn, so nothing was carried. Where not all were, say which slices were drawn.",
    )


def test_that_an_image_of_one_slice_has_no_other_is_said(volume):
    image, labels, _ = volume
    (warning,) = propagate(image[:, :, 5:6], labels[:, :, 5:6], {1: frozenset({0})}).warnings
    assert warning.startswith("The image has a single slice")


def test_what_was_given_stays_as_it_was_also_when_cancelled(volume):
    image, labels, motion = volume
    drawn = only(labels, KEYS)
    before = array_of(drawn)

    def stop(fraction, _message):
        if fraction > 0.7:
            raise Cancelled

    with pytest.raises(Cancelled):
        propagate(image, drawn, drawn_slices(drawn), motion=motion, progress=stop)
    np.testing.assert_array_equal(array_of(drawn), before)


@pytest.mark.parametrize("value", [0.0, 5.0, np.nan])
def test_that_an_image_shows_nothing_is_said(value):
    image, labels = limb(5)
    for slices, text in (
        (slice(None), "shows nothing: one"),
        (slice(2, 4), "nothing in 2 of its slices, such as slice 2"),
    ):
        blank = changed(image, lambda array, where=slices: array[where].fill(value))
        result = propagate(blank, labels, drawn_slices(labels, slices=[0, 4]))
        assert any(text in warning for warning in result.warnings)
    assert not any("shows nothing" in warning for warning in propagate(image, labels, {1: frozenset({0})}).warnings)


def test_what_cannot_be_carried_is_refused_in_words(volume):
    image, labels, _ = volume
    with pytest.raises(InputError, match="nothing to carry"):
        propagate(image, labels, {})
    with pytest.raises(InputError, match="counted from 0 to 10"):
        propagate(image, labels, {1: frozenset({11})})
    with pytest.raises(InputError, match="More than 255 labels"):
        propagate(image, labels, dict.fromkeys(range(1, 257), frozenset({1})))
    with pytest.raises(InputError, match="does not lie on the grid"):
        propagate(image, limb(5)[1], {1: frozenset({1})})
    with pytest.raises(InputError, match="one real value"):
        propagate(sitk.Cast(image, sitk.sitkComplexFloat32), labels, {1: frozenset({1})})
    with pytest.raises(InputError, match="integers"):
        propagate(image, sitk.Cast(labels, sitk.sitkFloat32), {1: frozenset({1})})
