import pytest
import torch

from MuscleSegLib.errors import ModelError
from MuscleSegLib.networks import ARCHITECTURES, build_network

SMALL = {
    "hrnet": {"widths": [4, 6, 8], "blocks": 1, "stem": 4},
    "unet2d": {"channels": [4, 6, 8]},
    "region_classifier": {"channels": [4, 6]},
}


def test_every_architecture_is_tried_here():
    assert set(SMALL) == set(ARCHITECTURES)


@pytest.mark.parametrize("name", ["hrnet", "unet2d"])
@pytest.mark.parametrize("size", [(32, 32), (48, 16)])
def test_a_segmenting_network_gives_logits_for_every_pixel(name, size):
    network = build_network(name, 5, SMALL[name]).eval()
    assert network(torch.rand(2, 1, *size)).shape == (2, 5, *size)


def test_the_classifier_gives_logits_for_the_image():
    network = build_network("region_classifier", 3, SMALL["region_classifier"]).eval()
    assert network(torch.rand(2, 1, 64, 64)).shape == (2, 3)


@pytest.mark.parametrize("name", SMALL)
def test_images_of_a_batch_do_not_see_each_other_in_use(name):
    torch.manual_seed(0)
    network = build_network(name, 3, SMALL[name]).eval()
    images = torch.rand(3, 1, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(network(images)[1:2], network(images[1:2]))


@pytest.mark.parametrize("name", SMALL)
def test_every_weight_learns(name):
    network = build_network(name, 3, SMALL[name]).train()
    network(torch.rand(4, 1, 32, 32)).square().mean().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())


def test_the_unet_of_hostin_has_the_size_that_its_channels_imply():
    network = build_network("unet2d", 11, {})
    first, last = network.encoder[0][0][0], network.encoder[3][1][0]
    assert first.weight.shape == (24, 1, 3, 3) and last.weight.shape == (192, 192, 3, 3)


def test_hrnet_keeps_its_branches_at_falling_resolution():
    network = build_network("hrnet", 3, SMALL["hrnet"])
    branches = [torch.rand(1, width, 16 // 2**n, 16 // 2**n) for n, width in enumerate((4, 6, 8))]
    fused = network.fusions[1](branches)
    assert [tuple(branch.shape) for branch in fused] == [tuple(branch.shape) for branch in branches]


def test_an_unknown_architecture_is_refused_with_those_there_are():
    with pytest.raises(ModelError, match=r'no architecture "vnet" in the registry .*hrnet'):
        build_network("vnet", 3, {})


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("unet2d", {"depth": 3}),
        ("unet2d", {"channels": "24"}),
        ("unet2d", {"channels": []}),
        ("hrnet", {"widths": []}),
        ("hrnet", {"stem": -1}),
        ("region_classifier", {"outputs": 2}),
    ],
)
def test_parameters_that_do_not_fit_are_refused(name, parameters):
    with pytest.raises(ModelError, match=f'"{name}" cannot be built'):
        build_network(name, 3, parameters)
