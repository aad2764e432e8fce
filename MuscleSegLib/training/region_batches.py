"""Batches for the region classifier: thighs, legs, and things that are neither."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from MuscleSegLib.anatomy import muscles
from MuscleSegLib.errors import ConfigError
from MuscleSegLib.segmentation.regions import CLASSES
from MuscleSegLib.simulation.draws import Draws
from MuscleSegLib.simulation.label_tables import LABELS
from MuscleSegLib.simulation.limb_slices import LimbSlices
from MuscleSegLib.simulation.simulator import Simulator
from MuscleSegLib.training.batches import equal_weights, held_out_limbs, on_host, read_sources, training_simulator
from MuscleSegLib.training.config import TrainingConfig

#: Share of images that show neither thigh nor leg.
OTHER = 0.25
#: Share of the thighs and legs that are mirrored.
MIRRORED = 0.5
REGIONS = ("thigh", "leg", "hip")


def regions_of(slices: LimbSlices) -> np.ndarray:
    """(N,) index into :data:`REGIONS` of the muscles that fill most of each slice."""
    region = np.zeros(LABELS, int)
    for muscle in muscles().values():
        if muscle.kind == "muscle":
            region[muscle.index] = 1 + REGIONS.index(muscle.region)
    filled = region[np.where(slices.border < 0, slices.nearest, 0)]
    areas = [(filled == k + 1).sum((1, 2)) for k in range(len(REGIONS))]
    return np.argmax(areas, axis=0)


def draw_others(images: Tensor, draws: Draws) -> Tensor:
    """Images of something else, (N, 1, H, W).

    They stand for what a classifier that knows only limbs would otherwise be sure about: heads, bellies and phantoms of
    random ellipses, limbs cut to pieces, and bodies with the outline of a limb and nothing of it inside.
    """
    kind = draws.uniform(0, 1)[:, None, None, None]
    others = torch.where(kind < 0.5, _ellipses(images, draws), _filled_outlines(images, draws))
    return torch.where(kind < 0.75, others, _cut_to_pieces(images, draws))


def _ellipses(images: Tensor, draws: Draws) -> Tensor:
    """One body of one or a few ellipses, with some more in it, smooth or textured."""
    size = images.shape[-1]
    axis = torch.linspace(-1, 1, size, device=draws.device)
    rows, columns = torch.meshgrid(axis, axis, indexing="ij")
    phantom = torch.zeros_like(images[:, 0])
    busy = draws.uniform(-0.3, 1.5)
    for k in range(12):
        centre = draws.uniform(-0.15, 0.15, 2) if k < 3 else draws.uniform(-0.7, 0.7, 2)
        radius = draws.uniform(0.4, 1.4, 2) * (0.92**k) if k < 3 else draws.uniform(0.04, 0.4, 2)
        angle = draws.uniform(0, 3.14)
        x, y = columns - centre[:, :1, None], rows - centre[:, 1:, None]
        cos, sin = torch.cos(angle)[:, None, None], torch.sin(angle)[:, None, None]
        inside = ((x * cos + y * sin) / radius[:, :1, None]) ** 2 + ((y * cos - x * sin) / radius[:, 1:, None]) ** 2 < 1
        if k == 0:
            body, shown = inside, torch.ones_like(busy, dtype=torch.bool)
        else:
            shown = draws.uniform(0, 1) < busy
        phantom = torch.where(inside & body & shown[:, None, None], draws.uniform(0.05, 1)[:, None, None], phantom)
    smooth = draws.chance(0.4)[:, None, None]
    texture = 1 + draws.uniform(0, 0.4)[:, None, None] * draws.field(20, size)[:, 0]
    folds = draws.field(16, size)[:, 0].abs() < draws.uniform(-0.3, 0.3)[:, None, None]
    textured = (phantom * texture * torch.where(folds, 0.4, 1.0)).clamp_min(0)
    return _in_noise(torch.where(smooth, phantom, textured)[:, None], draws)


def _filled_outlines(images: Tensor, draws: Draws) -> Tensor:
    """Bodies as large and of such a form as those in ``images``, uniform but for an uneven coil."""
    size = images.shape[-1]
    blurred = F.avg_pool2d(images, 9, 1, 4, count_include_pad=False)
    inside = blurred > 0.4 * blurred.flatten(1).quantile(0.9, dim=1)[:, None, None, None]
    coil = (1 + draws.uniform(0, 0.4)[:, None, None, None] * draws.field(3, size)).clamp_min(0.1)
    return _in_noise(inside * coil, draws)


def _in_noise(signal: Tensor, draws: Draws) -> Tensor:
    """(N, 1, H, W) magnitudes with more noise, less, or hardly any."""
    deviation = (0.06 * draws.uniform(0, 1) ** 2)[:, None, None, None]
    return (signal + deviation * draws.slice_noise(*signal.shape[1:])).abs()


def _cut_to_pieces(images: Tensor, draws: Draws) -> Tensor:
    """The images with their sixteenths in another order."""
    size = images.shape[-1]
    quarter = size // 4
    pieces = F.unfold(images, quarter, stride=quarter)
    order = draws.uniform(0, 1, pieces.shape[-1]).argsort(1)[:, None].expand_as(pieces)
    return F.fold(pieces.gather(2, order), (size, size), quarter, stride=quarter)


class RegionBatches:
    """Images with their class: an index into :data:`~MuscleSegLib.segmentation.regions.CLASSES`.

    Args:
        config: what to draw.
        data: the folder that the sources' folders are in.
        device: where the images are made.
    """

    def __init__(self, config: TrainingConfig, data: Path, device: torch.device) -> None:
        self.config = config
        self.slices, weights, self.held_out_slices = read_sources(config, data)
        self.held_out_are = f"{config.held_out_images} simulated slices of the label maps held out"
        self.generator = torch.Generator(device).manual_seed(config.seed)
        self._regions = torch.from_numpy(regions_of(self.slices))
        legs = int((self._regions == REGIONS.index("leg")).sum())
        if legs in (0, len(self.slices)):
            lacking = "thigh" if legs else "leg"
            raise ConfigError(f"No slice to train {config.name} on shows a {lacking}: name a source that shows it.")
        # A leg is as likely as a thigh, its hip included; within each, subjects count the same.
        self._weights = weights * equal_weights((self._regions == REGIONS.index("leg")).long().numpy())
        self._held_out_regions = torch.from_numpy(regions_of(self.held_out_slices))

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        simulator = training_simulator(self.config, self.slices, self.generator)
        while True:
            index = torch.multinomial(
                self._weights, self.config.batch, replacement=True, generator=on_host(self.generator)
            )
            yield self._images(simulator, index, self._regions[index])

    def held_out(self) -> Iterator[tuple[Tensor, Tensor]]:
        """The held-out images, the same at every call."""
        simulator, parts = held_out_limbs(self.config, self.held_out_slices, self.generator.device)
        for part in parts:
            yield self._images(simulator, part, self._held_out_regions[part])

    def _images(self, simulator: Simulator, index: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
        images, _ = simulator.training_batch(index, torch.zeros(LABELS, dtype=torch.long))
        draws = Draws(simulator.generator, torch.arange(len(index)))
        other = draws.chance(OTHER)
        images = torch.where(other[:, None, None, None], draw_others(images, draws), images)
        mirrored = draws.chance(MIRRORED)
        images = torch.where(mirrored[:, None, None, None], images.flip(-1), images)
        # The hip belongs to the thigh's model, which knows where its muscles end.
        names = (("thigh", "leg", "thigh"), ("mirrored thigh", "mirrored leg", "mirrored thigh"))
        classes = torch.tensor([[CLASSES.index(name) for name in row] for row in names], device=images.device)
        targets = classes[mirrored.long(), regions.to(images.device)]
        return images, torch.where(other, CLASSES.index("other"), targets)
