import csv
import hashlib
import json

import pytest
import torch

from MuscleSegLib.errors import ConfigError, InputError, ModelError
from MuscleSegLib.networks import load_card, load_network
from MuscleSegLib.segmentation.regions import CLASSES
from MuscleSegLib.training.run import run_training

PNG = b"\x89PNG"


@pytest.fixture
def train(label_maps):
    def run(config, output, **options):
        return run_training(config, label_maps, output, device="cpu", **options)

    return run


@pytest.fixture(scope="module")
def whole(label_maps, tmp_path_factory):
    """Where an uninterrupted run of the tiny configuration left its results."""
    from Testing.training.conftest import CONFIG

    folder = tmp_path_factory.mktemp("whole")
    (folder / "tiny.toml").write_text(CONFIG, encoding="utf-8")
    run_training(folder / "tiny.toml", label_maps, folder / "run", device="cpu")
    return folder / "run"


def test_a_run_leaves_a_model_a_log_and_pictures(whole):
    with (whole / "log.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["2", "4"]
    assert all(float(row["loss"]) > 0 and 0 <= float(row["held_out_score"]) <= 1 for row in rows)
    assert all((whole / name).read_bytes().startswith(PNG) for name in ("curves.png", "samples.png"))
    assert sorted(path.name for path in whole.iterdir()) == [
        "checkpoint.pt",
        "curves.png",
        "log.csv",
        "model",
        "samples.png",
        "training.lock",
    ]


def test_the_curves_are_there_from_the_first_checkpoint_on(train, write_config, tmp_path):
    def stop(text):
        if "step 4/4" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(write_config(), tmp_path / "run", report=stop)
    assert (tmp_path / "run" / "curves.png").read_bytes().startswith(PNG)


def test_the_model_can_be_used_and_says_how_it_was_made(whole):
    card = load_card(whole / "model")
    assert load_network(card)(torch.zeros(1, 1, 32, 32)).shape == (1, 5, 32, 32)
    assert card.training["config"] == "tiny.toml" and card.training["seed"] == 1
    assert "started_from" not in card.training
    assert card.training["data"][0] == {
        "title": "Ellipses",
        "licence": "CC0",
        "attribution": "Nobody",
        "share": 1.0,
        "held_out": ["B"],
    }
    assert card.metrics[0]["on"] == "3 simulated slices of the label maps held out"
    content = (whole / "model" / "weights.safetensors").read_bytes()
    assert hashlib.sha256(content).hexdigest() == card.weights.sha256


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(train, write_config, tmp_path, whole):
    assert train(write_config(), tmp_path / "run", minutes=0) is None
    assert not (tmp_path / "run" / "model").exists()
    card = train(write_config(), tmp_path / "run")
    assert card.weights.sha256 == load_card(whole / "model").weights.sha256
    ends = [torch.load(folder / "checkpoint.pt", weights_only=True) for folder in (tmp_path / "run", whole)]
    for part in ("network", "average"):
        assert all(torch.equal(value, ends[1][part][name]) for name, value in ends[0][part].items())
    assert [row["loss"] for row in ends[0]["rows"]] == [row["loss"] for row in ends[1]["rows"]]


def test_another_seed_gives_other_weights(train, write_config, tmp_path, whole):
    card = train(write_config(("steps = 4", "steps = 4\nseed = 2")), tmp_path / "run")
    assert card.weights.sha256 != load_card(whole / "model").weights.sha256


def test_a_finished_run_is_not_trained_again(train, write_config, tmp_path, whole):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoint.pt").write_bytes((whole / "checkpoint.pt").read_bytes())
    card = train(write_config(), tmp_path / "run")
    assert card.weights.sha256 == load_card(whole / "model").weights.sha256


@pytest.mark.parametrize(
    "change",
    [
        ("steps = 4", "steps = 6"),
        ("steps = 4", "steps = 4\nlearning_rate = 1e-3"),
        ('name = "tiny"', 'name = "other"'),
        ("[4, 8]", "[4, 6]"),
    ],
)
def test_a_checkpoint_of_another_configuration_is_refused(train, write_config, tmp_path, whole, change):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoint.pt").write_bytes((whole / "checkpoint.pt").read_bytes())
    with pytest.raises(ConfigError, match="belongs to another configuration"):
        train(write_config(change), tmp_path / "run")


def test_a_run_that_is_refused_leaves_the_pictures_of_the_other(train, write_config, tmp_path, whole):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoint.pt").write_bytes((whole / "checkpoint.pt").read_bytes())
    (tmp_path / "run" / "samples.png").write_bytes(b"of the other")
    with pytest.raises(ConfigError, match="belongs to another configuration"):
        train(write_config(("steps = 4", "steps = 6")), tmp_path / "run")
    assert (tmp_path / "run" / "samples.png").read_bytes() == b"of the other"


def test_a_second_training_in_a_folder_is_refused_until_the_first_has_its_model(train, write_config, tmp_path):
    refused = []

    def start_another(_text):
        with pytest.raises(InputError, match="Another training runs in") as error:
            train(write_config(), tmp_path / "run")
        refused.append(error)

    assert train(write_config(), tmp_path / "run", report=start_another) is not None
    assert len(refused) == 2
    assert train(write_config(), tmp_path / "run") is not None


def test_a_damaged_checkpoint_is_refused(train, write_config, tmp_path, whole):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoint.pt").write_bytes((whole / "checkpoint.pt").read_bytes()[:1000])
    with pytest.raises(ConfigError, match="delete it to start again"):
        train(write_config(), tmp_path / "run")


def start_from(folder):
    return ("steps = 4", f'steps = 1\nlearning_rate = 1e-12\nstart_from = "{folder}"')


def test_a_run_starts_from_the_weights_of_another_model_that_fit(train, write_config, tmp_path, whole):
    config = write_config(start_from(whole / "model"), ('"RF", "FEM"]', '"RF"]'))
    card = train(config, tmp_path / "run")
    assert card.training["started_from"] == {"name": "tiny", "sha256": load_card(whole / "model").weights.sha256}
    started = load_network(card).state_dict()
    given = load_network(load_card(whole / "model")).state_dict()
    for name in ("encoder.0.0.0.weight", "decoder.0.1.0.weight"):
        torch.testing.assert_close(started[name], given[name])
    assert started["head.weight"].shape[0] == 4


def test_kept_weights_may_lie_between_start_and_end(train, write_config, tmp_path, whole):
    start = ("steps = 4", f'steps = 1\nstart_from = "{whole / "model"}"')
    between = (start[0], f"{start[1]}\nstart_share = 0.25")
    cards = [load_card(whole / "model"), train(write_config(start), tmp_path / "a")]
    cards.append(train(write_config(between), tmp_path / "b"))
    assert [card.training.get("start_share") for card in cards] == [None, None, 0.25]
    first, last, kept = (load_network(card).state_dict() for card in cards)
    for name in ("encoder.0.0.0.weight", "head.weight"):
        assert not torch.equal(first[name], last[name])
        torch.testing.assert_close(kept[name], 0.25 * first[name] + 0.75 * last[name])


def test_weights_for_other_channels_are_no_part_of_the_kept_ones(train, write_config, tmp_path, whole):
    start = (start_from(whole / "model")[0], start_from(whole / "model")[1] + "\nstart_share = 0.5")
    with pytest.raises(ConfigError, match='leave "start_share" out'):
        train(write_config(start, ('"RF", "FEM"]', '"RF"]')), tmp_path / "run")


def test_a_model_of_another_architecture_is_no_start(train, write_config, tmp_path, whole):
    config = write_config(
        start_from(whole / "model"), ("unet2d", "hrnet"), ("channels = [4, 8] }", "widths = [4, 8] }")
    )
    with pytest.raises(ConfigError, match="tiny is a hrnet and cannot start from tiny"):
        train(config, tmp_path / "run")


def test_a_checkpoint_belongs_to_what_it_started_from(train, write_config, tmp_path, whole):
    start = tmp_path / "start"
    start.mkdir()
    for name in ("model.json", "weights.safetensors"):
        (start / name).write_bytes((whole / "model" / name).read_bytes())
    train(write_config(start_from("start")), tmp_path / "run")
    other = train(write_config(("steps = 4", "steps = 4\nseed = 2")), tmp_path / "other")
    for name in ("model.json", "weights.safetensors"):
        (start / name).write_bytes((tmp_path / "other" / "model" / name).read_bytes())
    assert other.weights.sha256 != load_card(whole / "model").weights.sha256
    with pytest.raises(ConfigError, match="belongs to another configuration"):
        train(write_config(start_from("start")), tmp_path / "run")


def test_changed_weights_are_no_start(train, write_config, tmp_path, whole):
    (tmp_path / "changed").mkdir()
    for name in ("model.json", "weights.safetensors"):
        (tmp_path / "changed" / name).write_bytes((whole / "model" / name).read_bytes())
    (tmp_path / "changed" / "weights.safetensors").write_bytes(b"changed")
    with pytest.raises(ModelError, match="was changed"):
        train(write_config(start_from("changed")), tmp_path / "run")


def test_an_unknown_architecture_is_said_before_any_work(train, write_config, tmp_path):
    with pytest.raises(ModelError, match='"vnet"'):
        train(write_config(("unet2d", "vnet")), tmp_path / "run")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (('folder = "limbs"', 'folder = "none"'), "There are no label maps"),
        (('held_out = ["B"]', ""), "holds no file out"),
        (('held_out = ["B"]', 'held_out = ["A", "B"]'), "holds all of limbs out"),
        (('"VL", "VM", "RF", "FEM"', '"PL", "PB", "FHL"'), "shows enough of the channels"),
    ],
)
def test_data_that_cannot_be_trained_on_are_said(train, write_config, tmp_path, change, text):
    with pytest.raises(ConfigError, match=text):
        train(write_config(change), tmp_path / "run")


def test_sources_of_two_kinds_are_refused(train, write_config, tmp_path):
    images = '[[sources]]\nfolder = "x"\nkind = "images"\ntitle = "x"\nlicence = "x"\nattribution = "x"\n[[sources]]'
    with pytest.raises(ConfigError, match="must all be of kind"):
        train(write_config(("[[sources]]", images)), tmp_path / "run")


def test_a_region_classifier_is_trained_the_same_way(train, write_config, tmp_path):
    config = write_config(
        ('region = "thigh"', 'region = "any"\ntask = "classification"'),
        ('["background", "VL", "VM", "RF", "FEM"]', json.dumps(CLASSES)),
        ("unet2d", "region_classifier"),
        ("held_out_images = 3", "held_out_images = 12"),
    )
    card = train(config, tmp_path / "run")
    assert card.task == "classification"
    assert load_network(card)(torch.zeros(1, 1, 32, 32)).shape == (1, len(CLASSES))
    assert json.loads((tmp_path / "run" / "model" / "model.json").read_text())["metrics"][0]["measure"] == "accuracy"
