"""Labels carried to a later scan, measured on simulated patients whose muscles waste and turn to fat in between."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import SimpleITK as sitk

from MuscleSegLib.anatomy import LEFT_OFFSET
from MuscleSegLib.evaluation.propagation import own_heights_mm
from MuscleSegLib.evaluation.simulated import LEAST_VOLUME_CM3, SPACING_MM, WIDTH, bodies, in_label_set, region_of
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.propagation.follow_up import NetworkResults, carry_to_follow_up
from MuscleSegLib.segmentation.pipeline import segment_with
from MuscleSegLib.simulation.volume import PATIENT, simulate_volume
from MuscleSegLib.training.batches import label_numbers, read_held_out, with_enough_channels

if TYPE_CHECKING:
    from pathlib import Path

    from MuscleSegLib.segmentation.models import Models
    from MuscleSegLib.training.config import TrainingConfig

#: Between the visits the border of every muscle moves inwards by this much (mm) and its fat fraction rises (points).
ATROPHY_MM, FAT_RISE_PERCENT = 1.0, 10.0
#: How the patient lies at the second visit: shift (mm; along the limb a fraction of a slice) and turn (radians).
_SHIFT_MM, _TURN = (6.0, -4.0, 3.0), 0.04
#: The second visit is scanned in another contrast, so that not even the noise is the same.
_SEQUENCES = ("t1", "dixon_water")


def score_follow_up(models: Models, config: TrainingConfig, data: Path, *, progress: Progress = silent) -> pd.DataFrame:
    """Carry the true labels of a first visit to a second, and measure what changed.

    Returns:
        One row a body, way (``carried`` along the registration, ``network`` on either visit by itself, ``corrected``:
        the network's second result with the corrections of the first) and muscle: the true change of volume (%) and of
        fat fraction (points), and the measured ones.

    Raises:
        ConfigError: The configuration is not of one region, or holds nothing out.
        InputError: Two visits could not be laid over one another.
    """
    region = region_of(config)
    numbers = list(label_numbers(config.channels).values())
    held_out = read_held_out(config, data, lambda slices: with_enough_channels(slices, numbers))
    work = list(bodies(held_out))
    low, high = PATIENT.border_mm
    wasted = replace(PATIENT, border_mm=(low - ATROPHY_MM, high - ATROPHY_MM))
    rows = []
    for seed, (body, right, left) in enumerate(work):
        progress(seed / len(work), body)
        visits = [
            simulate_volume(
                held_out,
                right,
                left,
                own_heights_mm(held_out, right, left),
                spacing_mm=SPACING_MM,
                width=WIDTH,
                left_offset=LEFT_OFFSET,
                sequence=sequence,
                seed=seed,
                ranges=ranges,
            )
            for sequence, ranges in zip(_SEQUENCES, (PATIENT, wasted), strict=True)
        ]
        images = [visits[0].image, _moved(visits[1].image, sitk.sitkLinear)]
        found = [segment_with(models, image, region=region) for image in images]
        truth = [in_label_set(visit.label_map, config, found[0].label_set) for visit in visits]
        truth[1] = _moved(truth[1], sitk.sitkNearestNeighbor)
        fat = [sitk.GetArrayFromImage(visits[0].fat_fraction)]
        fat.append(sitk.GetArrayFromImage(_moved(visits[1].fat_fraction, sitk.sitkLinear)) + FAT_RISE_PERCENT)
        networks = NetworkResults(found[0].label_map, found[1].label_map)
        ways = {
            "carried": (truth[0], carry_to_follow_up(images[0], truth[0], images[1]).label_map),
            "network": (found[0].label_map, found[1].label_map),
            "corrected": (truth[0], carry_to_follow_up(images[0], truth[0], images[1], networks=networks).label_map),
        }
        true = _changes(truth[0], truth[1], fat)
        for way, (before, after) in ways.items():
            measured = _changes(before, after, fat)
            both = true.join(measured, lsuffix="_true", rsuffix="_measured", how="inner")
            rows.append(both.reset_index().assign(body=body, way=way))
    progress(1.0, "Done")
    return pd.concat(rows, ignore_index=True)


def _moved(image: sitk.Image, interpolator: int) -> sitk.Image:
    """As the patient lies at the second visit."""
    middle = image.TransformContinuousIndexToPhysicalPoint([(size - 1) / 2 for size in image.GetSize()])
    return sitk.Resample(image, image, sitk.Euler3DTransform(middle, 0.0, 0.0, _TURN, _SHIFT_MM), interpolator)


def _changes(before: sitk.Image, after: sitk.Image, fat: list[np.ndarray]) -> pd.DataFrame:
    """Indexed by the label's value: volume (change in %) and ff (change in points), of labels large enough in both."""
    visits = []
    for labels, percent in zip((before, after), fat, strict=True):
        values = sitk.GetArrayViewFromImage(labels).ravel()
        voxels = np.bincount(values, minlength=256)
        mean = np.bincount(values, weights=percent.ravel(), minlength=256) / np.maximum(voxels, 1)
        visits.append((voxels * float(np.prod(labels.GetSpacing())) / 1000, mean))
    (volume, ff), (volume_now, ff_now) = visits
    counted = np.flatnonzero((volume >= LEAST_VOLUME_CM3) & (volume_now > 0))
    counted = counted[counted > 0]
    return pd.DataFrame(
        {"volume": 100 * (volume_now[counted] / volume[counted] - 1), "ff": (ff_now - ff)[counted]}, index=counted
    )
