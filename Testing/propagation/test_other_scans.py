"""To the other side, and to a later scan, on simulated thighs."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from MuscleSegLib.anatomy import LEFT_OFFSET
from MuscleSegLib.cli import main
from MuscleSegLib.errors import Cancelled, InputError
from MuscleSegLib.propagation import mirroring
from MuscleSegLib.propagation.confidence_table import write_confidence_table
from MuscleSegLib.propagation.drawing_warnings import limbs_in, remarks_on_sides
from MuscleSegLib.propagation.follow_up import NetworkResults, carry_to_follow_up
from MuscleSegLib.propagation.mirroring import drawn_by_hand, mirror
from MuscleSegLib.registration import Registration
from MuscleSegLib.registration.result import LimbRegistration, Quality
from MuscleSegLib.segmentation.labelled_volume import LARGEST_VALUE, LabelledVolume, VolumeLabel
from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume
from MuscleSegLib.segmentation.segmentation_writing import write_labelled_volume
from MuscleSegLib.simulation.volume import PATIENT, simulate_volume
from Testing.propagation.limbs import changed, dsc, limb, only
from Testing.simulation.label_maps import THIGH, body_slices


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    """A first visit, and a second of another contrast and place in the scanner."""
    slices = body_slices(tmp_path_factory.mktemp("body"), [THIGH] * 4)
    right, left = slices.subjects
    heights = np.unique(slices.position_mm)
    first, second = (
        simulate_volume(
            slices,
            right,
            left,
            heights,
            spacing_mm=2.5,
            width=80,
            left_offset=LEFT_OFFSET,
            sequence=sequence,
            seed=3,
            ranges=PATIENT,
        )
        for sequence in ("t1", "dixon_water")
    )
    shift = sitk.TranslationTransform(3, (5.0, -5.0, 0.0))
    moved = [
        sitk.Resample(image, image, shift, how)
        for image, how in ((second.image, sitk.sitkLinear), (second.label_map, sitk.sitkNearestNeighbor))
    ]
    return first.image, first.label_map, *moved


def labelled(image: sitk.Image) -> LabelledVolume:
    """With a label for every value of the right side, named by its number."""
    present = np.unique(sitk.GetArrayViewFromImage(image)).tolist()
    right = sorted({value % LEFT_OFFSET for value in present} - {0})
    return LabelledVolume(image, tuple(VolumeLabel(v, f"muscle {v}", "", "right", (9, 9, 9)) for v in right))


def mean_dsc(found: sitk.Image, truth: sitk.Image, values) -> float:
    one, other = sitk.GetArrayFromImage(found), sitk.GetArrayFromImage(truth)
    return float(np.mean([dsc(one == value, other == value) for value in values]))


def test_how_sure_each_mirrored_slice_is_and_where_to_begin_is_said(visits):
    image, truth, _, _ = visits
    right_only = changed(truth, lambda array: np.putmask(array, array > LEFT_OFFSET, 0))

    def blotted(array):
        # In one slice the left limb shows something that the right one does not.
        array[1, :, array.shape[2] // 2 :: 2] *= 0.2

    plain, spoilt = (mirror(one, labelled(right_only)) for one in (image, changed(image, blotted)))
    assert plain.values == tuple(label.value + LEFT_OFFSET for label in labelled(right_only).labels)
    assert set(plain.key_slices.values()) == {frozenset()}
    expected, true = np.nanmean(plain.confidence), np.nanmean(true_dsc(plain, truth))
    assert true - 0.25 < expected < true + 0.05
    assert np.nanmean(spoilt.confidence[:, 1]) < np.nanmean(plain.confidence[:, 1]) - 0.1
    assert spoilt.suggested_slice == 1


def test_that_one_limb_is_unlike_the_other_is_no_reason_to_doubt_whose_it_is(visits, monkeypatch):
    image, truth, _, _ = visits
    right_only = changed(truth, lambda array: np.putmask(array, array > LEFT_OFFSET, 0))

    def registered(*_, **__):
        far = LimbRegistration("left", "bspline", sitk.Transform(), *2 * [Quality(0.7, 0.3)], 60.0, 9.0)
        return Registration(sitk.Transform(), (replace(far, side="right"), far), ("Is it the same patient?",))

    monkeypatch.setattr(mirroring, "register", registered)
    assert mirror(image, labelled(right_only)).warnings == ()

    def refused(*_, **__):
        found = registered()
        return replace(found, limbs=(found.limbs[0], replace(found.limbs[1], refused=True)))

    monkeypatch.setattr(mirroring, "register", refused)
    (warning,) = mirror(image, labelled(right_only)).warnings
    assert warning.startswith("The left limb and the mirror image of the other could not be laid over one another")


def test_a_muscle_that_is_drawn_in_the_other_limb_is_told_of(visits):
    """Mirrored, it lies on the wrong side twice; by itself, its place among the others does not tell."""
    image, truth, _, _ = visits
    swapped = changed(truth, lambda array: np.copyto(array, 2 * (array == LEFT_OFFSET + 2).astype(array.dtype)))
    told = mirror(image, labelled(swapped)).warnings[0]
    assert told.startswith("Drawn in the other limb than the name says: muscle 2 right (slices ")


def test_a_key_slice_that_was_drawn_in_the_other_limb_is_told_of(visits):
    image, truth, _, _ = visits

    def exchange(array):
        array[3][array[3] == 2] = LEFT_OFFSET + 2

    both = labelled(changed(truth, exchange))
    left = [replace(one, value=one.value + LEFT_OFFSET, side="left") for one in both.labels]
    both = replace(both, labels=(*both.labels, *left))
    drawn = dict.fromkeys((label.value for label in both.labels), frozenset({1, 3}))
    limbs = limbs_in(image)
    (told,) = remarks_on_sides(limbs, both, drawn)
    assert told.startswith("Drawn in the other limb than the name says: muscle 2 left (slice 3).")
    assert remarks_on_sides(limbs, both, dict.fromkeys(drawn, frozenset({1}))) == []
    # One limb does not tell which it is, and an image that shows nothing tells nothing.
    assert remarks_on_sides({"left": limbs["left"]}, both, drawn) == []
    assert limbs_in(image * 0) == {}


def test_mirroring_records_the_slices_that_a_person_drew():
    """And nothing of what somebody else may have made: then corrections of it could not be carried."""
    _, truth = limb(11)
    one = VolumeLabel(1, "gracilis", "Gr", "right", (9, 9, 9))
    labels = LabelledVolume(only(sitk.Cast(truth == 1, sitk.sitkUInt8), (2, 7)), (one,))
    assert drawn_by_hand(labels) == {1: {2, 7}}
    assert drawn_by_hand(replace(labels, models=("thigh-hrnet 1.0",))) == {}
    assert drawn_by_hand(replace(labels, image=sitk.Cast(truth == 1, sitk.sitkUInt8))) == {}
    assert drawn_by_hand(replace(labels, key_slices={1: (7,)})) == {1: {7}}


def test_labels_that_were_mirrored_to_where_nothing_is_shown_are_told_of(visits):
    """The left limb is cut off; the right one of these slices is shown."""
    image, truth, _, _ = visits
    right_only = changed(truth, lambda array: np.putmask(array, array > LEFT_OFFSET, 0))

    def cut(array):
        array[:2, :, array.shape[2] // 2 :] = 0

    (told,) = mirror(changed(image, cut), labelled(right_only)).warnings
    assert told.startswith("The image shows nothing at labels that were mirrored to slices 0, 1")


def test_one_drawn_limb_is_mirrored_to_the_other_and_stays_as_it_is(visits):
    image, truth, _, _ = visits
    right_only = changed(truth, lambda array: np.putmask(array, array > LEFT_OFFSET, 0))
    first, *others = labelled(right_only).labels
    # Of the largest value there is, the counterpart cannot be the usual one.
    labels = (replace(first, value=LARGEST_VALUE), *others)
    right_only = sitk.ChangeLabel(sitk.Cast(right_only, sitk.sitkUInt16), {first.value: LARGEST_VALUE})
    mirrored = mirror(image, LabelledVolume(right_only, labels))
    found, drawn = sitk.GetArrayFromImage(mirrored.label_map), sitk.GetArrayFromImage(right_only)
    np.testing.assert_array_equal(found[drawn > 0], drawn[drawn > 0])
    lefts = {label.name: label.value for label in mirrored.labels if label.side == "left"}
    assert lefts == {label.name: label.value + LEFT_OFFSET for label in others} | {first.name: lefts[first.name]}
    assert 0 < lefts[first.name] < LARGEST_VALUE and len({*lefts.values(), *np.unique(drawn)}) == 2 * len(labels) + 1
    usual = sitk.ChangeLabel(mirrored.label_map, {lefts[first.name]: first.value + LEFT_OFFSET})
    assert mean_dsc(usual, truth, [label.value + LEFT_OFFSET for label in (first, *others)]) > 0.7
    # Nothing of the left limb lies in the right half.
    columns = np.nonzero(np.isin(found, list(lefts.values())))[2]
    assert columns.min() > found.shape[2] // 2 - 3


def test_there_must_be_something_to_mirror(visits):
    image, truth, _, _ = visits
    no_side = LabelledVolume(truth, tuple(VolumeLabel(v, "x", "", "", (9, 9, 9)) for v in (1, 2)))
    with pytest.raises(InputError, match="None of the labels says"):
        mirror(image, no_side)
    both = labelled(truth)
    left = [replace(one, value=one.value + LEFT_OFFSET, side="left") for one in both.labels]
    with pytest.raises(InputError, match="nothing to mirror"):
        mirror(image, replace(both, labels=(*both.labels, *left)))


def test_there_must_be_another_limb_to_mirror_to(visits):
    image, truth, _, _ = visits
    middle = image.GetSize()[0] // 2
    right_only = changed(truth, lambda array: np.putmask(array, array > LEFT_OFFSET, 0))
    with pytest.raises(InputError, match="does not show two limbs"):
        mirror(image[:middle], labelled(right_only[:middle]))


@pytest.fixture(scope="module")
def carried(visits):
    image, truth, later, _ = visits
    return carry_to_follow_up(image, truth, later)


def test_labels_are_carried_to_a_later_scan(visits, carried):
    _, truth, later, later_truth = visits
    values = set(np.unique(sitk.GetArrayViewFromImage(truth)).tolist()) - {0}
    before = sitk.Resample(truth, later, sitk.Transform(), sitk.sitkNearestNeighbor)
    assert mean_dsc(carried.label_map, later_truth, values) > mean_dsc(before, later_truth, values) + 0.05
    assert mean_dsc(carried.label_map, later_truth, values) > 0.85
    assert carried.label_map.GetSize() == later.GetSize()


def test_scans_are_not_registered_again_for_another_label_map(visits, carried):
    image, truth, later, _ = visits
    said = []
    vastus = changed(truth, lambda array: np.putmask(array, array != 2, 0))
    again = carry_to_follow_up(
        image, vastus, later, registration=carried.registration, progress=lambda _, text: said.append(text)
    )
    assert said == ["Carrying the labels", "Done"]
    found, of_all = (sitk.GetArrayFromImage(one.label_map) == 2 for one in (again, carried))
    assert dsc(found, of_all) > 0.9


def test_only_corrections_are_repeated_where_a_network_saw_both_scans(visits, carried):
    image, truth, later, later_truth = visits
    value = 2

    def larger(array):
        # A network that finds the muscle too large by a rim, in both scans.
        mask = sitk.BinaryDilate(sitk.GetImageFromArray((array == value).astype(np.uint8)), (2, 2, 0))
        array[(sitk.GetArrayFromImage(mask) > 0) & (array == 0)] = value

    networks = NetworkResults(changed(truth, larger), changed(later_truth, larger))
    result = carry_to_follow_up(image, truth, later, networks=networks, registration=carried.registration)
    found, network, true = (sitk.GetArrayFromImage(one) for one in (result.label_map, networks.follow_up, later_truth))
    for other in set(np.unique(network).tolist()) - {0, value}:
        np.testing.assert_array_equal(found == other, network == other)
    assert dsc(found == value, true == value) > dsc(network == value, true == value) + 0.05


def test_a_missing_part_that_was_drawn_is_repeated(visits, carried):
    image, truth, later, later_truth = visits
    value = 2

    def halved(array):
        half = array[:, :, : int(np.median(np.nonzero(array == value)[2]))]
        half[half == value] = 0

    networks = NetworkResults(changed(truth, halved), changed(later_truth, halved))
    result = carry_to_follow_up(image, truth, later, networks=networks, registration=carried.registration)
    found, network, true = (
        sitk.GetArrayFromImage(one) == value for one in (result.label_map, networks.follow_up, later_truth)
    )
    missing = true & ~network
    # Smoothed as small corrections are, a sixth of it would be.
    assert (found & missing).sum() > missing.sum() / 2


def test_a_network_that_was_not_corrected_stands(visits, carried):
    image, truth, later, later_truth = visits
    networks = NetworkResults(truth, later_truth)
    result = carry_to_follow_up(image, truth, later, networks=networks, registration=carried.registration)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(result.label_map), sitk.GetArrayFromImage(later_truth))


@pytest.mark.parametrize("missed", [("first",), ("second",), ("first", "second")])
def test_a_muscle_that_a_network_missed_is_carried_as_without_one(visits, carried, missed):
    image, truth, later, later_truth = visits
    value = 2

    def without(array):
        array[array == value] = 0

    networks = NetworkResults(
        changed(truth, without) if "first" in missed else truth,
        changed(later_truth, without) if "second" in missed else later_truth,
    )
    result = carry_to_follow_up(
        image, truth, later, networks=networks, registration=carried.registration, names={value: "vastus"}
    )
    found, of_none, network = (
        sitk.GetArrayFromImage(one) for one in (result.label_map, carried.label_map, networks.follow_up)
    )
    assert dsc(found == value, of_none == value) > 0.9
    others = (network != value) & (network != 0)
    np.testing.assert_array_equal(found[others], network[others])
    assert "the network did not find what is drawn as vastus" in result.warnings[-1]


def test_a_muscle_that_a_network_made_up_is_left_out(visits, carried):
    image, truth, later, later_truth = visits
    value = 2
    erased = changed(truth, lambda array: np.putmask(array, array == value, 0))
    networks = NetworkResults(truth, later_truth)
    result = carry_to_follow_up(image, erased, later, networks=networks, registration=carried.registration)
    assert not (sitk.GetArrayViewFromImage(result.label_map) == value).any()
    assert result.warnings == carried.registration.warnings


def true_dsc(result, truth: sitk.Image) -> np.ndarray:
    """(labels, slices) of a result, NaN where the label is not there."""
    found, true = sitk.GetArrayFromImage(result.label_map), sitk.GetArrayFromImage(truth)
    scores = [[dsc(found[n] == value, true[n] == value) for n in range(len(found))] for value in result.values]
    return np.where(np.isnan(result.confidence), np.nan, scores)


def test_where_the_scans_lie_badly_over_one_another_labels_are_less_sure(visits, carried):
    image, truth, later, later_truth = visits
    astray = sitk.CompositeTransform([carried.registration.transform, sitk.TranslationTransform(3, (4.8, 3.6, 0.0))])
    badly = carry_to_follow_up(
        image, truth, later, registration=replace(carried.registration, transform=astray, warnings=())
    )
    assert np.nanmean(badly.confidence) < np.nanmean(carried.confidence) - 0.05
    worse = true_dsc(badly, later_truth)
    # Between contrasts they are less sure than they could be, never more than they should.
    assert 0.3 < np.nanmean(badly.confidence) < np.nanmean(worse) + 0.1
    assert np.nanmean(carried.confidence) < np.nanmean(true_dsc(carried, later_truth))
    sure = badly.confidence > np.nanmedian(badly.confidence)
    assert np.nanmean(worse[sure]) > np.nanmean(worse[~sure]) + 0.05


def test_where_a_network_does_not_agree_with_what_is_carried_it_is_less_sure(visits, carried):
    image, truth, later, later_truth = visits
    value, n = 2, 1

    def halved(array):
        half = array[n, :, : int(np.median(np.nonzero(array[n] == value)[1]))]
        half[half == value] = 0

    of_right, of_wrong = (
        carry_to_follow_up(
            image, truth, later, networks=NetworkResults(truth, found), registration=carried.registration
        ).confidence
        for found in (later_truth, changed(later_truth, halved))
    )
    row = carried.values.index(value)
    assert of_wrong[row, n] < of_right[row, n] - 0.1
    others = np.arange(len(of_right)) != row
    np.testing.assert_allclose(of_wrong[others], of_right[others], atol=0.05)
    assert np.nanmean(of_right) > np.nanmean(carried.confidence)


def test_what_the_first_visit_does_not_show_is_as_sure_as_a_network_usually_is(visits, carried):
    image, truth, later, later_truth = visits
    half = image.GetSize()[2] // 2
    networks = NetworkResults(truth, later_truth)
    whole = carry_to_follow_up(image, truth, later, networks=networks, registration=carried.registration)
    networks = NetworkResults(truth[:, :, :half], later_truth)
    cut = carry_to_follow_up(
        image[:, :, :half], truth[:, :, :half], later, networks=networks, registration=carried.registration
    )
    assert np.nanmean(cut.confidence[:, half + 1 :]) < np.nanmean(whole.confidence[:, half + 1 :])
    assert 0.8 < np.nanmean(cut.confidence[:, half + 1 :]) < 0.95


def test_how_sure_carried_labels_are_is_written_as_a_table(visits, carried, tmp_path):
    labels = labelled(visits[1])
    left = [replace(one, value=one.value + LEFT_OFFSET, side="left") for one in labels.labels]
    write_confidence_table(carried, replace(labels, labels=(*labels.labels, *left)), tmp_path / "sure.tsv")
    table = pd.read_csv(tmp_path / "sure.tsv", sep="\t", comment="#")
    assert len(table) == np.count_nonzero(~np.isnan(carried.confidence))
    assert set(table["key_slice"]) == {"no"}


def test_the_mirrored_side_is_written_with_how_sure_it_is(visits, tmp_path, capsys):
    image, truth, _, _ = visits
    scan, labels, out, sure = (tmp_path / name for name in ("1.nrrd", "right.seg.nrrd", "both.seg.nrrd", "sure.tsv"))
    sitk.WriteImage(image, str(scan))
    right_only = changed(truth, lambda array: np.putmask(array, array > LEFT_OFFSET, 0))
    write_labelled_volume(labelled(right_only), labels, {})
    assert main([str(part) for part in ("propagate", "side", scan, labels, "-o", out, "--confidence", sure)]) == 0
    assert set(pd.read_csv(sure, sep="\t", comment="#")["side"]) == {"left"}
    assert re.search(r"slice to correct next: \d+\n", capsys.readouterr().out)


def test_from_files_to_files(visits, tmp_path):
    image, truth, later, _ = visits
    first, second, labels, out, sure = (
        tmp_path / name for name in ("1.nrrd", "2.nrrd", "1.seg.nrrd", "2.nii.gz", "sure.tsv")
    )
    sitk.WriteImage(image, str(first))
    sitk.WriteImage(later, str(second))
    write_labelled_volume(labelled(truth), labels, {})
    command = ["propagate", "scan", first, labels, second, "-o", out, "--confidence", sure]
    assert main([str(part) for part in command]) == 0
    found = read_labelled_volume(out)
    assert found.image.GetSize() == later.GetSize()
    assert set(pd.read_csv(sure, sep="\t", comment="#")["index"]) <= {label.value for label in found.labels}


def test_slices_that_the_first_visit_does_not_show_are_told_of(visits, carried):
    image, truth, later, _ = visits
    half = image.GetSize()[2] // 2
    result = carry_to_follow_up(image[:, :, :half], truth[:, :, :half], later, registration=carried.registration)
    # Registration may move the end by a slice.
    told = re.search(r"where the earlier one ends \((\d+) of its slices, such as slice (\d+)\)", result.warnings[-1])
    assert [int(number) for number in told.groups()] == pytest.approx([half, half], abs=1)
    assert carried.warnings == carried.registration.warnings


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_labels_that_were_carried_to_where_the_later_scan_shows_nothing_are_told_of(visits, carried, value):
    image, truth, later, _ = visits
    holed = changed(later, lambda array: array[1:3].fill(value))
    result = carry_to_follow_up(image, truth, holed, registration=carried.registration)
    assert result.warnings[-1].startswith("The later scan shows nothing at labels that were carried to slices 1, 2:")


def test_carrying_can_be_stopped(visits):
    image, truth, later, _ = visits

    def stop(*_):
        raise Cancelled

    with pytest.raises(Cancelled):
        carry_to_follow_up(image, truth, later, progress=stop)
    with pytest.raises(InputError, match="nothing to carry"):
        carry_to_follow_up(image, truth * 0, later)
    with pytest.raises(InputError, match="does not lie on the grid"):
        carry_to_follow_up(image, truth[:, :, 1:], later)
