from pathlib import Path

import pytest

from MuscleSegLib.errors import ConfigError
from MuscleSegLib.networks import find_models
from MuscleSegLib.resources import resources_dir
from MuscleSegLib.segmentation.regions import CLASSES
from MuscleSegLib.training.config import read_config

TRAINING = resources_dir() / "Training"


def test_a_configuration_says_what_its_file_does(write_config):
    config = read_config(write_config())
    assert config.channels == ("background", "VL", "VM", "RF", "FEM")
    assert config.parameters == {"channels": [4, 8]}
    assert config.sources[0].held_out == ("B",) and config.sources[0].kind == "labels"
    assert config.learning_rate == 2e-3


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('title = "A tiny network"\n', "", 'lacks the entry "title"'),
        ('licence = "CC0"\n', "", 'lacks the entry "licence"'),
        ("steps = 4", "steps = 4\nstep = 4", 'unknown entry "step"'),
        ("steps = 4", "steps = 0", '"steps" must be larger than 0'),
        ("steps = 4", 'steps = "4"', '"steps" must be a whole number'),
        ("steps = 4", "steps = true", '"steps" must be a whole number'),
        ("batch = 2", "batch = 2.5", '"batch" must be a whole number'),
        ("spacing_mm = 5.0", "spacing_mm = nan", '"spacing_mm" must be larger than 0'),
        ("spacing_mm = 5.0", 'spacing_mm = "5"', '"spacing_mm" must be a number'),
        (
            "steps = 4",
            'steps = 4\nstart_from = "x"\nstart_share = 1.0',
            '"start_share" must be at least 0 and less than 1',
        ),
        (
            "steps = 4",
            f'steps = 4\nstart_sha256 = "{"0" * 64}"',
            '"start_sha256" says nothing without "start_from"',
        ),
        (
            "steps = 4",
            'steps = 4\nstart_from = "x"\nstart_sha256 = "12"',
            '"start_sha256" must be 64 digits',
        ),
        ("steps = 4", "steps = 4\nstart_share = 0.5", '"start_share" says nothing without "start_from"'),
        ("size = 32", "size = 40", '"size" must be a multiple of 16'),
        ("size = 32", "size = 32\nscale = [1.2, 0.8]", '"scale" must be two numbers above 0, the smaller one first'),
        ("size = 32", "size = 32\nscale = [0.8]", '"scale" must be two numbers'),
        ("size = 32", "size = 32\nscale = [0, 1]", '"scale" must be two numbers above 0'),
        ("size = 32", 'size = 32\nscale = ["0.8", 1]', '"scale" must be two numbers'),
        ('"background", "VL"', '"VL", "background"', 'must be "background"'),
        (', "VL", "VM", "RF", "FEM"]', "]", "must name a muscle"),
        ('"VL", "VM"', '"VL", "VX"', "VX, which the table of muscles lacks"),
        ('"VL", "VM"', '"VL", "VL"', "anything twice"),
        ('region = "thigh"', 'region = "arm"', '"region" must be one of'),
        ('region = "thigh"', 'region = "thigh"\ntask = "detection"', '"task" must be one of'),
        (
            'region = "thigh"',
            'region = "any"\ntask = "classification"',
            f"classification must be {', '.join(CLASSES)}",
        ),
        ('held_out = ["B"]', 'held_out = "B"', '"held_out" must be a list'),
        ('held_out = ["B"]', "held_out = [3]", '"held_out" of the source limbs'),
        ('held_out = ["B"]', 'kind = "pictures"', '"kind" of a source must be one of labels, images'),
        ('held_out = ["B"]', "weight = -1", '"weight" of the source limbs'),
        ('held_out = ["B"]', 'kind = "images"\ncurved_cuts = 2', 'are for the kind "labels" only'),
        ('held_out = ["B"]', 'kind = "images"\nmuscles_only = true', 'are for the kind "labels" only'),
        ('held_out = ["B"]', "curved_cuts = -1", '"curved_cuts" of the source limbs'),
        ('licence = "CC0"', 'licence = ""', '"title", "licence" and "attribution" of the source limbs must not be'),
        ('title = "A tiny network"', 'title = ""', '"name" and "title" must not be empty'),
        ("steps = 4", "steps = ", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_said_by_its_name(write_config, old, new, text):
    with pytest.raises(ConfigError) as caught:
        read_config(write_config((old, new)))
    assert text in str(caught.value) and "tiny.toml" in str(caught.value)


@pytest.mark.parametrize("sources", ["", "sources = []", 'sources = "limbs"', 'sources = ["limbs"]'])
def test_sources_are_needed(tmp_path, write_config, sources):
    text = write_config().read_text(encoding="utf-8")
    path = tmp_path / "other.toml"
    path.write_text(text.split("[[sources]]")[0] + sources, encoding="utf-8")
    with pytest.raises(ConfigError, match="names no"):
        read_config(path)


@pytest.mark.parametrize("path", [Path("none.toml"), Path()])
def test_a_missing_file_is_said(path):
    with pytest.raises(ConfigError, match="There is no training configuration"):
        read_config(path)


@pytest.mark.parametrize("path", sorted(TRAINING.glob("*.toml")), ids=lambda path: path.stem)
def test_every_bundled_configuration_can_be_read(path):
    config = read_config(path)
    assert config.name == path.stem
    assert any(source.held_out for source in config.sources)
    assert not config.start_from or config.start_from.startswith("../Models/")


def test_every_bundled_model_has_the_configuration_that_its_card_names(tmp_path):
    for card in find_models(tmp_path).cards:
        config = read_config(TRAINING / card.training["config"])
        assert (config.name, config.channels, config.task, config.region, config.architecture) == (
            card.name,
            card.channels,
            card.task,
            card.region,
            card.architecture.name,
        )
        assert (config.spacing_mm, config.size) == (card.input.spacing_mm, card.input.size)
        assert config.parameters == card.architecture.parameters
        assert config.seed == card.training["seed"] and config.batch == card.training["batch"]
        assert card.training["steps"] <= config.steps
