"""Where the trainer's batches come from: limbs simulated from label maps."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from MuscleSegLib.anatomy import members_of, muscles
from MuscleSegLib.errors import ConfigError
from MuscleSegLib.segmentation.image_reading import read_stored
from MuscleSegLib.simulation.label_tables import LABELS
from MuscleSegLib.simulation.layout import LayoutRanges
from MuscleSegLib.simulation.limb_slices import EVERY_MM, LimbSlices, join, read_limb_slices
from MuscleSegLib.simulation.simulator import IGNORE, Simulator, targets_of
from MuscleSegLib.training.config import DataSource, TrainingConfig

#: A slice is worth simulating when it shows so many of the muscles that the network is to find.
LEAST_CHANNELS = 3
#: Slices further apart are not cut along curved surfaces, which rise and fall by some 8 mm: what is cut would be steps.
THICKEST_CUT_MM = 6.0
#: Share of the batches that are of thick slices.
THICK = 0.2
#: The plantaris is a thread beside the lateral gastrocnemius: neither a right nor a wrong answer is learned from it.
PASSED_OVER = ("Pla",)


def label_numbers(channels: Sequence[str]) -> dict[str, int]:
    """Number of each channel in the label maps that are simulated from: the table's, a compound's first muscle's."""
    return {name: muscles()[members_of(name)[0]].index for name in channels if name != "background"}


def _files(source: DataSource, data: Path) -> tuple[list[Path], list[Path]]:
    """Label maps to train on, and those held out."""
    files = sorted((data / source.folder).glob("*.nii*"))
    if not files:
        raise ConfigError(f"There are no label maps (.nii, .nii.gz) in {data / source.folder}: check --data.")
    left = source.names_held_out([path.name for path in files])
    return [path for path in files if path.name not in left], [path for path in files if path.name in left]


def targets_of_labels(channels: Sequence[str]) -> Tensor:
    """(LABELS,) channel of each number in the label maps that are simulated from; a compound's is its muscles'."""
    targets = targets_of(channels, label_numbers(channels), [muscles()[name].index for name in PASSED_OVER])
    for channel, name in enumerate(channels[1:], 1):
        targets[[muscles()[member].index for member in members_of(name)[1:]]] = channel
    return targets


def not_shown(config: TrainingConfig, targets: Iterable[Tensor]) -> list[str]:
    """The channels, but for the background, that none of ``targets`` (each of any shape, numbers of channels) has."""
    shown = {int(channel) for part in targets for channel in part.unique()}
    return [name for channel, name in enumerate(config.channels) if channel and channel not in shown]


def check_shown(config: TrainingConfig, targets: Iterable[Tensor]) -> None:
    """Make sure that every channel is there to be learned.

    Raises:
        ConfigError: None of ``targets``, which are trained on, has some channel: it would be trained to be nowhere.
    """
    if missing := not_shown(config, targets):
        raise ConfigError(
            f'No slice to train {config.name} on shows {", ".join(missing)}: take it out of "channels", or name a '
            "source that shows it."
        )


def said_of_held_out(config: TrainingConfig, targets: Iterable[Tensor]) -> str:
    """What the card is to say beside a score on ``targets``, the mean of the channels that they have."""
    missing = not_shown(config, targets)
    return f"; none shows {', '.join(missing)}" if missing else ""


def equal_weights(groups: NDArray[np.integer]) -> Tensor:
    """(N,) weights that give every group the same share, however many members it has; they add up to 1."""
    counts = np.bincount(groups)
    return torch.from_numpy(1.0 / (counts[groups] * np.count_nonzero(counts)))


def read_sources(config: TrainingConfig, data: Path) -> tuple[LimbSlices, Tensor, LimbSlices]:
    """Slices to train on, how often each is drawn, and slices held out.

    Raises:
        ConfigError: a folder holds no label maps, all or none are held out, a beginning of "held_out" is of none, no
            slice of some is of use, or the slices are too thick for curved cuts.
    """
    train, weights = [], []
    for source in config.sources:
        kept, _ = _files(source, data)
        if not kept:
            raise ConfigError(f'The configuration of {config.name} holds all of {source.folder} out: see "held_out".')
        train.append(_read(config, source, kept, curved_cuts=source.curved_cuts))
        weights.append(source.weight * equal_weights(train[-1].subject))
    return join(train), torch.cat(weights), read_held_out(config, data)


