"""One training run: a configuration and a data folder in, a model folder out."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import torch

from MuscleSegLib.errors import ConfigError
from MuscleSegLib.networks import ModelCard, build_network
from MuscleSegLib.segmentation.models import Device, choose_device
from MuscleSegLib.training.batches import SimulatedBatches
from MuscleSegLib.training.checkpoint import CHECKPOINT
from MuscleSegLib.training.claim import claimed
from MuscleSegLib.training.classification_task import classification_task
from MuscleSegLib.training.config import TrainingConfig, read_config
from MuscleSegLib.training.export import export_model
from MuscleSegLib.training.image_folder import ImageBatches
from MuscleSegLib.training.pictures import draw_curves, draw_samples
from MuscleSegLib.training.region_batches import RegionBatches
from MuscleSegLib.training.segmentation_task import NORMALISATION, segmentation_task
from MuscleSegLib.training.start import start_from
from MuscleSegLib.training.state import TrainingState
from MuscleSegLib.training.trainer import train

Batches = SimulatedBatches | RegionBatches | ImageBatches


def _batches(config: TrainingConfig, data: Path, device: torch.device) -> Batches:
    if config.task == "classification":
        return RegionBatches(config, data, device)
    kinds = {source.kind for source in config.sources}
    if kinds == {"images"}:
        return ImageBatches(config, data, device)
    if kinds == {"labels"}:
        return SimulatedBatches(config, data, device)
    raise ConfigError(
        f'The sources of {config.name} must all be of kind "labels" (images are simulated) or all of kind "images".'
    )


def _mean(start: torch.Tensor, end: torch.Tensor, start_share: float) -> torch.Tensor:
    """Weights between start and end; counts of batches are those of the end."""
    return torch.lerp(end, start.to(end.device), start_share) if end.is_floating_point() else end


def run_training(
    config_path: Path,
    data: Path,
    output: Path,
    *,
    device: Device = "auto",
    minutes: float | None = None,
    report: Callable[[str], None] = print,
) -> ModelCard | None:
    """Train, or go on with, the model that a configuration describes.

    Args:
        config_path: see ``Resources/Training`` for examples.
        data: the folder that the sources' folders are in.
        output: receives the checkpoint, ``log.csv``, ``curves.png``, ``samples.png`` and, at the end, ``model``.
        minutes: stop at the first checkpoint after so long.
        report: told in a line how each stretch of steps went.

    Returns:
        The card of the finished model; None when time ran out first: the same call goes on.

    Raises:
        ConfigError: the configuration, the data or the checkpoint cannot be used.
        InputError: a label map or image cannot be read, or ``output`` cannot be written to, or another training runs
            there.
        ModelError: the network cannot be built, or the model to start from cannot be used.
    """
    config = read_config(config_path)
    chosen = choose_device(device)
    torch.manual_seed(config.seed)
    network = build_network(config.architecture, len(config.channels), config.parameters)
    start = start_from(network, config_path.parent / config.start_from, config) if config.start_from else None
    start_weights = deepcopy(network.state_dict()) if config.start_share else {}
    output.mkdir(parents=True, exist_ok=True)
    with claimed(output):
        batches = _batches(config, data, chosen)
        task = classification_task() if config.task == "classification" else segmentation_task()
        state = TrainingState(config, network, batches.generator, start)
        state.go_on_from(output / CHECKPOINT)
        images, targets = next(batches.held_out())
        draw_samples(output / "samples.png", images.cpu(), targets.cpu(), f"{config.name}: held out")
        train(
            state,
            batches,
            task,
            output,
            minutes=minutes,
            report=report,
            measured=lambda rows: draw_curves(output / "curves.png", rows, config.name),
        )
        if not state.finished:
            return None
        weights = state.best_weights
        if config.start_share:
            weights = {name: _mean(start_weights[name], weight, config.start_share) for name, weight in weights.items()}
        network.load_state_dict(weights)
        network.eval()
        if task.calibrate:
            task.calibrate(network, batches.held_out())
        metric = {
            "measure": "accuracy" if config.task == "classification" else "mean DSC",
            "value": round(task.score(network, batches.held_out()), 4),
            "on": batches.held_out_are,
            "how": "muscleseg train, at the best step: all pixels together, mean of the channels other than background"
            if config.task == "segmentation"
            else "muscleseg train, at the best step: mean of the classes",
        }
        beginning = {"started_from": start, "start_share": config.start_share}
        how = {
            "config": config_path.name,
            "steps": max(state.rows, key=lambda row: row["held_out_score"])["step"],
            "batch": config.batch,
            "seed": config.seed,
            "seconds": state.seconds,
            "device": str(chosen),
            **{name: told for name, told in beginning.items() if told},
            "held_out_for": "early stopping and the metric from muscleseg train",
        }
        return export_model(config, network.state_dict(), NORMALISATION, how, [metric], output / "model")
