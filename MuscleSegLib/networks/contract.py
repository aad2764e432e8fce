"""Whether a network does what is asked of one: see :mod:`MuscleSegLib.networks.registry`."""

import torch
from torch import Tensor, nn
from torch.func import functional_call


def wrong_answer(network: nn.Module, task: str, outputs: int, images: Tensor) -> str:
    """What is wrong with the answer of a network, to be said after its name; empty where nothing is.

    Args:
        task: "segmentation" or "classification".
        outputs: Number of channels or classes.
        images: (N, 1, size, size) to ask it about.
    """
    count, _, size, _ = images.shape
    shape = (count, outputs) if task == "classification" else (count, outputs, size, size)
    try:
        with torch.inference_mode():
            answer = network(images)
    except Exception as error:  # whatever a network raises whose levels do not fit each other
        if _fits_without_memory(network, images):
            raise
        reason = (str(error) or type(error).__name__).splitlines()[0]
    else:
        if isinstance(answer, Tensor) and answer.shape == shape:
            return ""
        given = f"of the shape {tuple(answer.shape)}" if isinstance(answer, Tensor) else f"a {type(answer).__name__}"
        reason = f"its answer is {given} in place of {shape}"
    return f"gives no {task} of an image of {size} × {size} pixels ({reason})"


def has_head(network: nn.Module, outputs: int) -> bool:
    """Whether a network has the bias of each channel where training sets it."""
    return any(name == "head.bias" and bias.shape == (outputs,) for name, bias in network.named_parameters())


def _fits_without_memory(network: nn.Module, images: Tensor) -> bool:
    """Whether the network can take ``images`` where nothing is computed but shapes, and memory cannot run out."""
    weights = {name: value.to("meta") for name, value in (*network.named_parameters(), *network.named_buffers())}
    try:
        with torch.inference_mode():
            functional_call(network, weights, (images.to("meta"),))
    except Exception:  # as above
        return False
    return True
