"""Batches from a user's own images and labels, in place of simulated ones.

A source of kind "images" is a folder with ``images/NAME.nii.gz`` and, as ``muscleseg segment`` writes them (or as they
come out of correction in Slicer), ``labels/NAME.nii.gz`` with its table ``labels/NAME.tsv``.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
import torch
from torch import Tensor
from torch.nn import functional as F

from MuscleSegLib.anatomy import find_muscle, members_of
from MuscleSegLib.anatomy.naming import SIDES
from MuscleSegLib.errors import ConfigError
from MuscleSegLib.segmentation.checks import check_image
from MuscleSegLib.segmentation.crops import CropGrid, extract_crops
from MuscleSegLib.segmentation.foreground import find_foreground
from MuscleSegLib.segmentation.image_reading import read_image, read_stored
from MuscleSegLib.segmentation.limbs import LimbSlice, Side, find_limbs
from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.straightening import StraightenedVolume, upright_volume
from MuscleSegLib.simulation import acquisition
from MuscleSegLib.simulation.draws import Draws
from MuscleSegLib.training.batches import check_shown, said_of_held_out
from MuscleSegLib.training.config import DataSource, TrainingConfig

#: Crops are kept larger than the network's, so that what is turned or moved into sight is real.
MARGIN = 1.25
#: Of a label map.
_LARGEST_NUMBER = 65535
#: How BIDS writes that a value is missing.
_NOT_KNOWN = "n/a"
#: Of numbers that no table names, so many are told.
_NUMBERS_SAID = 5


@dataclass(frozen=True)
class _Table:
    """What the numbers of a label map mean.

    Attributes:
        channel_of: The channel of each number that the table names, and of 0; that of what the network does not tell
            apart is 0.
        sides: The numbers of each side that the table states.
    """

    channel_of: Mapping[int, int]
    sides: Mapping[Side, Sequence[int]]

    def channels(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """The channels of ``numbers``, all of which the table names."""
        lookup = np.zeros(1 + max(self.channel_of), np.uint8)
        lookup[[*self.channel_of]] = [*self.channel_of.values()]
        return lookup[numbers]


class _Row(NamedTuple):
    """What a table says of a label; texts are empty where it says nothing."""

    number: int
    abbreviation: str
    name: str
    side: str


def _rows(path: Path) -> list[_Row]:
    """The rows of a table but for the background's."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [
                _Row(int(row["index"]), *(_text(row.get(name)) for name in ("abbreviation", "name", "side")))
                for row in csv.DictReader(file, delimiter="\t")
                if "abbreviation" in row
            ]
    except (OSError, KeyError, TypeError, ValueError):
        rows = []
    labels = [row for row in rows if row.number != 0]
    numbers = {row.number for row in labels}
    if not labels or len(numbers) < len(labels) or min(numbers) < 0 or max(numbers) > _LARGEST_NUMBER:
        raise ConfigError(
            f'The table {path} is missing or not as it should be: tab-separated, with the columns "index" (of the '
            f'label map, 1 to {_LARGEST_NUMBER}, each once) and "abbreviation", and a row for each label.'
        )
    return labels


def _text(cell: str | None) -> str:
    text = (cell or "").strip()
    return "" if text.casefold() == _NOT_KNOWN else text


def _read_table(path: Path, channels: Sequence[str]) -> _Table:
    """The table beside a label map.

    Raises:
        ConfigError: It is missing, or would make the network learn something wrong.
    """
    channel_of = {0: 0}
    sides: dict[Side, list[int]] = {"right": [], "left": []}
    for row in _rows(path):
        entry, side = find_muscle(row.abbreviation or row.name)
        if entry is None and row.abbreviation:
            raise ConfigError(
                f'The table {path} has "{row.abbreviation}", which the table of muscles lacks: correct it, or leave it '
                "empty where the label is no muscle."
            )
        if row.side and row.side.casefold() not in SIDES:
            raise ConfigError(f'The table {path} says "{row.side}" for a side: write right, left, or nothing there.')
        channel_of[row.number] = 0 if entry is None else _channel(entry.abbreviation, channels, path)
        side = SIDES.get(row.side.casefold(), side)
        if side:
            sides[side].append(row.number)
    if not any(channel_of.values()):
        raise ConfigError(
            f"The table {path} names none of the channels {', '.join(channels[1:])}: correct its abbreviations, or "
            "take the image away."
        )
    return _Table(channel_of, sides)


def _channel(label: str, channels: Sequence[str], path: Path) -> int:
    """The channel that holds all muscles of a label; 0 where the network does not tell any of them."""
    muscles = {*members_of(label)}
    for channel, name in enumerate(channels[1:], 1):
        if muscles <= {*members_of(name)}:
            return channel
        if muscles & {*members_of(name)}:
            raise ConfigError(
                f"The table {path} has {label}, of which the channel {name} is only a part: outline the parts, or have "
                f'{label} in "channels".'
            )
    return 0


def _numbers(labels: sitk.Image, volume: AxialVolume, table: _Table, name: str) -> npt.NDArray[np.int64]:
    """The label map on the slices of ``volume``: (slices, rows, columns), all of the table."""
    if isinstance(volume, StraightenedVolume):
        labels = sitk.Resample(labels, volume.image, sitk.Transform(), sitk.sitkNearestNeighbor)
    voxels = volume.view(sitk.GetArrayViewFromImage(labels))
    numbers = np.rint(np.nan_to_num(voxels)).astype(np.int64)
    if numbers.min() < 0 or not np.array_equal(numbers, voxels):
        raise ConfigError(f"The label map of {name} holds numbers that are negative or not whole: is it an image?")
    strange = np.unique(numbers[~np.isin(numbers, [*table.channel_of])]).tolist()
    if strange:
        some = ", ".join(map(str, strange[:_NUMBERS_SAID])) + (" …" if len(strange) > _NUMBERS_SAID else "")
        raise ConfigError(
            f"The label map of {name} holds numbers that its table lacks ({some}): add them to the table, or restore "
            "the label map, if this is an image."
        )
    return numbers


