"""Subjects that a training left out, simulated as patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.anatomy import LEFT_OFFSET, LabelSet, members_of, muscles, sided_labels
from MuscleSegLib.anatomy.merging import channels_of_labels
from MuscleSegLib.errors import ConfigError
from MuscleSegLib.segmentation.regions import REGIONS, Region
from MuscleSegLib.simulation.body import Body, simulate_body
from MuscleSegLib.simulation.limb_slices import EVERY_MM
from MuscleSegLib.simulation.volume import PATIENT, SimulatedVolume, simulate_volume
from MuscleSegLib.training.batches import read_held_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from MuscleSegLib.networks import ModelCard
    from MuscleSegLib.simulation.layout import LayoutRanges
    from MuscleSegLib.simulation.limb_slices import LimbSlices
    from MuscleSegLib.training.config import TrainingConfig

SPACING_MM = 1.25
#: Pixels of one limb's half of the image.
WIDTH = 176
#: A subject's own slices are thinned out until they are at least this far apart, unless asked for others.
LEAST_SLICE_MM = 4.0


@dataclass(frozen=True)
class Subject:
    """Somebody of whom both limbs are there.

    Attributes:
        name: What the names of both limbs begin with.
        slices: Where the limbs are found.
        right, left: Their names among ``slices.subjects``.
    """

    name: str
    slices: LimbSlices
    right: str
    left: str

    def heights_mm(self, step_mm: float) -> NDArray[np.floating]:
        """(N,) heights, ``step_mm`` apart, between which both limbs have slices."""
        owns = self._positions_mm
        if not all(map(len, owns)):
            return np.empty(0)
        return np.arange(max(own.min() for own in owns), min(own.max() for own in owns) + 0.1, step_mm)

    def own_heights_mm(self, least_mm: float = LEAST_SLICE_MM) -> NDArray[np.floating]:
        """(N,) heights at which both limbs have slices of their own, at least ``least_mm`` apart."""
        both = np.intersect1d(*self._positions_mm)
        distance = float(np.diff(both).min())
        step = distance * np.ceil(least_mm / distance)
        return np.arange(both[0], both[-1] + 0.1, step)

    def volume(
        self, heights_mm: NDArray[np.floating], *, sequence: str, seed: int, ranges: LayoutRanges = PATIENT
    ) -> SimulatedVolume:
        """Simulate a scan of both limbs, see :func:`MuscleSegLib.simulation.volume.simulate_volume`."""
        return simulate_volume(*self._limbs(heights_mm), **self._grid, sequence=sequence, seed=seed, ranges=ranges)

    def body(self, heights_mm: NDArray[np.floating], *, seed: int) -> Body:
        """Simulate both limbs without a scanner, see :func:`MuscleSegLib.simulation.body.simulate_body`."""
        return simulate_body(*self._limbs(heights_mm), **self._grid, seed=seed)

    @property
    def _positions_mm(self) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        return self._positions_of(self.right), self._positions_of(self.left)

    def _positions_of(self, limb: str) -> NDArray[np.floating]:
        return self.slices.position_mm[self.slices.subject == self.slices.subjects.index(limb)]

    def _limbs(self, heights_mm: NDArray[np.floating]) -> tuple[LimbSlices, str, str, NDArray[np.floating]]:
        return self.slices, self.right, self.left, heights_mm

    @property
    def _grid(self) -> dict[str, Any]:
        return {"spacing_mm": SPACING_MM, "width": WIDTH, "left_offset": LEFT_OFFSET}


def subjects_of(slices: LimbSlices) -> Iterator[Subject]:
    """Those of whom both limbs are there."""
    for right in slices.subjects:
        for ending in (" right", "_Right"):
            left = right.removesuffix(ending) + ending.replace("right", "left").replace("Right", "Left")
            if right.endswith(ending) and left in slices.subjects:
                yield Subject(right.removesuffix(ending), slices, right, left)


def subjects_left_out(config: TrainingConfig, data: Path, every_mm: float = EVERY_MM) -> list[Subject]:
    """Those that a configuration holds out, from slices about ``every_mm`` apart.

    Args:
        config: Of a network.
        data: Where the folders are that it names.

    Raises:
        ConfigError: It holds nobody out with both limbs.
    """
    subjects = subjects_of(read_held_out(config, data, every_mm))
    found = [subject for subject in subjects if subject.heights_mm(every_mm).size]
    if not found:
        raise ConfigError(
            f"{config.name} holds no body out with both its limbs: one limb is not new without the other."
        )
    return found


def were_left_out(card: ModelCard, config: TrainingConfig) -> bool:
    """Whether a model's card says that all whom a configuration holds out were held out of its training too."""
    held_out = tuple(name for source in card.training.get("data", ()) for name in source.get("held_out", ()))
    return all(name.startswith(held_out) for source in config.sources for name in source.held_out)


def region_of(config: TrainingConfig) -> Region:
    """The region whose muscles a configuration trains a network to find.

    Raises:
        ConfigError: It is not of one region.
    """
    for region in REGIONS:
        if config.task == "segmentation" and config.region == region:
            return region
    raise ConfigError(f"{config.name} does not segment the muscles of one region: measure a model that does.")


def in_label_set(label_map: sitk.Image, config: TrainingConfig, wanted: LabelSet) -> sitk.Image:
    """A simulated label map in the values of a label set, other labels left out.

    Raises:
        LabelSetError: The configuration's channels cannot be merged into it.
    """
    lookup = np.zeros(256, np.uint8)
    merged = channels_of_labels(
        {label.index: label.members for label in wanted.labels},
        {channel: members_of(channel) for channel in config.channels[1:]},
        model=config.name,
        label_set=wanted.name,
    )
    for sided in sided_labels(wanted):
        offset = LEFT_OFFSET if sided.side == "left" else 0
        for channel in merged[sided.label.index]:
            lookup[[muscles()[name].index + offset for name in members_of(channel)]] = sided.value
    truth = sitk.GetImageFromArray(lookup[sitk.GetArrayViewFromImage(label_map)])
    truth.CopyInformation(label_map)
    return truth
