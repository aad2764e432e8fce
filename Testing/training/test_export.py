from dataclasses import replace

import pytest

from MuscleSegLib.networks import build_network
from MuscleSegLib.training.config import read_config
from MuscleSegLib.training.export import export_model

METRIC = {"measure": "mean DSC", "value": 0.5, "on": "nothing", "how": "untrained"}


@pytest.fixture
def licence_of(write_config, tmp_path):
    def export(kind, *changes):
        config = read_config(write_config(*changes))
        config = replace(config, sources=(replace(config.sources[0], kind=kind),))
        weights = build_network(config.architecture, len(config.channels), config.parameters).state_dict()
        return export_model(config, weights, "foreground-mean", {}, [METRIC], tmp_path / "model").licence

    return export


def test_who_trains_chooses_the_licence(licence_of):
    mit = ("steps = 4", 'steps = 4\nlicence = "MIT"')
    assert licence_of("images", mit) == "MIT"
    assert licence_of("labels", mit).startswith("MIT; the label maps that training images were simulated from")


@pytest.mark.parametrize("kind", ["images", "labels"])
def test_without_a_choice_no_licence_is_given(licence_of, kind):
    assert licence_of(kind).startswith("not chosen; whether it may be passed on depends on the training data")
