"""Labels carried to a later scan, measured on simulated patients whose muscles waste and turn to fat in between."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import SimpleITK as sitk

from MuscleSegLib.anatomy import LEFT_OFFSET
from MuscleSegLib.biomarkers.columns import statistic_column
from MuscleSegLib.biomarkers.mapped_labels import MappedLabels
from MuscleSegLib.evaluation.biomarkers import labelled, large_muscles
from MuscleSegLib.evaluation.propagation import own_heights_mm
from MuscleSegLib.evaluation.simulated import SPACING_MM, WIDTH, bodies, in_label_set, region_of
from MuscleSegLib.maps.parameter_map import UNITS, ParameterMap, map_of
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.propagation.follow_up import NetworkResults, carry_to_follow_up
from MuscleSegLib.segmentation.pipeline import segment_with
from MuscleSegLib.simulation.volume import PATIENT, simulate_volume
from MuscleSegLib.training.batches import label_numbers, read_held_out, with_enough_channels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from MuscleSegLib.anatomy import LabelSet
    from MuscleSegLib.segmentation.models import Models
    from MuscleSegLib.training.config import TrainingConfig

#: Between the visits the border of every muscle moves inwards by this much (mm) and its fat fraction rises (points).
ATROPHY_MM, FAT_RISE_PERCENT = 1.0, 10.0
#: How the patient lies at the second visit: shift (mm; along the limb a fraction of a slice) and turn (radians).
_SHIFT_MM, _TURN = (6.0, -4.0, 3.0), 0.04
#: The second visit is scanned in another contrast, so that not even the noise is the same.
_SEQUENCES = ("t1", "dixon_water")


def score_follow_up(
    models: Models, config: TrainingConfig, data: Path, *, erosion_mm: float = 0.0, progress: Progress = silent
) -> pd.DataFrame:
    """Carry the true labels of a first visit to a second, and measure what changed.

    Args:
        models: what finds the muscles.
        config: holds out the bodies.
        data: the folder that its sources' folders are in.
        erosion_mm: of all labels, the true ones included, where the fat fraction is measured.
        progress: told how far the work is.

    Returns:
        One row a body, way (``carried`` along the registration, ``network`` on either visit by itself, ``corrected``:
        the network's second result with the corrections of the first), muscle and side: the true change of volume (%)
        and of fat fraction (points), and the measured ones.

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
        percent = [sitk.GetArrayFromImage(visits[0].fat_fraction)]
        percent.append(sitk.GetArrayFromImage(_moved(visits[1].fat_fraction, sitk.sitkLinear)) + FAT_RISE_PERCENT)
        fat = [
            map_of(np.minimum(values, 100.0), grid, "FF", method="simulated truth")
            for values, grid in zip(percent, images, strict=True)
        ]
        networks = NetworkResults(found[0].label_map, found[1].label_map)
        ways = {
            "carried": (truth[0], carry_to_follow_up(images[0], truth[0], images[1]).label_map),
            "network": (found[0].label_map, found[1].label_map),
            "corrected": (truth[0], carry_to_follow_up(images[0], truth[0], images[1], networks=networks).label_map),
        }
        true = _changes(truth, fat, found[0].label_set, erosion_mm)
        for way, label_maps in ways.items():
            measured = _changes(label_maps, fat, found[0].label_set, erosion_mm)
            both = true.add_suffix("_true").join(measured.add_suffix("_measured"), how="inner")
            rows.append(both.reset_index().rename(columns={"abbreviation": "muscle"}).assign(body=body, way=way))
    progress(1.0, "Done")
    return pd.concat(rows, ignore_index=True)


def _moved(image: sitk.Image, interpolator: int) -> sitk.Image:
    """As the patient lies at the second visit."""
    middle = image.TransformContinuousIndexToPhysicalPoint([(size - 1) / 2 for size in image.GetSize()])
    return sitk.Resample(image, image, sitk.Euler3DTransform(middle, 0.0, 0.0, _TURN, _SHIFT_MM), interpolator)


def _changes(
    label_maps: Sequence[sitk.Image], fat: Sequence[ParameterMap], label_set: LabelSet, erosion_mm: float
) -> pd.DataFrame:
    """By abbreviation and side: volume (change in %) and ff (change in points), of muscles large enough in both."""
    column = statistic_column("FF", "mean", UNITS["FF"])
    visits = []
    for label_map, percent in zip(label_maps, fat, strict=True):
        labels = labelled(label_map, label_set)
        visits.append(large_muscles(labels, [MappedLabels(percent, labels.image)], erosion_mm))
    before, after = visits
    volume = 100 * (after["volume_cm3"] / before["volume_cm3"] - 1)
    return pd.DataFrame({"volume": volume, "ff": after[column] - before[column]}).dropna()