def _side_in_table(limbs: Sequence[LimbSlice], numbers: npt.NDArray[np.int64], table: _Table) -> Side:
    """The side of most of the labels on a limb; where the table states none, that which its position tells."""
    own = np.concatenate([_own(limb, numbers).ravel() for limb in limbs])
    counts = {side: int(np.isin(own, of_side).sum()) for side, of_side in table.sides.items()}
    if counts["right"] == counts["left"]:
        return limbs[0].side
    return "right" if counts["right"] > counts["left"] else "left"


def _own(limb: LimbSlice, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    top, bottom, first, end = limb.box
    return numbers[limb.slice, top:bottom, first:end]


def _labels_on(limb: LimbSlice, numbers: npt.NDArray[np.int64]) -> int:
    """How many labels there are on a slice of a limb."""
    return int(np.count_nonzero(np.unique(_own(limb, numbers))))


def _paths(source: DataSource, data: Path) -> list[Path]:
    folder = data / source.folder / "images"
    paths = sorted(folder.glob("*.nii*"))
    if not paths:
        raise ConfigError(f"There are no images (.nii, .nii.gz) in {folder}: check --data.")
    return paths


def _crops(
    source: DataSource, paths: Sequence[Path], grid: CropGrid, channels: Sequence[str]
) -> dict[str, tuple[Tensor, Tensor]]:
    """Limbs of each image of the source that show labels enough: (N, 1, size, size) images and channels, by name."""
    crops = {}
    for path in paths:
        label_path = path.parent.with_name("labels") / path.name
        if not label_path.exists():
            raise ConfigError(f"The image {path.name} has no label map {label_path}: add it, or remove the image.")
        image, labels = read_image(path), read_stored(label_path)
        check_image(image, path.name)
        same = image.GetSize() == labels.GetSize() and image.IsSameImageGeometryAs(labels, 1e-3, 1e-3)
        if not same:
            raise ConfigError(f"The image {path.name} and its label map do not have the same geometry: resample one.")
        table = _read_table(label_path.with_name(path.name.split(".nii")[0] + ".tsv"), channels)
        volume = upright_volume(image)
        foreground = find_foreground(volume)
        found = find_limbs(volume, foreground).by_side.values()
        if not found:
            raise ConfigError(f"No limb was found in the image {path.name}: take it away, or correct its background.")
        numbers = _numbers(labels, volume, table, path.name)
        limbs = [
            replace(one, side=side)
            for limb, side in ((limb, _side_in_table(limb, numbers, table)) for limb in found)
            for one in limb
            if _labels_on(one, numbers) >= source.least_labels
        ]
        if limbs:
            images = extract_crops(volume, limbs, grid, foreground.floor)
            crops[path.name] = images, _targets(table.channels(numbers), volume, limbs, grid, len(channels))
    if not crops:
        raise ConfigError(
            f'No slice of the images in {source.folder} shows as many labels as "least_labels" asks for: '
            f"{source.least_labels}."
        )
    return crops


def _targets(
    channel: npt.NDArray[np.uint8], volume: AxialVolume, limbs: Sequence[LimbSlice], grid: CropGrid, count: int
) -> Tensor:
    """(N, 1, size, size) channels on the crops of ``limbs``.

    One label map a channel would be exact to the sub-pixel and fill the memory; the middle of a pixel is enough.

    Args:
        channel: The channel of each voxel of the volume, (slices, rows, columns).
        count: How many channels there are.
    """
    masks = []
    for k in range(1, count):
        stored = volume.new_labels()
        volume.view(stored)[...] = channel == k
        mask = sitk.GetImageFromArray(stored)
        mask.CopyInformation(volume.image)
        masks.append(extract_crops(AxialVolume.of(mask), limbs, grid))
    inside, best = torch.cat(masks, 1).max(1, keepdim=True)
    return (best + 1) * (inside >= 0.5)


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
        weights: list[Tensor] = []
        for source in config.sources:
            kept: list[tuple[Tensor, Tensor]] = []
            paths = _paths(source, data)
            left = source.names_held_out([path.name for path in paths])
            for name, pair in _crops(source, paths, grid, config.channels).items():
                (held_out if name in left else kept).append(pair)
            count = sum(images.shape[0] for images, _ in kept)
            weights.append(torch.full((count,), source.weight / max(count, 1)))
            train += kept
        if not train or not held_out:
            raise ConfigError(
                f'The configuration of {config.name} must leave images to train on and hold some out: see "held_out".'
            )
        check_shown(config, (targets for _, targets in train))
        self.generator = torch.Generator(device).manual_seed(config.seed)
        self._weights = torch.cat(weights).to(device)
        self._images, self._targets = (torch.cat(part).to(device) for part in zip(*train, strict=True))
        self._held_out = tuple(torch.cat(part).to(device) for part in zip(*held_out, strict=True))
        count = min(len(self._held_out[0]), config.held_out_images)
        missing = said_of_held_out(config, (targets for _, targets in held_out))
        self.held_out_are = f"{count} real slices of {len(held_out)} images left out of training{missing}"

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        size, batch, device = self.config.size, self.config.batch, self.generator.device
        axis = (torch.arange(size, device=device) + 0.5 - size / 2) * 2 / self._images.shape[-1]
        rows, columns = torch.meshgrid(axis, axis, indexing="ij")
        while True:
            draws = Draws(self.generator, torch.arange(batch))
            index = torch.multinomial(self._weights, batch, replacement=True, generator=self.generator)
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
