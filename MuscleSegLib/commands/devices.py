"""``muscleseg devices``: what the device "auto" means on this computer."""

from argparse import ArgumentParser, Namespace

from MuscleSegLib.commands.output import output_for

HELP = "say what the device auto means here: a graphics card, or the processor"


def add_arguments(parser: ArgumentParser) -> None:
    """There are none."""


def run(arguments: Namespace) -> None:
    """Name the device that ``--device auto`` takes."""
    import torch

    from MuscleSegLib.segmentation.models import choose_device

    with output_for(arguments) as out:
        device = choose_device("auto")
        if device.type == "cuda":
            memory_gib = torch.cuda.get_device_properties(device).total_memory / 2**30
            out.text(f"{torch.cuda.get_device_name(device)} (CUDA, {memory_gib:.0f} GiB)")
        else:
            out.text("the processor, as PyTorch finds no graphics card with CUDA")
