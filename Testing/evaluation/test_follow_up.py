import pytest

import MuscleSegLib.evaluation.subjects as subjects
import MuscleSegLib.propagation.follow_up as carrying
from MuscleSegLib.evaluation.follow_up import FAT_RISE_PERCENT, changes, errors, score_follow_up
from MuscleSegLib.registration import register_rigid
from Testing.evaluation.conftest import CONFIG
from Testing.segmentation.stand_in_models import StandInModels
from Testing.simulation.label_maps import THIGH, write_body


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for name in "AB":
        write_body(folder / "limbs", name, [THIGH], slices=7)
    return folder


@pytest.fixture(scope="module")
def score(data):
    """Of a body in coarse images, registered quickly."""

    def run(erosion_mm: float = 0.0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(subjects, "SPACING_MM", 2.5)
            patch.setattr(subjects, "WIDTH", 64)
            patch.setattr(carrying, "register", register_rigid)
            return score_follow_up(StandInModels(), CONFIG, data, erosion_mm=erosion_mm)

    return run


@pytest.fixture(scope="module")
def scores(score):
    return score()


def test_every_muscle_wastes_and_turns_to_fat_between_the_visits(scores):
    assert set(scores["muscle"]) <= set(THIGH) and set(scores["body"]) == {"B"}
    true = changes(scores, "true")
    assert (true["volume_%"] < 0).all()
    assert true["ff_points"].median() == pytest.approx(FAT_RISE_PERCENT, abs=4)


def test_labels_that_are_carried_keep_their_volume_and_so_hide_what_wasted(scores):
    error = errors(scores)["volume_%"]
    assert error.loc["change, carried", "mean"] > 5
    assert error.loc["change, carried", "count"] == scores["way"].value_counts()["carried"]


def test_both_visits_tell_the_error_of_one(scores):
    scores = scores[scores["way"] == "network"].assign(
        volume_cm3_before_measured=1.1 * scores["volume_cm3_before_true"],
        volume_cm3_after_measured=1.1 * scores["volume_cm3_after_true"],
    )
    error = errors(scores)["volume_%"]["rms"]
    # An error that is the same at both visits is none of the change.
    assert error.round(2).to_dict() == {
        "change, network": 0.0,
        "one visit, network": 10.0,
        "two visits, network": 14.14,
    }


def test_erosion_leaves_volumes_as_they_are(scores, score):
    eroded = score(3.0)
    volumes = [column for column in scores if column.startswith("volume")]
    assert eroded[volumes].equals(scores[volumes])
    assert not eroded["ff_percent_after_measured"].equals(scores["ff_percent_after_measured"])
