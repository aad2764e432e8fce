from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleSegLib.errors import Cancelled, InputError, LabelSetError
from MuscleSegLib.segmentation.pipeline import segment_with
from MuscleSegLib.segmentation.result import Segmentation
from Testing.segmentation.phantoms import Limb, in_physical_space, limb_volume, stored_otherwise
from Testing.segmentation.stand_in_models import (
    CHANNELS,
    LateralIsBright,
    Quadrants,
    StandInModels,
    ThighWhereTwoTissues,
)

TWO = (Limb(-85), Limb(85))
VL, VM, SM, BFL, LEFT = 1, 3, 10, 12, 100


def segment_limbs(image: sitk.Image, **options) -> Segmentation:
    return segment_with(StandInModels(), image, **{"region": "thigh", **options})


def label_at(labels: sitk.Image, x: float, y: float, z: float = -28.0) -> int:
    return labels[labels.TransformPhysicalPointToIndex((x, y, z))]


def assert_same_geometry(labels: sitk.Image, image: sitk.Image) -> None:
    assert labels.GetSize() == image.GetSize()
    assert labels.GetOrigin() == image.GetOrigin()
    assert labels.GetSpacing() == image.GetSpacing()
    assert labels.GetDirection() == image.GetDirection()
    assert labels.GetPixelID() == sitk.sitkUInt8


def test_the_lateral_and_the_medial_muscle_of_each_side_are_where_they_belong():
    labels = segment_limbs(limb_volume(TWO)).label_map
    assert [label_at(labels, x, -30) for x in (-115, -55, 55, 115)] == [VL, VM, VM + LEFT, VL + LEFT]
    assert [label_at(labels, x, 30) for x in (-115, -55, 55, 115)] == [BFL, SM, SM + LEFT, BFL + LEFT]


@settings(max_examples=20, deadline=None)
@given(
    order=st.permutations([0, 1, 2]),
    flips=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    tilt=st.floats(-0.3, 0.3),
)
def test_however_a_volume_is_stored_the_result_is_the_same_in_space(order, flips, tilt):
    image = limb_volume([Limb(-85), Limb(80, 9)], slices=4)
    image.SetDirection((np.cos(tilt), -np.sin(tilt), 0, np.sin(tilt), np.cos(tilt), 0, 0, 0, 1))
    stored = stored_otherwise(image, order, flips)
    labels = segment_limbs(stored).label_map
    assert_same_geometry(labels, stored)
    np.testing.assert_array_equal(in_physical_space(labels), in_physical_space(segment_limbs(image).label_map))


def test_an_oblique_volume_keeps_its_geometry_to_the_last_digit():
    image = limb_volume(TWO)
    turn = sitk.Euler3DTransform((0, 0, 0), 0.123456789, -0.2, 0.31)
    image.SetDirection(turn.GetMatrix())
    image.SetOrigin((-191.1234567890123, 1 / 3, 7e-11))
    assert_same_geometry(segment_limbs(image).label_map, image)


@pytest.mark.parametrize(("axis", "degrees"), [((1, 0, 0), 45), ((0, 1, 0), 30), ((0, 0, 1), 25)])
def test_tilted_slices_find_the_same_muscles(axis, degrees):
    image = limb_volume([Limb(-85), Limb(80, 9)], slices=30, spacing=(4.0, 4.0, 4.0), size=(96, 72))
    turn = sitk.VersorTransform(axis, np.radians(degrees)).GetMatrix()
    middle = image.TransformContinuousIndexToPhysicalPoint([(size - 1) / 2 for size in image.GetSize()])
    origin = middle + np.reshape(turn, (3, 3)) @ [-2.0 * (size - 1) for size in (110, 90, 50)]
    tilted = sitk.Resample(
        image, (110, 90, 50), sitk.Transform(), sitk.sitkLinear, origin.tolist(), (4.0, 4.0, 4.0), turn
    )
    result = segment_limbs(tilted)
    assert_same_geometry(result.label_map, tilted)
    assert f"tilted by {degrees}°" in result.warnings[0].text
    back = sitk.Resample(result.label_map, image, sitk.Transform(), sitk.sitkNearestNeighbor)
    found, expected = (in_physical_space(labels)[10:20] for labels in (back, segment_limbs(image).label_map))
    overlap = 2 * np.sum((found == expected) & (expected > 0)) / (np.sum(found > 0) + np.sum(expected > 0))
    assert overlap > 0.93


