import hashlib
import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from MuscleSegLib.errors import ModelError
from MuscleSegLib.networks import ARCHITECTURES, build_network, find_models, load_card, load_network
from MuscleSegLib.networks.unet2d import UNet2D
from Testing.networks.test_architectures import SMALL
from Testing.segmentation.model_folders import write_model


@pytest.fixture
def folder(tmp_path):
    return write_model(tmp_path / "models", "own", "thigh")


def put_weights(folder: Path, content: bytes) -> None:
    """Put other weights under the card, checksum included."""
    (folder / "weights.safetensors").write_bytes(content)
    path = folder / "model.json"
    table = json.loads(path.read_text(encoding="utf-8"))
    table["weights"]["sha256"] = hashlib.sha256(content).hexdigest()
    path.write_text(json.dumps(table), encoding="utf-8")


class Harmful:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_network_is_built_from_its_card_alone(folder, name):
    torch.manual_seed(4)
    network = build_network(name, 15, SMALL[name]).eval()
    table = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    table["architecture"] = {"name": name, "parameters": SMALL[name]}
    table["task"] = "classification" if name == "region_classifier" else "segmentation"
    (folder / "model.json").write_text(json.dumps(table), encoding="utf-8")
    put_weights(folder, save(network.state_dict()))
    torch.manual_seed(5)
    loaded = load_network(load_card(folder))
    images = torch.rand(1, 1, 48, 48)
    assert not loaded.training
    assert torch.equal(loaded(images), network(images))


def test_missing_weights_are_said(folder):
    (folder / "weights.safetensors").unlink()
    with pytest.raises(ModelError, match="weights of own are missing"):
        load_network(load_card(folder))


@pytest.mark.parametrize("change", [lambda b: b[:-1] + bytes([b[-1] ^ 1]), lambda b: b[: len(b) // 2], lambda _: b""])
def test_changed_or_truncated_weights_are_refused(folder, change):
    path = folder / "weights.safetensors"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ModelError, match="was changed or is incomplete"):
        load_network(load_card(folder))


def test_weights_of_another_network_are_refused(folder):
    put_weights(folder, save(build_network("hrnet", 15, SMALL["hrnet"]).state_dict()))
    with pytest.raises(ModelError, match="do not fit the network"):
        load_network(load_card(folder))


def test_weights_of_another_width_are_refused(folder):
    put_weights(folder, save(build_network("unet2d", 15, {"channels": [4, 6]}).state_dict()))
    with pytest.raises(ModelError, match="do not fit the network"):
        load_network(load_card(folder))


@pytest.mark.parametrize(
    ("name", "parameters", "size"),
    [("unet2d", {"channels": [4] * 6}, 112), ("unet2d", {"channels": [4] * 6}, 16), ("region_classifier", {}, 48)],
)
def test_a_network_that_does_not_do_what_its_card_says_is_refused(folder, name, parameters, size):
    table = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    table["architecture"] = {"name": name, "parameters": parameters}
    table["input"]["size"] = size
    (folder / "model.json").write_text(json.dumps(table), encoding="utf-8")
    put_weights(folder, save(build_network(name, 15, parameters).state_dict()))
    with pytest.raises(ModelError, match=f"own gives no segmentation of an image of {size} × {size} pixels"):
        load_network(load_card(folder))


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_weights_that_are_no_numbers_are_refused(folder, value):
    weights = build_network("unet2d", 15, {"channels": [4, 8]}).state_dict()
    weights["encoder.0.1.0.weight"][1, 2] = value
    put_weights(folder, save(weights))
    with pytest.raises(ModelError, match="weights of own hold values that are no numbers"):
        load_network(load_card(folder))


def test_an_architecture_that_a_card_has_and_this_version_lacks_is_said_of_the_card(folder):
    table = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    table["architecture"] = {"name": "vnet", "parameters": {}}
    (folder / "model.json").write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(ModelError, match=r'no architecture "vnet".*Correct the card of own, or update MuscleSeg'):
        load_network(load_card(folder))


def test_that_memory_is_used_up_is_not_told_as_a_wrong_card(folder, monkeypatch):
    forward = UNet2D.forward

    def without_memory(self, images):
        if images.device.type == "cpu":
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return forward(self, images)

    monkeypatch.setattr(UNet2D, "forward", without_memory)
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        load_network(load_card(folder))


def test_a_pickle_in_the_place_of_weights_is_refused_and_not_executed(folder, tmp_path):
    put_weights(folder, pickle.dumps(Harmful(tmp_path / "harm")))
    with pytest.raises(ModelError, match="are no safetensors file"):
        load_network(load_card(folder))
    assert not (tmp_path / "harm").exists()


def test_the_users_models_come_after_those_that_ship(folder, tmp_path):
    names = [card.name for card in find_models(folder.parent).cards]
    assert names[-1] == "own"
    assert names[:-1] == [card.name for card in find_models(tmp_path).cards] == sorted(names[:-1])


def test_of_two_models_of_one_name_the_second_is_left_out_and_said(folder):
    write_model(folder.parent, "other", "leg").joinpath("model.json").write_bytes((folder / "model.json").read_bytes())
    found = find_models(folder.parent)
    assert [card.folder for card in found.cards if card.name == "own"] == [folder.with_name("other")]
    assert len(found.problems) == 1 and 'Two models are called "own"' in found.problems[0]
    assert str(folder) in found.problems[0]


def test_a_model_in_a_given_folder_takes_the_place_of_the_bundled_one_of_its_name(tmp_path):
    write_model(tmp_path, "model", "thigh")
    path = tmp_path / "model" / "model.json"
    table = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**table, "name": "thigh-hrnet"}), encoding="utf-8")
    found = find_models(tmp_path)
    assert [card.folder for card in found.cards if card.name == "thigh-hrnet"] == [path.parent]
    assert not found.problems


def test_a_model_in_the_usual_folder_does_not_and_that_is_said(tmp_path, monkeypatch):
    folder = write_model(tmp_path / ".muscleseg" / "models", "model", "thigh")
    table = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    (folder / "model.json").write_text(json.dumps({**table, "name": "thigh-hrnet"}), encoding="utf-8")
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    found = find_models()
    assert folder not in [card.folder for card in found.cards]
    assert 'Two models are called "thigh-hrnet"' in found.left_out["thigh-hrnet"]


def test_models_whose_cards_are_damaged_are_left_out_and_said(folder, tmp_path):
    contents = {"broken": "{", "deep": "[" * 100_000, "empty": ""}
    for name, content in contents.items():
        write_model(folder.parent, name, "thigh")
        (folder.parent / name / "model.json").write_text(content, encoding="utf-8")
    found = find_models(folder.parent)
    assert found.cards[-1].name == "own" and found.cards[:-1] == find_models(tmp_path).cards
    assert [str(folder.parent / name) in said for name, said in zip(contents, found.problems, strict=True)]
    assert all("restore the file" in said for said in found.problems)


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ModelError, match="There is no folder"):
        find_models(tmp_path / "none")


def test_every_bundled_model_loads_and_is_small_enough_to_ship(tmp_path):
    found = find_models(tmp_path)
    assert found.cards and not found.problems
    for card in found.cards:
        network = load_network(card)
        size = card.input.size
        assert network(torch.zeros(1, 1, size, size)).shape[1] == len(card.channels)
        assert (card.folder / card.weights.file).stat().st_size < 20e6
        assert card.training["data"] and card.metrics
