import pytest
import torch

from MuscleSegLib.errors import ConfigError
from MuscleSegLib.networks import build_network, load_card, load_network
from MuscleSegLib.training.config import read_config
from MuscleSegLib.training.run import run_training
from MuscleSegLib.training.start import start_from

HRNET = (("unet2d", "hrnet"), ("channels = [4, 8] }", "widths = [4, 8] }"))
SHARE = ("steps = 4", 'steps = 4\nstart_from = "model"\nstart_share = 0.5')


@pytest.fixture(scope="module")
def models(label_maps, tmp_path_factory):
    """Folders of two narrow models by architecture, trained for as long as it takes to be unlike untrained ones."""
    from Testing.training.conftest import CONFIG

    folder = tmp_path_factory.mktemp("models")
    for name, changes in (("unet2d", ()), ("hrnet", HRNET)):
        text = CONFIG
        for before, after in changes:
            text = text.replace(before, after)
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        run_training(folder / f"{name}.toml", label_maps, folder / name, device="cpu")
    return {name: folder / name / "model" for name in ("unet2d", "hrnet")}


@pytest.mark.parametrize("parameters", [{"widths": [6, 8]}, {"widths": [4, 12]}, {"widths": [7, 16], "stem": 20}])
def test_a_wider_hrnet_starts_by_answering_as_the_narrower_one(models, write_config, parameters):
    torch.manual_seed(1)
    wide = build_network("hrnet", 5, parameters)
    start_from(wide, models["hrnet"], read_config(write_config(*HRNET, SHARE)))

    image = torch.rand(2, 1, 32, 32)
    narrow = load_network(load_card(models["hrnet"])).eval()
    torch.testing.assert_close(wide.eval()(image), narrow(image), atol=1e-4, rtol=1e-4)


def test_what_is_new_in_a_wider_network_has_something_to_learn_from(models, write_config):
    wide = build_network("hrnet", 5, {"widths": [4, 12]})
    start_from(wide, models["hrnet"], read_config(write_config(*HRNET)))
    wide.eval()(torch.rand(1, 1, 32, 32)).square().sum().backward()
    gradient = wide.get_parameter("join.1.weight").grad
    assert (gradient[:, 8:].abs() > 0).any()


def test_a_share_is_kept_only_of_weights_that_answer_alike(models, write_config):
    # A wider U-Net's decoder joins inputs, and listens to what is new from its first step.
    wide = build_network("unet2d", 5, {"channels": [4, 12]})
    with pytest.raises(ConfigError, match='no share of its weights can be kept: leave "start_share" out'):
        start_from(wide, models["unet2d"], read_config(write_config(SHARE)))


def test_only_the_weights_whose_checksum_is_said_are_a_start(models, write_config):
    def named(sha256):
        return read_config(write_config(("steps = 4", f'steps = 4\nstart_from = "model"\nstart_sha256 = "{sha256}"')))

    right = load_card(models["unet2d"]).weights.sha256
    network = build_network("unet2d", 5, {"channels": [4, 8]})
    assert start_from(network, models["unet2d"], named(right))["sha256"] == right
    with pytest.raises(ConfigError, match=r"starts from the weights 000000000000… of tiny.*git log -S 000000000000"):
        start_from(network, models["unet2d"], named("0" * 64))


def test_a_channel_starts_from_the_weights_of_its_own_name(models, write_config):
    other = '"background", "FEM", "VM", "BFL", "VL"'
    network = build_network("hrnet", 5, {"widths": [6, 8]})
    fresh = network.get_parameter("head.bias")[3].clone()
    config = read_config(write_config(*HRNET, ('"background", "VL", "VM", "RF", "FEM"', other)))
    start_from(network, models["hrnet"], config)

    image = torch.rand(2, 1, 32, 32)
    given = load_network(load_card(models["hrnet"]))(image)
    torch.testing.assert_close(network.eval()(image)[:, [0, 1, 2, 4]], given[:, [0, 4, 2, 1]], atol=1e-4, rtol=1e-4)
    assert network.get_parameter("head.bias")[3] == fresh


def test_weights_that_do_not_fit_are_the_networks_own(models, write_config):
    narrow = build_network("hrnet", 5, {"widths": [2, 4]})
    before = {name: weights.clone() for name, weights in narrow.state_dict().items()}
    start_from(narrow, models["hrnet"], read_config(write_config(*HRNET)))
    after = narrow.state_dict()
    assert torch.equal(after["stages.0.0.0.body.0.0.weight"], before["stages.0.0.0.body.0.0.weight"])
    assert not torch.equal(after["full.0.weight"], before["full.0.weight"])
