import json
import math

import pytest

from MuscleSegLib.errors import ModelError
from MuscleSegLib.networks import load_card
from Testing.segmentation.model_folders import write_model


@pytest.fixture
def folder(tmp_path):
    return write_model(tmp_path, "own", "thigh")


def edit(folder, entry: str, value=None):
    """Set an entry such as "input.size", or take it away."""
    path = folder / "model.json"
    table = json.loads(path.read_text(encoding="utf-8"))
    *outer, name = entry.split(".")
    inside = table
    for part in outer:
        inside = inside[part]
    if value is None:
        del inside[name]
    else:
        inside[name] = value
    path.write_text(json.dumps(table), encoding="utf-8")


def test_a_card_says_what_its_file_does(folder):
    card = load_card(folder)
    assert (card.name, card.region, card.task, card.folder) == ("own", "thigh", "segmentation", folder)
    assert card.input.size == 48 and card.architecture.parameters == {"channels": [4, 8]}
    assert card.channels[:2] == ("background", "VL")
    assert card.metrics[0]["value"] == 0.12


ENTRIES = (
    "name version title task region architecture input channels training metrics licence weights architecture.name "
    "architecture.parameters input.spacing_mm input.size input.normalisation weights.file weights.sha256"
).split()


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_card_that_lacks_an_entry_is_refused_by_its_name(folder, entry):
    edit(folder, entry)
    with pytest.raises(ModelError, match=f'lacks "{entry}"'):
        load_card(folder)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("name", 3),
        ("name", ""),
        ("version", 0.1),
        ("version", ""),
        ("title", " "),
        ("licence", ""),
        ("licence", []),
        ("task", "detection"),
        ("task", []),
        ("region", "arm"),
        ("channels", "VL"),
        ("channels", ["background"]),
        ("channels", ["background", 3]),
        ("channels", ["background", "VL", "VL"]),
        ("channels", ["VL", "VM", "background"]),
        ("metrics", {}),
        ("metrics", [{"measure": "mean DSC"}]),
        ("metrics", []),
        ("metrics", [{"measure": None, "value": 0.9, "on": "phantoms", "how": "untrained"}]),
        ("metrics", [{"measure": "mean DSC", "value": "good", "on": "phantoms", "how": "untrained"}]),
        ("training", []),
        ("training", {"data": []}),
        ("training", {"data": [{"title": None, "licence": "CC0", "attribution": "Nobody"}]}),
        ("training", {"data": [{"title": "Nothing", "licence": "", "attribution": "Nobody"}]}),
        ("training", {"data": [{"title": "no licence"}]}),
        ("training", {"images": "no data"}),
        ("architecture.name", ["hrnet"]),
        ("architecture.parameters", []),
        ("input.size", 100),
        ("input.size", -16),
        ("input.size", 48.0),
        ("input.size", True),
        ("input.spacing_mm", 0),
        ("input.spacing_mm", "1.5"),
        ("input.spacing_mm", math.inf),
        ("input.spacing_mm", math.nan),
        ("input.spacing_mm", 10**400),
        ("input.normalisation", 1),
        ("weights.file", "../weights.safetensors"),
        ("weights.file", 3),
        ("weights.sha256", 3),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused_by_its_name(folder, entry, value):
    edit(folder, entry, value)
    with pytest.raises(ModelError, match=rf'is wrong: "{entry}'):
        load_card(folder)


@pytest.mark.parametrize("entry", ["architecture", "input", "weights"])
def test_a_part_that_is_no_object_is_refused(folder, entry):
    edit(folder, entry, "hrnet")
    with pytest.raises(ModelError, match=f'"{entry}." holds'):
        load_card(folder)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[]", b"", b"[" * 100_000], ids=range(5))
def test_a_card_that_is_no_json_object_is_refused(folder, content):
    (folder / "model.json").write_bytes(content)
    with pytest.raises(ModelError, match="restore the file"):
        load_card(folder)


@pytest.mark.parametrize("name", ["none", "own/model.json"])
def test_a_folder_without_a_card_is_refused(folder, name):
    with pytest.raises(ModelError, match=r"There is no model\.json"):
        load_card(folder.parent / name)
