from pathlib import Path

import pytest
import torch
from torch import nn

from MuscleSegLib.errors import ConfigError, ModelError
from MuscleSegLib.networks import ARCHITECTURES, find_models
from MuscleSegLib.resources import resources_dir
from MuscleSegLib.segmentation.regions import CLASSES
from MuscleSegLib.training.config import read_config
from MuscleSegLib.training.export import LABEL_MAPS_LICENCE

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
        ("spacing_mm = 5.0", "spacing_mm = nan", '"spacing_mm" must be more than 0, up to 100'),
        ("spacing_mm = 5.0", "spacing_mm = 150", '"spacing_mm" must be more than 0, up to 100'),
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
        ("size = 32", "size = 2064", '"size" must be a multiple of 16, up to 2048'),
        ("size = 32", "size = 32\nscale = [1.2, 0.8]", "two numbers from 0.1 to 10, the smaller one first"),
        ("size = 32", "size = 32\nscale = [0.8]", '"scale" must be two numbers'),
        ("size = 32", "size = 32\nscale = [0, 1]", '"scale" must be two numbers from 0.1'),
        ("size = 32", "size = 32\nscale = [50, 100]", '"scale" must be two numbers from 0.1 to 10'),
        ("size = 32", "size = 32\nscale = [1, inf]", '"scale" must be two numbers from 0.1 to 10'),
        ("size = 32", 'size = 32\nscale = ["0.8", 1]', '"scale" must be a list of numbers'),
        ("steps = 4", "steps = 4\nlearning_rate = 0", '"learning_rate" must be larger than 0'),
        ("steps = 4", "steps = 4\nlearning_rate = inf", '"learning_rate" must be from 0 to 1'),
        ("steps = 4", "steps = 4\nweight_decay = -1", '"weight_decay" must be from 0 to 1'),
        ("steps = 4", "steps = 4\nweight_decay = nan", '"weight_decay" must be from 0 to 1'),
        ("steps = 4", f"steps = 4\nseed = {2**64}", '"seed" must be from 0 to 4294967295'),
        ('"background", "VL"', '"VL", "background"', 'must begin with "background"'),
        (', "VL", "VM", "RF", "FEM"]', "]", '"channels" must be a list of at least two names'),
        ('"VL", "VM"', '["VL"], "VM"', '"channels" must be a list of texts in quotes'),
        ('"VL", "VM"', '"BFL", "BF"', "has BFL and BF, which are not apart: BFL is of both"),
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
        ('held_out = ["B"]', "held_out = [3]", '"held_out" must be a list of texts in quotes'),
        ('held_out = ["B"]', 'held_out = [""]', '"held_out" of the source limbs'),
        ('held_out = ["B"]', 'kind = "pictures"', '"kind" of a source must be one of labels, images'),
        ('held_out = ["B"]', "weight = -1", '"weight" of the source limbs'),
        ('held_out = ["B"]', "weight = inf", '"weight" of the source limbs'),
        ('held_out = ["B"]', "least_labels = -1", '"least_labels" of the source limbs must be from 0 to 100'),
        ('held_out = ["B"]', 'kind = "images"\ncurved_cuts = 2', 'are for the kind "labels" only'),
        ('held_out = ["B"]', 'kind = "images"\nmuscles_only = true', 'are for the kind "labels" only'),
        ('held_out = ["B"]', "curved_cuts = -1", '"curved_cuts" of the source limbs'),
        ('licence = "CC0"', 'licence = ""', '"title", "licence" and "attribution" of the source limbs must not be'),
        ('title = "A tiny network"', 'title = ""', '"name", "title" and "licence" must not be empty'),
        ("steps = 4", 'steps = 4\nlicence = " "', '"name", "title" and "licence" must not be empty'),
        ("steps = 4", "steps = ", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_said_by_its_name(write_config, old, new, text):
    with pytest.raises(ConfigError) as caught:
        read_config(write_config((old, new)))
    assert text in str(caught.value) and "tiny.toml" in str(caught.value)


class Headless(nn.Conv2d):
    def __init__(self, outputs: int) -> None:
        super().__init__(1, outputs, 1)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ([("unet2d", "vnet")], 'There is no architecture "vnet" in the registry'),
        ([("channels = [4, 8] }", "widths = [4, 8] }")], "unexpected keyword argument 'widths'"),
        ([("unet2d", "region_classifier")], 'The network "region_classifier" gives no segmentation'),
        ([("channels = [4, 8] }", "channels = [0, 8] }")], 'The network "unet2d" gives no segmentation'),
        ([("channels = [4, 8] }", "channels = [4, 4, 4, 4, 4, 4, 4] }")], 'The network "unet2d" gives no segmentation'),
        ([("unet2d", "headless"), ("channels = [4, 8] }", "}")], 'has no layer "head" with a bias for each channel'),
    ],
)
@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_a_network_that_cannot_be_trained_is_said_of_the_configuration(write_config, monkeypatch, changes, text):
    monkeypatch.setitem(ARCHITECTURES, "headless", Headless)
    with pytest.raises(ModelError) as caught:
        read_config(write_config(*changes))
    assert text in str(caught.value)
    assert 'Correct "architecture" or "parameters" in the training configuration tiny.toml' in str(caught.value)


def test_a_batch_of_one_image_is_tried_as_it_is_trained(write_config):
    # Batch normalisation of a single value fails in training alone.
    one = (("size = 32", "size = 16"), ("unet2d", "hrnet"), ("channels = [4, 8] }", "widths = [4, 4, 4, 4] }"))
    assert read_config(write_config(*one)).batch == 2
    with pytest.raises(ModelError, match="more than 1 value per channel"):
        read_config(write_config(*one, ("batch = 2", "batch = 1")))


def test_reading_a_configuration_draws_no_random_number_of_the_callers(write_config):
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    read_config(write_config())
    assert torch.equal(torch.rand(1), expected)


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
        assert config.licence + LABEL_MAPS_LICENCE == card.licence
        assert config.seed == card.training["seed"] and config.batch == card.training["batch"]
        assert card.training["steps"] <= config.steps
