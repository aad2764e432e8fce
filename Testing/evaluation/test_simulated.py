from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

import MuscleSegLib.evaluation.simulated as simulated
from MuscleSegLib.anatomy import LEFT_OFFSET, label_set
from MuscleSegLib.errors import ConfigError, LabelSetError
from MuscleSegLib.evaluation.simulated import absence_rate, bodies, in_label_set, region_of, score_simulated
from MuscleSegLib.simulation.volume import SimulatedVolume
from MuscleSegLib.training.batches import label_numbers
from Testing.evaluation.conftest import CONFIG
from Testing.segmentation.stand_in_models import StandInModels
from Testing.simulation.label_maps import THIGH, body_slices, write_body


@pytest.fixture
def data(tmp_path):
    for name in "AB":
        write_body(tmp_path / "limbs", name, [THIGH], slices=5)
    return tmp_path


@pytest.fixture
def quick(monkeypatch):
    """One contrast, drawn once, coarse pixels."""
    monkeypatch.setattr(simulated, "SEQUENCES", ("t1",))
    monkeypatch.setattr(simulated, "VOLUMES", 1)
    monkeypatch.setattr(simulated, "SPACING_MM", 3.0)
    monkeypatch.setattr(simulated, "WIDTH", 64)


@pytest.mark.usefixtures("quick")
def test_the_body_left_out_is_simulated_segmented_and_compared(data):
    scores = score_simulated(StandInModels(), CONFIG, data)
    assert (
        set(scores["body"]) == {"B"} and set(scores["sequence"]) == {"t1"} and set(scores["side"]) == {"left", "right"}
    )
    # What the ellipses show and the label set names: bones are not in it.
    assert set(scores["muscle"]) == set(THIGH) - {"FEM"}
    by_muscle = scores.groupby("muscle")["dsc"].mean()
    # The stand-in knows four muscles, each by its corner of the limb, which is much larger; in another it would have 0.
    assert (by_muscle[["VL", "VM", "BFL", "SM"]] > 0.15).all()
    assert (by_muscle[["RF", "VI"]] == 0).all()
    assert (scores["true_cm3"] > 0.5).all()
    assert absence_rate(scores) == pytest.approx(100 * 4 / 12)


@pytest.mark.usefixtures("quick")
def test_few_bodies_are_drawn_several_times_each_anew(data, monkeypatch):
    # One drawing of fat, fascia and coils says more of the drawing than of the model.
    monkeypatch.setattr(simulated, "VOLUMES", 2)
    scores = score_simulated(StandInModels(), CONFIG, data)
    first, second = (scores[scores["seed"] == seed].drop(columns="seed").reset_index(drop=True) for seed in (0, 1))
    assert set(scores["seed"]) == {0, 1} and not first.equals(second)
    assert (first[["body", "side", "muscle"]] == second[["body", "side", "muscle"]]).all(axis=None)


def test_the_truth_of_a_coarser_label_set_is_merged_from_what_was_simulated():
    channels = ("background", "VL", "VI", "VM", "RF", "Sa", "Gr", "AM", "AL", "AB", "SM", "ST", "BFL", "BFS", "FEM")
    numbers = label_numbers(channels)
    stored = sitk.GetImageFromArray(np.array([[[0, numbers["BFL"], numbers["BFS"] + LEFT_OFFSET, numbers["FEM"]]]]))
    volume = SimulatedVolume(*6 * [sitk.Cast(stored, sitk.sitkUInt8)])
    wanted = label_set("hostin").for_regions({"thigh"})

    truth = in_label_set(volume.label_map, replace(CONFIG, channels=channels), wanted)

    biceps = next(label.index for label in wanted.labels if label.abbreviation == "BF")
    assert sitk.GetArrayFromImage(truth).ravel().tolist() == [0, biceps, biceps + LEFT_OFFSET, 0]


def test_a_label_set_that_was_not_simulated_is_no_truth():
    volume = SimulatedVolume(*6 * [sitk.Image(2, 2, 1, sitk.sitkUInt8)])
    with pytest.raises(LabelSetError, match=r"does not know .*adductor magnus"):
        in_label_set(
            volume.label_map,
            replace(CONFIG, channels=("background", "AL", "AB")),
            label_set("hostin").for_regions({"thigh"}),
        )


def test_the_absence_rate_is_the_share_of_muscles_not_found():
    assert absence_rate(pd.DataFrame({"found_cm3": [0.0, 3.0, 1.0, 0.0]})) == 50.0


def test_a_body_is_two_limbs(tmp_path):
    slices = body_slices(tmp_path)
    assert list(bodies(slices)) == [("Body", "Body_Right", "Body_Left")]
    assert list(bodies(replace(slices, subjects=("X right", "X left")))) == [("X", "X right", "X left")]
    assert list(bodies(replace(slices, subjects=("X_Left", "Y_Right")))) == []


def test_one_limb_left_out_is_no_body_left_out(data):
    source = replace(CONFIG.sources[0], held_out=("B_Left",))
    with pytest.raises(ConfigError, match="holds no body out with both its limbs"):
        score_simulated(StandInModels(), replace(CONFIG, sources=(source,)), data)


def test_a_configuration_of_no_region_is_refused():
    assert region_of(CONFIG) == "thigh"
    with pytest.raises(ConfigError, match="does not segment the muscles of one region"):
        region_of(replace(CONFIG, region="any"))