def test_warnings_of_a_tilted_image_name_none_of_its_slices():
    image = limb_volume([Limb(0, radius_x=105, radius_y=105)], spacing=(2.5, 2.5, 6.0))
    image.SetDirection(sitk.VersorTransform((0, 0, 1), 0.5).GetMatrix())
    warnings = segment_limbs(image, side="right").warnings
    assert any("wider" in warning.text for warning in warnings)
    assert {warning.slice for warning in warnings} == {None}


@pytest.mark.parametrize("slices", [1, 2, 40])
def test_any_number_of_slices(slices):
    labels = sitk.GetArrayFromImage(segment_limbs(limb_volume(TWO, slices=slices)).label_map)
    assert labels.shape[0] == slices
    assert labels.any((1, 2)).all()


def test_few_slices_and_coarse_pixels_are_said():
    result = segment_limbs(limb_volume(TWO, slices=1, spacing=(4.0, 4.0, 6.0)))
    texts = [warning.text for warning in result.warnings if warning.kind == "image"]
    assert len(texts) == 2
    assert "4.0 mm" in texts[0]
    assert "one axial slice" in texts[1]


def test_a_coronal_volume_is_segmented_on_its_axial_slices():
    image = sitk.Resample(
        limb_volume(TWO, slices=60, spacing=(3.0, 3.0, 2.0)),
        (128, 60, 60),
        sitk.Transform(),
        sitk.sitkLinear,
        (-190.5, -118.0, 78.0),
        (3.0, 2.0, 4.0),
        (1, 0, 0, 0, 0, 1, 0, -1, 0),
    )
    result = segment_limbs(image)
    assert_same_geometry(result.label_map, image)
    assert label_at(result.label_map, -115, -30, 20) == VL
    assert any("4.0 mm" in warning.text for warning in result.warnings)


def test_no_label_of_one_limb_lies_on_the_other_when_they_touch():
    labels = in_physical_space(segment_limbs(limb_volume([Limb(-66), Limb(66)])).label_map)
    middle = labels.shape[2] // 2
    assert (labels[:, :, : middle - 2] < LEFT).all()
    right_of_the_left = labels[:, :, middle + 2 :]
    assert ((right_of_the_left == 0) | (right_of_the_left > LEFT)).all()


def test_muscles_that_were_not_found_are_named():
    result = segment_limbs(limb_volume(TWO))
    absent = [warning.text for warning in result.warnings if warning.kind == "absent"]
    assert len(absent) == 2 * 9
    assert any("gracilis left was not found" in text for text in absent)


def test_a_limb_cut_by_the_border_is_said_with_its_muscles():
    result = segment_limbs(limb_volume([Limb(-85), Limb(160)]))
    texts = [warning.text for warning in result.warnings if warning.kind == "border"]
    assert any("The left limb reaches the border" in text for text in texts)
    assert any("vastus lateralis left reaches the border" in text for text in texts)
    assert not any("right" in text for text in texts)


def with_bright_bars(image: sitk.Image, *bars_mm: float) -> sitk.Image:
    """``image`` with something bright along each limb, at these x."""
    x = [image.TransformIndexToPhysicalPoint((column, 0, 0))[0] for column in range(image.GetWidth())]
    bar = np.min([np.abs(np.array(x) - at) for at in bars_mm], axis=0) < 6
    values = sitk.GetArrayFromImage(image)
    bright = sitk.GetImageFromArray(np.where(bar & (values > values.max() / 10), 3 * values.max(), values))
    bright.CopyInformation(image)
    return bright


def sides_told(image: sitk.Image, **options) -> list[str]:
    result = segment_with(StandInModels(LateralIsBright()), image, **options)
    return [warning.text for warning in result.warnings if warning.kind == "side"]


