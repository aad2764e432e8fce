"""One training run: configuration in, model folder out."""

from pathlib import Path

import torch

from MuscleSegLib.networks.registry import build_network
from MuscleSegLib.training.batches import SimulatedBatches
from MuscleSegLib.training.config import read_config
from MuscleSegLib.training.segmentation_task import segmentation_task
from MuscleSegLib.training.trainer import train


def run_training(config_path: Path, data: Path, output: Path, minutes: float | None = None) -> None:
    config = read_config(config_path)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(config.seed)
    network = build_network(config.architecture, len(config.channels), config.parameters)
    if config.start_from:
        from safetensors.torch import load_file

        own = network.state_dict()
        given = load_file(config.start_from)
        fit = {k: v for k, v in given.items() if k in own and own[k].shape == v.shape}
        print(f"{len(fit)} of {len(own)} tensors taken over")
        network.load_state_dict(fit, strict=False)
    batches = SimulatedBatches(config, data, device)
    print(len(batches.simulator.slices), "slices,", len(batches.held_out_slices), "held out", flush=True)
    best, done = train(
        config,
        network,
        iter(batches),
        batches.held_out,
        batches.generator,
        segmentation_task(),
        output,
        minutes=minutes,
        report=lambda text: print(text, flush=True),
    )
    from safetensors.torch import save_file

    save_file({k: v.contiguous() for k, v in best.items()}, output / "best.safetensors")


if __name__ == "__main__":
    import sys

    torch.set_num_threads(1)
    run_training(
        Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]) if len(sys.argv) > 4 else None
    )
