import re

import numpy as np
import pytest
import SimpleITK as sitk
import torch

from MuscleSegLib.errors import InputError, ModelError
from MuscleSegLib.segmentation import segment
from MuscleSegLib.segmentation.models import InstalledModels, choose_device
from Testing.segmentation.model_folders import write_model
from Testing.segmentation.phantoms import Limb, limb_volume


@pytest.fixture
def own_models(tmp_path):
    for name, region in (("thigh-own", "thigh"), ("leg-own", "leg"), ("special", "leg")):
        write_model(tmp_path, name, region)
    return tmp_path


def test_a_family_has_a_model_for_each_region(own_models):
    models = InstalledModels("own", own_models, "cpu")
    assert [models.for_region(region).card.name for region in ("thigh", "leg")] == ["thigh-own", "leg-own"]
    assert models.only_region() is None


def test_a_model_by_its_own_name_has_one_region(own_models):
    assert InstalledModels("special", own_models, "cpu").only_region() == "leg"
    result = segment(limb_volume([Limb(-60)], slices=2), model="special", region="leg", models_dir=own_models)
    assert [card.name for card in result.cards] == ["special"]


def test_that_a_model_of_the_chosen_name_was_left_out_is_said_with_the_result(own_models):
    write_model(own_models, "zzz", "thigh").joinpath("model.json").write_bytes(
        (own_models / "thigh-own" / "model.json").read_bytes()
    )
    write_model(own_models, "broken", "thigh").joinpath("model.json").write_text("{", encoding="utf-8")
    result = segment(limb_volume([Limb(-60)], slices=2), model="own", region="thigh", models_dir=own_models)
    (text,) = [warning.text for warning in result.warnings if warning.kind == "model"]
    assert 'Two models are called "thigh-own"' in text


def test_a_model_does_not_segment_another_region(own_models):
    with pytest.raises(ModelError, match='"special" does not segment the thigh'):
        InstalledModels("special", own_models, "cpu").for_region("thigh")


def test_an_unknown_name_is_refused_with_those_there_are(own_models):
    with pytest.raises(ModelError, match=r'no model "ours".*leg-own'):
        InstalledModels("ours", own_models, "cpu")


def test_a_model_that_was_left_out_is_named_where_it_is_missed(own_models):
    (own_models / "leg-own" / "model.json").write_text("{", encoding="utf-8")
    damaged = re.escape(str(own_models / "leg-own"))
    models = InstalledModels("own", own_models, "cpu")
    assert models.for_region("thigh").card.name == "thigh-own"
    with pytest.raises(ModelError, match=rf'"own" does not segment the leg.*{damaged}'):
        models.for_region("leg")
    with pytest.raises(ModelError, match=rf'no model "leg-own".*{damaged}'):
        InstalledModels("leg-own", own_models, "cpu")


def test_the_users_usual_folder_is_looked_in(own_models, monkeypatch, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    (home / ".muscleseg").mkdir()
    own_models.rename(home / ".muscleseg" / "models")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    assert InstalledModels("special", None, "cpu").only_region() == "leg"


def test_probabilities_sum_to_one(own_models):
    model = InstalledModels("own", own_models, "cpu").for_region("thigh")
    probabilities = model.probabilities(torch.rand(2, 1, 48, 48))
    assert probabilities.shape == (2, 15, 48, 48)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(2, 48, 48))


def test_segmenting_twice_gives_the_same(own_models):
    image = limb_volume([Limb(-85), Limb(85)], slices=2)
    first, second = (segment(image, model="own", region="thigh", models_dir=own_models) for _ in range(2))
    np.testing.assert_array_equal(*(sitk.GetArrayFromImage(result.label_map) for result in (first, second)))


def test_cuda_where_there_is_none_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="No CUDA device"):
        choose_device("cuda")
    assert choose_device("auto").type == choose_device("cpu").type == "cpu"


def test_cuda_is_used_where_there_is_one_unless_the_processor_is_asked_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert [choose_device(device).type for device in ("auto", "cuda", "cpu")] == ["cuda", "cuda", "cpu"]
