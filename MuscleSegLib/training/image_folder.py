"""Batches from a user's own images and labels, in place of simulated ones.

A source of kind "images" is a folder with ``images/NAME.nii.gz`` and, as ``muscleseg segment`` writes them (or as they
come out of correction in Slicer), ``labels/NAME.nii.gz`` with its table ``labels/NAME.tsv``.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import SimpleITK as sitk
import torch
from torch import Tensor
from torch.nn import functional as F

from MuscleSegLib.errors import ConfigError
from MuscleSegLib.segmentation.checks import check_image
from MuscleSegLib.segmentation.crops import CropGrid, extract_crops
from MuscleSegLib.segmentation.foreground import find_foreground
from MuscleSegLib.segmentation.image_reading import read_image
from MuscleSegLib.segmentation.limbs import find_limbs
from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.simulation import acquisition
from MuscleSegLib.simulation.draws import Draws
from MuscleSegLib.training.config import DataSource, TrainingConfig

#: Crops are kept larger than the network's, so that what is turned or moved into sight is real.
MARGIN = 1.25


def _channel_of_value(table: Path, channels: Sequence[str]) -> Tensor:
    """(256,) channel of each number of a label map; 0 for what the network does not tell apart."""
    lookup = torch.zeros(256, dtype=torch.long)
    try:
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                if row["abbreviation"] in channels:
                    lookup[int(row["index"])] = channels.index(row["abbreviation"])
    except (OSError, KeyError, TypeError, ValueError, IndexError):
        raise ConfigError(
            f'The table {table} is missing or not as it should be: tab-separated, with the columns "index" (of the '
            'label map, 1 to 255) and "abbreviation".'
        ) from None
    return lookup


def _crops(source: DataSource, data: Path, grid: CropGrid, channels: Sequence[str]) -> dict[str, tuple[Tensor, Tensor]]:
    """Limbs of each image of the folder: (N, 1, size, size) images and channels, by file name."""
    folder = data / source.folder
    crops = {}
    for path in sorted((folder / "images").glob("*.nii*")):
        label_path = folder / "labels" / path.name
        if not label_path.exists():
            raise ConfigError(f"The image {path.name} has no label map {label_path}: add it, or remove the image.")
        image, labels = read_image(path), read_image(label_path)
        check_image(image, path.name)
        same = image.GetSize() == labels.GetSize() and image.IsSameImageGeometryAs(labels, 1e-3, 1e-3)
        if not same:
            raise ConfigError(f"The image {path.name} and its label map do not have the same geometry: resample one.")
        volume = AxialVolume.of(image)
        foreground = find_foreground(volume)
        limbs = [limb for limbs in find_limbs(volume, foreground).by_side.values() for limb in limbs]
        if not limbs:
            raise ConfigError(f"No limb was found in the image {path.name}: take it away, or correct its background.")
        lookup = _channel_of_value(label_path.with_name(path.name.split(".nii")[0] + ".tsv"), channels)
        numbers = AxialVolume.of(sitk.Cast(labels, sitk.sitkUInt8))
        # One label map a channel would be exact to the sub-pixel and fill the memory; the middle of a pixel is enough.
        channel = sitk.GetImageFromArray(lookup[torch.from_numpy(sitk.GetArrayFromImage(numbers.image)).long()].numpy())
        channel.CopyInformation(image)
        masks = [
            extract_crops(AxialVolume.of(sitk.Cast(channel == k, sitk.sitkUInt8)), limbs, grid)
            for k in range(1, len(channels))
        ]
        inside, best = torch.cat(masks, 1).max(1, keepdim=True)
        crops[path.name] = extract_crops(volume, limbs, grid, foreground.floor), (best + 1) * (inside >= 0.5)
    if not crops:
        raise ConfigError(f"There are no images (.nii, .nii.gz) in {folder / 'images'}: check --data.")
    return crops


class ImageBatches:
    """Crops of the user's images, turned, bent, scaled and spoilt as simulated ones are.

    Args:
        config: what to draw.
        data: the folder that the sources' folders are in.
        device: where the batches are made.
    """

    def __init__(self, config: TrainingConfig, data: Path, device: torch.device) -> None:
        self.config = config
        size = round(config.size * MARGIN / 2) * 2
        grid = CropGrid(size, config.spacing_mm)
        train: list[tuple[Tensor, Tensor]] = []
        held_out: list[tuple[Tensor, Tensor]] = []
        for source in config.sources:
            for name, pair in _crops(source, data, grid, config.channels).items():
                (held_out if source.held_out and name.startswith(source.held_out) else train).append(pair)
        if not train or not held_out:
            raise ConfigError(
                f'The configuration of {config.name} must leave images to train on and hold some out: see "held_out".'
            )
        self.generator = torch.Generator(device).manual_seed(config.seed)
        self._images, self._targets = (torch.cat(part).to(device) for part in zip(*train, strict=True))
        self._held_out = tuple(torch.cat(part).to(device) for part in zip(*held_out, strict=True))
        count = min(len(self._held_out[0]), config.held_out_images)
        self.held_out_are = f"{count} real slices of {len(held_out)} images left out of training"

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        size, batch, device = self.config.size, self.config.batch, self.generator.device
        axis = (torch.arange(size, device=device) + 0.5 - size / 2) * 2 / self._images.shape[-1]
        rows, columns = torch.meshgrid(axis, axis, indexing="ij")
        while True:
            draws = Draws(self.generator, torch.arange(batch))
            index = torch.randint(len(self._images), (batch,), generator=self.generator, device=device)
            angle, scale = draws.normal(0.15), draws.uniform(0.85, 1.2)
            cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
            turn = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)
            source = torch.einsum("nij,hwj->nhwi", turn, torch.stack([columns, rows], -1))
            source = source + draws.normal(0.04, 2)[:, None, None] + 0.03 * draws.field(6, size, 2).permute(0, 2, 3, 1)
            images = F.grid_sample(self._images[index], source, mode="bilinear", align_corners=False)
            targets = F.grid_sample(self._targets[index].float(), source, mode="nearest", align_corners=False)
            body = images[:, 0] > images.mean((1, 2, 3))[:, None, None]
            spoilt = acquisition.scan(torch.complex(images[:, 0], torch.zeros_like(images[:, 0])), body, draws)
            yield acquisition.crop_field_of_view(spoilt, draws)[:, None], targets[:, 0].long()

    def held_out(self) -> Iterator[tuple[Tensor, Tensor]]:
        """The middle of the held-out crops, as they are, at most ``held_out_images`` of them."""
        images, targets = self._held_out
        margin = (images.shape[-1] - self.config.size) // 2
        inner = slice(margin, margin + self.config.size)
        index = torch.linspace(0, len(images) - 1, min(len(images), self.config.held_out_images)).round().long()
        for part in index.split(self.config.batch):
            yield images[part][..., inner, inner], targets[part, 0][..., inner, inner]
