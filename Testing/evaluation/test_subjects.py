"""Who a configuration holds out, and what is known of them."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.anatomy import LEFT_OFFSET, label_set, muscles
from MuscleSegLib.errors import ConfigError, LabelSetError
from MuscleSegLib.evaluation.subjects import in_label_set, region_of, subjects_of, were_left_out
from MuscleSegLib.networks import load_card
from MuscleSegLib.simulation.volume import SimulatedVolume
from MuscleSegLib.training.batches import label_numbers
from Testing.evaluation.conftest import CONFIG
from Testing.segmentation.model_folders import write_model
from Testing.simulation.label_maps import body_slices


def test_a_subject_has_two_limbs(tmp_path):
    slices = body_slices(tmp_path)

    def names(*limbs):
        return [(own.name, own.right, own.left) for own in subjects_of(replace(slices, subjects=limbs))]

    assert names(*slices.subjects) == [("Body", "Body_Right", "Body_Left")]
    assert names("X right", "X left") == [("X", "X right", "X left")]
    assert names("X_Left", "Y_Right") == []


@pytest.mark.parametrize(
    ("of_card", "of_config", "left_out"),
    [
        (["A", "B"], ("B",), True),
        (["B"], ("B_Left",), True),
        (["B_Left"], ("B",), False),  # the other leg of B may have been trained on
        ([], ("B",), False),
        (["A"], ("B",), False),
    ],
)
def test_only_a_card_that_says_so_has_left_out_whom_a_configuration_holds_out(tmp_path, of_card, of_config, left_out):
    card = load_card(write_model(tmp_path, "thigh-own", "thigh"))
    card = replace(card, training={"data": [{"title": "", "licence": "", "attribution": "", "held_out": of_card}]})
    config = replace(CONFIG, sources=(replace(CONFIG.sources[0], held_out=of_config),))
    assert were_left_out(card, config) == left_out


@pytest.mark.parametrize(("distance_mm", "taken_mm"), [(3.0, 6.0), (4.0, 4.0), (11.0, 11.0)])
def test_heights_are_the_bodys_own_and_not_too_close(tmp_path, distance_mm, taken_mm):
    slices = body_slices(tmp_path, slices=6)
    slices = replace(slices, position_mm=slices.position_mm / 4.0 * distance_mm)
    (subject,) = subjects_of(slices)
    heights = subject.own_heights_mm()
    assert set(heights) <= set(slices.position_mm.tolist())
    assert (np.diff(heights) == taken_mm).all()


def test_the_truth_of_a_coarser_label_set_is_merged_from_what_was_simulated():
    channels = ("background", "VL", "VI", "VM", "RF", "Sa", "Gr", "AM", "AL", "AB", "SM", "ST", "BFL", "BFS", "FEM")
    numbers = label_numbers(channels)
    stored = sitk.GetImageFromArray(np.array([[[0, numbers["BFL"], numbers["BFS"] + LEFT_OFFSET, numbers["FEM"]]]]))
    volume = SimulatedVolume(*6 * [sitk.Cast(stored, sitk.sitkUInt8)])
    wanted = label_set("hostin").for_regions({"thigh"})

    truth = in_label_set(volume.label_map, replace(CONFIG, channels=channels), wanted)

    biceps = next(label.index for label in wanted.labels if label.abbreviation == "BF")
    assert sitk.GetArrayFromImage(truth).ravel().tolist() == [0, biceps, biceps + LEFT_OFFSET, 0]


def test_the_truth_of_a_channel_of_several_muscles_is_all_of_them():
    numbers = [muscles()[name].index for name in ("BFL", "BFS")]
    stored = sitk.Cast(sitk.GetImageFromArray(np.array([[numbers]])), sitk.sitkUInt8)
    wanted = label_set("hostin").for_regions({"thigh"})
    single = ("VL", "VI", "VM", "RF", "Sa", "Gr", "AM", "AL", "AB", "SM", "ST")

    truth = in_label_set(stored, replace(CONFIG, channels=("background", *single, "BF")), wanted)

    biceps = next(label.index for label in wanted.labels if label.abbreviation == "BF")
    assert sitk.GetArrayFromImage(truth).ravel().tolist() == [biceps, biceps]


def test_a_label_set_that_was_not_simulated_is_no_truth():
    volume = SimulatedVolume(*6 * [sitk.Image(2, 2, 1, sitk.sitkUInt8)])
    with pytest.raises(LabelSetError, match=r"does not know .*adductor magnus"):
        in_label_set(
            volume.label_map,
            replace(CONFIG, channels=("background", "AL", "AB")),
            label_set("hostin").for_regions({"thigh"}),
        )


def test_a_configuration_of_no_region_is_refused():
    assert region_of(CONFIG) == "thigh"
    with pytest.raises(ConfigError, match="does not segment the muscles of one region"):
        region_of(replace(CONFIG, region="any"))