def read_held_out(config: TrainingConfig, data: Path, every_mm: float = EVERY_MM) -> LimbSlices:
    """The slices that are held out alone, about ``every_mm`` apart; as :func:`read_sources`, but quicker."""
    held_out = []
    for source in config.sources:
        _, left = _files(source, data)
        if left:
            held_out.append(_read(config, source, left, every_mm=every_mm))
    if not held_out:
        raise ConfigError(f'The configuration of {config.name} holds no file out: name some in "held_out".')
    return join(held_out)


def _read(
    config: TrainingConfig,
    source: DataSource,
    paths: Sequence[Path],
    *,
    every_mm: float = EVERY_MM,
    curved_cuts: int = 0,
) -> LimbSlices:
    for path in paths if curved_cuts else ():
        slice_mm = max(read_stored(path).GetSpacing())
        if slice_mm > THICKEST_CUT_MM:
            raise ConfigError(
                f"The slices of {path.name} in {source.folder} are {slice_mm:.3g} mm apart, too far for curved "
                'surfaces between them: leave "curved_cuts" out.'
            )
    segments = config.task == "segmentation"
    channel = targets_of_labels(config.channels).numpy() if segments else np.zeros(LABELS, int)
    least = min(LEAST_CHANNELS, len(config.channels) - 1) if segments else 0

    def of_use(present: NDArray[np.integer]) -> bool:
        return len(present) >= source.least_labels and len({*channel[present]} - {0, IGNORE}) >= least

    slices = read_limb_slices(
        paths, muscles_only=source.muscles_only, every_mm=every_mm, of_use=of_use, curved_cuts=curved_cuts
    )
    if not len(slices):
        raise ConfigError(
            f"No slice of {', '.join(path.name for path in paths)} in {source.folder} shows enough of the channels of "
            f'{config.name}, or as many labels as "least_labels" asks for: name other channels, or another folder.'
        )
    return slices


def on_host(generator: torch.Generator) -> torch.Generator:
    """A generator to choose slices on the host; seeded by the device's, whose saved state so fixes everything."""
    seed = torch.randint(2**31, (1,), generator=generator, device=generator.device)
    return torch.Generator().manual_seed(int(seed))


def training_simulator(config: TrainingConfig, slices: LimbSlices, generator: torch.Generator) -> Simulator:
    """A simulator of ``slices`` to train on."""
    smallest, largest = config.scale
    return Simulator(slices, config.size, config.spacing_mm, generator, LayoutRanges(scale=(smallest, largest)))


def held_out_limbs(
    config: TrainingConfig, slices: LimbSlices, device: torch.device
) -> tuple[Simulator, tuple[Tensor, ...]]:
    """A simulator of the held-out ``slices`` and, in batches, indices of evenly spread ones; the same at every call."""
    generator = torch.Generator(device).manual_seed(config.seed + 1)
    index = torch.linspace(0, len(slices) - 1, config.held_out_images).round().long()
    return Simulator(slices, config.size, config.spacing_mm, generator), index.split(config.batch)


class SimulatedBatches:
    """Simulated images of limbs, drawn without end; the same images every time for the held-out set.

    Args:
        config: what to draw.
        data: the folder that the sources' folders are in.
        device: where the images are made.
    """

    def __init__(self, config: TrainingConfig, data: Path, device: torch.device) -> None:
        self.config = config
        self.targets = targets_of_labels(config.channels)
        slices, self.weights, self.held_out_slices = read_sources(config, data)
        check_shown(config, self._targets_in(slices))
        missing = said_of_held_out(config, self._targets_in(self.held_out_slices))
        self.held_out_are = f"{config.held_out_images} simulated slices of the label maps held out{missing}"
        self.generator = torch.Generator(device).manual_seed(config.seed)
        self.simulator = training_simulator(config, slices, self.generator)

    def _targets_in(self, slices: LimbSlices) -> Iterator[Tensor]:
        """The channels of what each slice shows."""
        return (self.targets[np.flatnonzero(np.bincount(one.ravel()))] for one in slices.nearest)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        slices = self.simulator.slices
        while True:
            host = on_host(self.generator)
            index = torch.multinomial(self.weights, self.config.batch, replacement=True, generator=host)
            beside = None
            if torch.rand(1, generator=host) < THICK:
                beside = (index + 1).clamp(max=len(slices) - 1)
                same = slices.subject[beside.numpy()] == slices.subject[index.numpy()]
                beside = torch.where(torch.from_numpy(same), beside, index)
            yield self.simulator.training_batch(index, self.targets, beside)

    def held_out(self) -> Iterator[tuple[Tensor, Tensor]]:
        """The held-out images, in batches; the same at every call."""
        simulator, parts = held_out_limbs(self.config, self.held_out_slices, self.generator.device)
        for part in parts:
            yield simulator.training_batch(part, self.targets)