@pytest.mark.parametrize(("lateral", "side"), [(-35, "right"), (35, "left")])
@pytest.mark.parametrize("region", ["auto", "thigh"])
def test_where_the_position_does_not_tell_the_side_the_anatomy_does(lateral, side, region):
    image = with_bright_bars(limb_volume([Limb(0)]), lateral)
    result = segment_with(StandInModels(LateralIsBright()), image, region=region)
    (warning,) = [warning for warning in result.warnings if warning.kind == "side"]
    assert f"by its anatomy it was taken for the {side} one" in warning.text
    assert label_at(result.label_map, lateral, -20) == VL + (LEFT if side == "left" else 0)


def test_a_side_that_is_said_is_taken_but_not_believed_against_the_anatomy():
    image = with_bright_bars(limb_volume([Limb(0)]), 35)
    assert sides_told(image, side="left") == []
    (text,) = sides_told(image, side="right")
    assert "taken for the right one looks like a left one" in text


def test_a_side_that_is_given_of_two_limbs_means_that_one_and_what_is_left_out_is_said():
    image = limb_volume(TWO)
    result = segment_limbs(image, side="left")
    (warning,) = [warning for warning in result.warnings if warning.kind == "side"]
    assert '"left" was given' in warning.text and "mm wide, was left without labels" in warning.text
    both = in_physical_space(segment_limbs(image).label_map)
    np.testing.assert_array_equal(in_physical_space(result.label_map), np.where(both > LEFT, both, 0))


class OnlyWhereTheMiddleIsDark(Quadrants):
    """Four muscles in a limb of muscle in a ring of fat, and none in what is as bright as fat."""

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        logits = super().forward(crops)
        middle = crops[:, 0, 40:56, 40:56].mean((1, 2))
        logits[middle > 0, 0] = 12.0
        return logits


class ModelsOfDarkMuscles(StandInModels):
    def for_region(self, region):
        return replace(super().for_region(region), network=OnlyWhereTheMiddleIsDark(region))


def with_a_bottle(*, x: float, limb: float) -> sitk.Image:
    """A limb, and beside it something round of a single tissue."""
    alone = limb_volume([Limb(limb)])
    bottle = limb_volume([Limb(x, radius_x=30, radius_y=30)], muscle=300.0)
    return alone + bottle


