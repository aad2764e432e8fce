import numpy as np
import pandas as pd
import pytest

import MuscleSegLib.evaluation.biomarkers as biomarkers
import MuscleSegLib.evaluation.subjects as subjects
import MuscleSegLib.simulation.patient as patient
from MuscleSegLib.biomarkers.fatty_muscles import G20_BIAS, G20_SD
from MuscleSegLib.errors import Cancelled, ConfigError
from MuscleSegLib.evaluation.biomarkers import (
    PREDICTED,
    REGISTERED,
    TRUE,
    error_of_fatty_muscles,
    score_biomarkers,
    summarise,
)
from MuscleSegLib.evaluation.bland_altman import write_bland_altman
from MuscleSegLib.registration import register_rigid
from Testing.evaluation.conftest import CONFIG
from Testing.segmentation.stand_in_models import StandInModels
from Testing.simulation.label_maps import THIGH, write_body


@pytest.fixture(scope="module")
def scores(tmp_path_factory) -> pd.DataFrame:
    """Of a body whose images are coarse, registered quickly."""
    data = tmp_path_factory.mktemp("data")
    for name in "AB":
        write_body(data / "limbs", name, [THIGH], slices=9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subjects, "SPACING_MM", 3.0)
        patch.setattr(subjects, "WIDTH", 64)
        grids = {"FF": ((3.0, 3.0, 5.0), 0.9), "MTR": ((3.5, 3.5, 6.0), 0.8), "T2": ((4.0, 4.0, 8.0), 0.8)}
        patch.setattr(patient, "GRIDS", grids)
        patch.setattr(biomarkers, "register", register_rigid)
        return score_biomarkers(StandInModels(), CONFIG, data)


def errors(scores: pd.DataFrame, measure: str, labels: str) -> pd.Series:
    own = scores[(scores["measure"] == measure) & (scores["labels"] == labels)]
    return own["measured"] - own["truth"]


def test_every_measure_is_scored_with_true_and_with_predicted_labels(scores):
    kinds = set(map(tuple, scores[["measure", "labels"]].drop_duplicates().to_numpy()))
    maps = ("FF", "FF of echoes", "MTR", "T2")
    assert kinds == {("volume", PREDICTED)} | {(name, kind) for name in maps for kind in (TRUE, REGISTERED, PREDICTED)}
    assert set(scores["side"]) == {"left", "right"} and set(scores["body"]) == {"B"}
    assert set(scores.loc[scores["labels"] == TRUE, "muscle"]) <= set(THIGH) - {"FEM"}
    assert np.isfinite(scores[["truth", "measured"]]).all(axis=None)


def test_with_true_labels_where_they_lie_only_the_maps_err(scores):
    assert errors(scores, "FF of echoes", TRUE).abs().max() < 1
    assert errors(scores, "FF", TRUE).abs().max() < 2
    # Where fat outweighs water, little of the signal tells the T2 of water.
    assert errors(scores[scores["ff_percent"] < 50], "T2", TRUE).abs().max() < 2


def test_volumes_are_compared_in_several_scans_of_a_body_and_maps_in_one(scores):
    rows = scores.groupby(["measure", "labels", "side", "muscle"]).size()
    assert set(rows["volume"]) == {biomarkers.SCANS} and set(rows["FF"]) == {1}


def test_predicted_labels_of_the_stand_in_are_worse_than_true_ones(scores):
    assert errors(scores, "FF", PREDICTED).abs().mean() > errors(scores, "FF", TRUE).abs().mean()
    assert errors(scores, "volume", PREDICTED).abs().mean() > 1


def test_the_summary_tells_bias_limits_and_whether_the_aim_is_reached():
    truth = np.array([5.0, 10.0, 20.0, 30.0])
    error = np.array([0.1, 0.0, 0.2, 0.1])
    rows = [
        pd.DataFrame(
            {"truth": truth, "measured": truth + scale * error, "measure": "MTR", "labels": labels, "ff_percent": 5.0}
        )
        for scale, labels in ((0.5, TRUE), (1.5, PREDICTED), (3.0, REGISTERED))
    ]
    summary = summarise(pd.concat(rows)).set_index("labels")
    assert summary["bias"].round(6).to_dict() == {TRUE: 0.05, PREDICTED: 0.15, REGISTERED: 0.3}
    assert summary["reached"].to_dict() == {TRUE: True, PREDICTED: True, REGISTERED: False}
    assert summary["aim"].to_dict() == {TRUE: 0.1, PREDICTED: 0.19, REGISTERED: 0.1}
    assert (summary["upper_limit"] - summary["bias"]).to_numpy() == pytest.approx(
        1.96 * summary["sd"].to_numpy(), rel=1e-3
    )
    assert set(summary["unit"]) == {"%"} and (summary["muscles"] == 4).all()


def test_water_t2_is_also_summed_up_without_muscles_that_are_mostly_fat():
    truth = np.array([30.0, 31.0, 32.0, 33.0])
    rows = {"truth": truth, "measured": truth + np.array([0.1, 0.0, 0.2, 9.0]), "ff_percent": [5.0, 20.0, 50.0, 80.0]}
    summary = summarise(pd.DataFrame(rows).assign(measure="T2", labels=TRUE)).set_index("measure")
    assert summary["muscles"].to_dict() == {"T2": 4, "T2, fat up to 50 %": 3}
    assert summary["bias"].round(6).to_dict() == {"T2": 2.325, "T2, fat up to 50 %": 0.1}
    assert summary["reached"].to_dict() == {"T2": False, "T2, fat up to 50 %": True}


def test_ff_is_also_summed_up_for_muscles_of_much_fat_and_a_card_tells_its_error():
    truth = np.array([5.0, 25.0, 30.0, 60.0])
    rows = pd.DataFrame({"truth": truth, "measured": truth + np.array([9.0, 1.0, 2.0, 3.0]), "ff_percent": truth})
    summary = summarise(rows.assign(measure="FF", labels=PREDICTED))
    assert summary.set_index("measure")["bias"].to_dict() == {"FF": 3.75, "FF above 20 %": 2.0}
    assert error_of_fatty_muscles(summary) == {G20_BIAS: 2.0, G20_SD: 1.0}


def test_of_two_muscles_of_much_fat_nothing_is_told():
    rows = pd.DataFrame({"truth": [5.0, 6.0, 25.0, 30.0], "measured": 8.0, "ff_percent": [5.0, 6.0, 25.0, 30.0]})
    assert error_of_fatty_muscles(summarise(rows.assign(measure="FF", labels=PREDICTED))) == {}


def test_plots_are_drawn(scores, tmp_path):
    write_bland_altman(scores, summarise(scores), tmp_path / "plots.png")
    assert [path.name for path in tmp_path.iterdir()] == ["plots.png"]
    assert (tmp_path / "plots.png").read_bytes().startswith(b"\x89PNG")


def test_bodies_with_one_limb_are_refused(tmp_path):
    for name in "AB":
        write_body(tmp_path / "limbs", name, [THIGH], slices=3)
    (tmp_path / "limbs" / "B_Left.nii.gz").unlink()
    with pytest.raises(ConfigError, match="one limb is not new without the other"):
        score_biomarkers(StandInModels(), CONFIG, tmp_path)


def test_it_can_be_stopped(tmp_path):
    for name in "AB":
        write_body(tmp_path / "limbs", name, [THIGH], slices=3)

    def stop(_: float, message: str) -> None:
        raise Cancelled(message)

    with pytest.raises(Cancelled):
        score_biomarkers(StandInModels(), CONFIG, tmp_path, progress=stop)
