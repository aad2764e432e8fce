import pytest

import MuscleSegLib.evaluation.follow_up as follow_up
import MuscleSegLib.propagation.follow_up as carrying
from MuscleSegLib.evaluation.follow_up import FAT_RISE_PERCENT, score_follow_up
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
            patch.setattr(follow_up, "SPACING_MM", 2.5)
            patch.setattr(follow_up, "WIDTH", 64)
            patch.setattr(carrying, "register", register_rigid)
            return score_follow_up(StandInModels(), CONFIG, data, erosion_mm=erosion_mm)

    return run


@pytest.fixture(scope="module")
def scores(score):
    return score()


def test_every_muscle_wastes_and_turns_to_fat_between_the_visits(scores):
    assert set(scores["muscle"]) <= set(THIGH) and set(scores["body"]) == {"B"}
    assert (scores["volume_true"] < 0).all()
    assert scores["ff_true"].median() == pytest.approx(FAT_RISE_PERCENT, abs=4)


def test_labels_that_are_carried_keep_their_volume_and_so_hide_what_wasted(scores):
    carried = scores[scores["way"] == "carried"]
    assert carried["volume_measured"].mean() > carried["volume_true"].mean() + 5


def test_erosion_leaves_volumes_as_they_are(scores, score):
    eroded = score(3.0)
    columns = ["body", "way", "muscle", "side", "volume_true", "volume_measured"]
    assert eroded[columns].equals(scores[columns])
    assert not eroded["ff_measured"].equals(scores["ff_measured"])