@pytest.mark.parametrize(("limb", "x", "side"), [(60, 165, "left"), (60, -60, "left"), (-60, -165, "right")])
@pytest.mark.parametrize("region", ["auto", "thigh"])
def test_a_bottle_beside_a_limb_is_no_limb_and_moves_it_to_no_other_side(limb, x, side, region):
    result = segment_with(ModelsOfDarkMuscles(), with_a_bottle(x=x, limb=limb), region=region)
    labels = in_physical_space(result.label_map)
    assert {int(value) // LEFT for value in np.unique(labels[labels > 0])} == {int(side == "left")}
    (warning,) = [warning for warning in result.warnings if warning.kind == "side"]
    assert "does not look like a limb" in warning.text and side in warning.text


def test_a_small_second_limb_that_the_network_knows_stays_one():
    image = limb_volume([Limb(-85), Limb(85, radius_x=40, radius_y=40)])
    result = segment_with(ModelsOfDarkMuscles(), image, region="thigh")
    assert {value // LEFT for value in np.unique(in_physical_space(result.label_map)) if value} == {0, 1}
    assert not [warning for warning in result.warnings if warning.kind == "side"]


def test_two_limbs_on_one_side_of_the_scanners_middle_stay_two():
    image = limb_volume(TWO)
    expected = in_physical_space(segment_limbs(image).label_map)
    image.SetOrigin((image.GetOrigin()[0] + 130, *image.GetOrigin()[1:]))
    np.testing.assert_array_equal(in_physical_space(segment_limbs(image).label_map), expected)


def test_each_of_two_limbs_is_asked_whether_it_is_of_the_other_side():
    texts = sides_told(with_bright_bars(limb_volume(TWO), -50, 120))
    assert len(texts) == 1 and "taken for the right one looks like a left one" in texts[0]


def test_what_shows_beside_the_limb_on_few_slices_is_said():
    alone, beside = limb_volume([Limb(-85)], slices=19), limb_volume(TWO, slices=1)
    image = sitk.GetImageFromArray(np.concatenate([sitk.GetArrayFromImage(part) for part in (alone, beside)]))
    image.SetSpacing(alone.GetSpacing())
    image.SetOrigin(alone.GetOrigin())
    (warning,) = [warning for warning in segment_limbs(image).warnings if "beside the limb on 1 slices" in warning.text]
    assert warning.slice == 19


def test_a_limb_wider_than_the_models_crop_is_said():
    result = segment_limbs(limb_volume([Limb(0, radius_x=105, radius_y=105)], spacing=(2.5, 2.5, 6.0)), side="right")
    (text,) = [warning.text for warning in result.warnings if "wider" in warning.text]
    assert "The right limb is about" in text
    assert "on 5 of 5 slices" in text
    assert "192 mm" in text
    assert not [warning for warning in segment_limbs(limb_volume(TWO)).warnings if "wider" in warning.text]


def test_values_that_are_no_numbers_are_counted_and_taken_as_no_signal():
    image = limb_volume(TWO)
    image[0, 0, 0] = float("nan")
    image[1, 0, 0] = float("inf")
    result = segment_limbs(image)
    assert any("2 voxels" in warning.text for warning in result.warnings)
    assert label_at(result.label_map, -115, -30) == VL


def test_integers_and_values_below_zero_give_the_same_muscles():
    image = limb_volume(TWO)
    expected = sitk.GetArrayFromImage(segment_limbs(image).label_map)
    for other in (sitk.Cast(image, sitk.sitkInt16), sitk.Cast(image, sitk.sitkFloat64) - 500):
        found = sitk.GetArrayFromImage(segment_limbs(other).label_map)
        assert np.mean(found != expected) < 0.01


def test_the_classifier_decides_which_model_is_used():
    result = segment_with(StandInModels("leg"), limb_volume(TWO))
    assert [card.name for card in result.cards] == ["leg-quadrants"]
    assert {label.region for label in result.label_set.labels} == {"leg"}


class OneRegion(StandInModels):
    def only_region(self):
        return "leg"


def test_a_model_of_one_region_leaves_slices_of_the_other_out():
    class LegWhereTwoTissues(ThighWhereTwoTissues):
        def forward(self, crops):
            answers = super().forward(crops)  # what is "other" is a thigh, what is a thigh is a leg
            return answers[:, [2, 0, 1, 3, 4]]

    result = segment_with(OneRegion(LegWhereTwoTissues()), runs_on(0, 12, 8))
    labelled = in_physical_space(result.label_map).any((1, 2))
    assert labelled[:11].all() and not labelled[13:].any()
    assert [card.name for card in result.cards] == ["leg-quadrants"]
    (text,) = [warning.text for warning in result.warnings if "look like the thigh" in warning.text]
    assert f"{20 - labelled.sum()} of 20 axial slices" in text


def test_a_model_of_another_region_than_the_image_shows_is_refused_unless_the_region_is_said():
    with pytest.raises(InputError, match=r"looks like the thigh.*--region leg"):
        segment_with(OneRegion(), limb_volume(TWO))
    result = segment_with(OneRegion(), limb_volume(TWO), region="leg")
    assert [card.name for card in result.cards] == ["leg-quadrants"]


def test_something_else_is_refused_for_a_model_of_one_region_too():
    with pytest.raises(InputError, match="does not look like a thigh or a leg"):
        segment_with(OneRegion("other"), limb_volume(TWO))


class ModelsOf(StandInModels):
    """Quadrants whose channels have other names."""

    def __init__(self, **names: str) -> None:
        super().__init__()
        self._names = names

    def for_region(self, region):
        model = super().for_region(region)
        channels = tuple(self._names.get(channel, channel) for channel in model.card.channels)
        return replace(model, card=replace(model.card, channels=channels))


class VastusLateralisAndMedialis(StandInModels):
    class Network(Quadrants):
        def forward(self, crops):
            return super().forward(crops)[:, [0, 1, 3]]

    def for_region(self, region):
        model = super().for_region(region)
        return replace(
            model, card=replace(model.card, channels=("background", "VL", "VM")), network=self.Network(region)
        )


def test_a_model_of_few_muscles_gives_those_by_default():
    result = segment_with(VastusLateralisAndMedialis(), limb_volume(TWO), region="thigh")
    assert [label.abbreviation for label in result.label_set.labels] == ["VL", "VM"]
    assert [label_at(result.label_map, x, -30) for x in (-115, 115)] == [VL, VL + LEFT]
    assert not [warning for warning in result.warnings if warning.kind in ("absent", "model")]


def test_a_muscle_that_only_the_users_model_knows_is_labelled_by_default():
    result = segment_with(ModelsOf(VL="TFL", BFL="BF", BFS="Pec"), limb_volume(TWO), region="thigh")
    names = {label.index: label.abbreviation for label in result.label_set.labels}
    assert names[label_at(result.label_map, -115, -30)] == "TFL"
    assert names[label_at(result.label_map, -115, 30)] == "BF"
    assert {"TFL", "BF", "Pec"} <= set(names.values()) and not {"VL", "BFL"} & set(names.values())


def test_muscles_of_the_hip_that_the_models_do_not_know_are_said():
    def said(models) -> list[str]:
        warnings = segment_with(models, limb_volume(TWO), region="thigh", labels="henson").warnings
        return [warning.text for warning in warnings if warning.kind == "model"]

    (text,) = said(StandInModels())
    assert "do not know gluteus maximus, iliacus and tensor fasciae latae of the label set" in text
    (text,) = said(ModelsOf(FEM="TFL"))
    assert "do not know gluteus maximus and iliacus of the label set" in text


def runs_on(below: int, limbs: int, above: int) -> sitk.Image:
    """Two limbs, and at either end slices of what :class:`ThighWhereTwoTissues` takes for something else."""
    slices = limb_volume(TWO, slices=below + limbs + above)
    beyond = limb_volume(TWO, slices=below + limbs + above, muscle=300)
    voxels = sitk.GetArrayFromImage(beyond)
    voxels[below : below + limbs] = sitk.GetArrayViewFromImage(slices)[below : below + limbs]
    image = sitk.GetImageFromArray(voxels)
    image.CopyInformation(slices)
    return image


@pytest.mark.parametrize("flipped", [False, True])
def test_slices_beyond_the_limbs_have_no_labels_and_are_named(flipped):
    image = sitk.Flip(runs_on(5, 16, 7), [False, False, flipped])
    result = segment_with(StandInModels(ThighWhereTwoTissues()), image)
    assert_same_geometry(result.label_map, image)
    labelled = in_physical_space(result.label_map).any((1, 2))
    # One slice in two is classified; the one between takes the answer of a neighbour.
    assert not labelled[:4].any() and labelled[6:21].all() and not labelled[22:].any()
    texts = [warning.text for warning in result.warnings if "neither thigh nor leg" in warning.text]
    first, last = np.flatnonzero(labelled)[[0, -1]]
    numbers = ((0, first - 1), (last + 1, 27)) if not flipped else ((28 - first, 27), (0, 26 - last))
    assert len(texts) == 2
    assert f"{first} lowest axial slices ({numbers[0][0]} to {numbers[0][1]}" in texts[0]
    assert f"{27 - last} uppermost axial slices ({numbers[1][0]} to {numbers[1][1]}" in texts[1]


def test_a_region_that_is_given_is_labelled_to_both_ends():
    result = segment_limbs(runs_on(5, 6, 5))
    assert in_physical_space(result.label_map).any((1, 2)).all()


def test_an_image_of_something_else_is_refused():
    with pytest.raises(InputError, match="does not look like a thigh or a leg"):
        segment_with(StandInModels("other"), limb_volume(TWO))


def test_labels_that_the_model_cannot_tell_apart_are_refused_before_the_work():
    with pytest.raises(LabelSetError, match="leg-quadrants"):
        segment_limbs(limb_volume(TWO), region="leg", labels="henson")


def test_labels_of_another_region_are_refused_instead_of_an_empty_result():
    with pytest.raises(LabelSetError, match="no muscle of the thigh"):
        segment_limbs(limb_volume(TWO), labels="rohm")


def test_a_coarser_label_set_merges_muscles():
    result = segment_limbs(limb_volume(TWO), labels="hostin")
    names = {label.index: label.abbreviation for label in result.label_set.labels}
    assert names[label_at(result.label_map, -115, 30)] == "BF"


@pytest.mark.parametrize("stop_after", [0.0, 0.02, 0.2, 0.95])
def test_progress_can_stop_the_work(stop_after):
    def progress(fraction: float, message: str) -> None:  # noqa: ARG001
        if fraction >= stop_after:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        segment_limbs(limb_volume(TWO), progress=progress)


def test_progress_only_grows_and_ends_at_one():
    heard: list[float] = []
    segment_with(StandInModels(), limb_volume(TWO, slices=20), progress=lambda fraction, _: heard.append(fraction))
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert len(heard) > 6


def skewed(image: sitk.Image) -> sitk.Image:
    image.SetDirection((1, 0.2, 0, 0, 0.98, 0, 0, 0, 1))
    return image


def with_spacing(*spacing: float) -> sitk.Image:
    image = limb_volume(TWO)
    image.SetSpacing(spacing)
    return image


@pytest.mark.parametrize(
    ("image", "text"),
    [
        (skewed(limb_volume(TWO)), "right angles"),
        (limb_volume(TWO) + 1000, "brighter than the air"),
        (300 - limb_volume(TWO), "brighter than the air"),
        (limb_volume([]), "brighter than the air"),
        (with_spacing(3000, 3000, 6000), "check the size of its voxels"),
        (with_spacing(0.3, 0.3, 0.6), "in mm, not in cm"),
        (with_spacing(0.003, 0.003, 0.006), "the size of its voxels in mm"),
    ],
    ids=["skewed", "no signal is not 0", "inverted", "noise", "micrometres", "centimetres", "metres"],
)
def test_an_image_that_shows_no_limb_is_refused_with_what_it_should_be(image, text):
    with pytest.raises(InputError, match=text):
        segment_limbs(image)


def test_the_thin_leg_above_an_ankle_is_a_limb():
    assert segment_limbs(limb_volume([Limb(-85, radius_x=21, radius_y=21)])).label_map.GetSize() == (128, 96, 5)


def test_a_network_that_is_unsure_is_said_of_each_limb():
    class Scaled(Quadrants):
        def __init__(self, factor: float) -> None:
            super().__init__("thigh")
            self._factor = factor

        def forward(self, crops: torch.Tensor) -> torch.Tensor:
            return self._factor * super().forward(crops)

    class ScaledModels(StandInModels):
        def __init__(self, factor: float) -> None:
            super().__init__()
            self._factor = factor

        def for_region(self, region):
            return replace(super().for_region(region), network=Scaled(self._factor))

    def unsure(factor: float) -> list[str]:
        warnings = segment_with(ScaledModels(factor), limb_volume(TWO), region="thigh").warnings
        return [warning.text for warning in warnings if "unsure" in warning.text]

    assert unsure(1.0) == []
    right, left = unsure(0.5)
    assert "right limb" in right and "left limb" in left


def test_no_muscle_at_all_is_refused_instead_of_an_empty_result():
    class Blind(torch.nn.Module):
        def forward(self, crops: torch.Tensor) -> torch.Tensor:
            logits = torch.zeros(len(crops), len(CHANNELS["thigh"]), *crops.shape[2:])
            logits[:, 0] = 9.0
            return logits

    class BlindModels(StandInModels):
        def for_region(self, region):
            return replace(super().for_region(region), network=Blind())

    with pytest.raises(InputError, match="No muscle was found"):
        segment_with(BlindModels(), limb_volume(TWO), region="thigh")


@pytest.mark.parametrize(
    ("image", "text"),
    [
        (sitk.Image(8, 8, sitk.sitkFloat32), "2 dimensions"),
        (sitk.Image([8, 8, 4, 3], sitk.sitkFloat32), "4 dimensions"),
        (sitk.Image([8, 8, 4], sitk.sitkVectorUInt8, 3), "3 values at each voxel"),
        (sitk.Image([8, 8, 4], sitk.sitkComplexFloat32), "complex"),
        (sitk.Image([8, 8, 4], sitk.sitkInt16), "the same value"),
        (sitk.Image([8, 8, 4], sitk.sitkFloat32) + float("nan"), "No voxel"),
    ],
    ids=["2D", "4D", "RGB", "complex", "constant", "NaN"],
)
def test_what_cannot_be_segmented_is_refused_with_a_reason(image, text):
    with pytest.raises(InputError, match=text):
        segment_limbs(image)
