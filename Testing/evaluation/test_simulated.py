from dataclasses import replace

import pandas as pd
import pytest

import MuscleSegLib.evaluation.simulated as simulated
import MuscleSegLib.evaluation.subjects as subjects
from MuscleSegLib.errors import ConfigError
from MuscleSegLib.evaluation.simulated import absence_rate, score_simulated
from Testing.evaluation.conftest import CONFIG
from Testing.segmentation.stand_in_models import StandInModels
from Testing.simulation.label_maps import THIGH, write_body


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
    monkeypatch.setattr(subjects, "SPACING_MM", 3.0)
    monkeypatch.setattr(subjects, "WIDTH", 64)


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


def test_the_absence_rate_is_the_share_of_muscles_not_found():
    assert absence_rate(pd.DataFrame({"found_cm3": [0.0, 3.0, 1.0, 0.0]})) == 50.0


def test_one_limb_left_out_is_no_body_left_out(data):
    source = replace(CONFIG.sources[0], held_out=("B_Left",))
    with pytest.raises(ConfigError, match="holds no body out with both its limbs"):
        score_simulated(StandInModels(), replace(CONFIG, sources=(source,)), data)
