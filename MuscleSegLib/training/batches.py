"""Where the trainer's batches come from: limbs simulated from label maps."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from MuscleSegLib.anatomy import members_of, muscles
from MuscleSegLib.errors import ConfigError
from MuscleSegLib.simulation.limb_slices import LimbSlices, join, read_limb_slices
from MuscleSegLib.simulation.simulator import Simulator, targets_of
from MuscleSegLib.training.config import DataSource, TrainingConfig

#: A slice is worth simulating when it shows so many of the muscles that the network is to find.
LEAST_CHANNELS = 3
#: Share of the batches that are of thick slices.
THICK = 0.2
#: The plantaris is a thread beside the lateral gastrocnemius: neither a right nor a wrong answer is learned from it.
PASSED_OVER = ("Pla",)


def label_numbers(channels: Sequence[str]) -> dict[str, int]:
    """Number of each channel in the label maps that are simulated from: the table's, a compound's first muscle's."""
    return {name: muscles()[members_of(name)[0]].index for name in channels if name != "background"}


def _with_enough_channels(slices: LimbSlices, numbers: Sequence[int]) -> LimbSlices:
    keep = [
        np.isin(numbers, np.unique(nearest[border < 0])).sum() >= LEAST_CHANNELS
        for nearest, border in zip(slices.nearest, slices.border, strict=True)
    ]
    return slices.where(np.array(keep))


def _read(source: DataSource, data: Path, numbers: Sequence[int]) -> tuple[LimbSlices, LimbSlices | None]:
    """Slices to train on, and those held out (``None`` where nothing is)."""
    files = sorted(path for path in (data / source.folder).glob("*.nii*"))
    if not files:
        raise ConfigError(f"There are no label maps (.nii, .nii.gz) in {data / source.folder}: check --data.")
    held_out = [path for path in files if path.name.startswith(source.held_out)] if source.held_out else []

    def read(paths: Sequence[Path]) -> LimbSlices:
        slices = read_limb_slices(paths, muscles_only=source.muscles_only, least_labels=source.least_labels)
        return _with_enough_channels(slices, numbers)

    return read([path for path in files if path not in held_out]), read(held_out) if held_out else None


def _equally(slices: LimbSlices) -> Tensor:
    """Weights that give every subject the same share, however many slices it has; they add up to 1."""
    counts = np.bincount(slices.subject, minlength=len(slices.subjects))
    present = np.count_nonzero(counts)
    return torch.from_numpy(1.0 / (counts[slices.subject] * present))


class SimulatedBatches:
    """Simulated images of limbs, drawn without end; the same images every time for the held-out set.

    Args:
        config: what to draw.
        data: the folder that the sources' folders are in.
        device: where the images are made.
    """

    def __init__(self, config: TrainingConfig, data: Path, device: torch.device) -> None:
        self.config = config
        numbers = label_numbers(config.channels)
        ignored = [muscles()[name].index for name in PASSED_OVER]
        self.targets = targets_of(config.channels, numbers, ignored)
        train, held_out, weights = [], [], []
        for source in config.sources:
            kept, left = _read(source, data, list(numbers.values()))
            train.append(kept)
            weights.append(source.weight * _equally(kept))
            if left is not None:
                held_out.append(left)
        if not held_out:
            raise ConfigError(f'The configuration of {config.name} holds no file out: name some in "held_out".')
        self.weights = torch.cat(weights)
        self.generator = torch.Generator(device).manual_seed(config.seed)
        self.simulator = Simulator(join(train), config.size, config.spacing_mm, self.generator)
        self.held_out_slices = join(held_out)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        slices = self.simulator.slices
        while True:
            # Slices are chosen on the host; seeded by the device's generator, whose saved state so fixes everything.
            seed = torch.randint(2**31, (1,), generator=self.generator, device=self.generator.device)
            host = torch.Generator().manual_seed(int(seed))
            index = torch.multinomial(self.weights, self.config.batch, replacement=True, generator=host)
            beside = None
            if torch.rand(1, generator=host) < THICK:
                beside = (index + 1).clamp(max=len(slices) - 1)
                same = slices.subject[beside.numpy()] == slices.subject[index.numpy()]
                beside = torch.where(torch.from_numpy(same), beside, index)
            yield self.simulator.training_batch(index, self.targets, beside)

    def held_out(self) -> Iterator[tuple[Tensor, Tensor]]:
        """The held-out images, in batches: evenly spread slices of the subjects left out, the same at every call."""
        generator = torch.Generator(self.generator.device).manual_seed(self.config.seed + 1)
        simulator = Simulator(self.held_out_slices, self.config.size, self.config.spacing_mm, generator)
        index = torch.linspace(0, len(self.held_out_slices) - 1, self.config.held_out_images).round().long()
        for part in index.split(self.config.batch):
            yield simulator.training_batch(part, self.targets)
