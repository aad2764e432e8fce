"""Labels carried to a later scan, measured on simulated patients whose muscles waste and turn to fat in between."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import SimpleITK as sitk

from MuscleSegLib.biomarkers.columns import statistic_column
from MuscleSegLib.biomarkers.mapped_labels import MappedLabels
from MuscleSegLib.evaluation.biomarkers import labelled, large_muscles
from MuscleSegLib.evaluation.subjects import in_label_set, region_of, subjects_left_out
from MuscleSegLib.maps.parameter_map import UNITS, ParameterMap, map_of
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.propagation.follow_up import NetworkResults, carry_to_follow_up
from MuscleSegLib.segmentation.pipeline import segment_with
from MuscleSegLib.simulation.volume import PATIENT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from MuscleSegLib.anatomy import LabelSet
    from MuscleSegLib.segmentation.models import Models
    from MuscleSegLib.training.config import TrainingConfig

#: Between the visits the border of every muscle moves inwards by this much (mm), of a slender one as far as it may, and
#: its fat fraction rises (points).
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
        the network's second result with the corrections of the first), muscle and side: ``volume_cm3`` and
        ``ff_percent``, each ``_before`` and ``_after``, ``_true`` and ``_measured``.

    Raises:
        ConfigError: The configuration is not of one region, or holds nobody out with both limbs.
        InputError: Two visits could not be laid over one another.
    """
    region = region_of(config)
    subjects = subjects_left_out(config, data)
    low, high = PATIENT.border_mm
    wasted = replace(PATIENT, border_mm=(low - ATROPHY_MM, high - ATROPHY_MM), narrowest=2 * PATIENT.narrowest)
    rows = []
    for seed, subject in enumerate(subjects):
        progress(seed / len(subjects), subject.name)
        visits = [
            subject.volume(subject.own_heights_mm(), sequence=sequence, seed=seed, ranges=ranges)
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
        carried = carry_to_follow_up(images[0], truth[0], images[1])
        corrected = carry_to_follow_up(
            images[0], truth[0], images[1], networks=networks, registration=carried.registration
        )
        ways = {
            "carried": (truth[0], carried.label_map),
            "network": (found[0].label_map, found[1].label_map),
            "corrected": (truth[0], corrected.label_map),
        }
        true = _both_visits(truth, fat, found[0].label_set, erosion_mm)
        for way, label_maps in ways.items():
            measured = _both_visits(label_maps, fat, found[0].label_set, erosion_mm)
            both = true.add_suffix("_true").join(measured.add_suffix("_measured"), how="inner")
            named = both.reset_index().rename(columns={"abbreviation": "muscle"})
            rows.append(named.assign(body=subject.name, way=way))
    progress(1.0, "Done")
    return pd.concat(rows, ignore_index=True)


def _moved(image: sitk.Image, interpolator: int) -> sitk.Image:
    """As the patient lies at the second visit."""
    middle = image.TransformContinuousIndexToPhysicalPoint([(size - 1) / 2 for size in image.GetSize()])
    return sitk.Resample(image, image, sitk.Euler3DTransform(middle, 0.0, 0.0, _TURN, _SHIFT_MM), interpolator)


def _both_visits(
    label_maps: Sequence[sitk.Image], fat: Sequence[ParameterMap], label_set: LabelSet, erosion_mm: float
) -> pd.DataFrame:
    """By abbreviation and side, of muscles large enough in both visits."""
    column = statistic_column("FF", "mean", UNITS["FF"])
    visits = []
    for when, label_map, percent in zip(("_before", "_after"), label_maps, fat, strict=True):
        labels = labelled(label_map, label_set)
        muscles = large_muscles(labels, [MappedLabels(percent, labels.image)], erosion_mm)
        visits.append(muscles[["volume_cm3", column]].set_axis(["volume_cm3", "ff_percent"], axis=1).add_suffix(when))
    return visits[0].join(visits[1], how="inner").dropna()


def changes(scores: pd.DataFrame, of: str) -> pd.DataFrame:
    """Change of the volume (%) and of the fat fraction (points), ``true`` or ``measured``."""
    volume = 100 * (scores[f"volume_cm3_after_{of}"] / scores[f"volume_cm3_before_{of}"] - 1)
    return pd.DataFrame(
        {"volume_%": volume, "ff_points": scores[f"ff_percent_after_{of}"] - scores[f"ff_percent_before_{of}"]}
    )


def errors(scores: pd.DataFrame) -> pd.DataFrame:
    """Error of the change over muscles, for each way to measure it: mean, standard deviation, root mean square, count.

    The last two rows are what a single visit has for an error when the network measures it, and what two such visits
    have together if their errors have nothing to do with each other (the root of the sum of the squares): a change
    that is known better than that has gained from being measured as one.
    """
    error = (changes(scores, "measured") - changes(scores, "true")).assign(of="change, " + scores["way"])
    network = scores[scores["way"] == "network"]
    before, after = (
        pd.DataFrame(
            {
                "volume_%": 100 * (network[f"volume_cm3_{when}_measured"] / network[f"volume_cm3_{when}_true"] - 1),
                "ff_points": network[f"ff_percent_{when}_measured"] - network[f"ff_percent_{when}_true"],
            }
        )
        for when in ("before", "after")
    )
    visits = [visit.assign(of="one visit, network") for visit in (before, after)]
    together = np.hypot(before, after).assign(of="two visits, network")
    return pd.concat([error, *visits, together]).groupby("of").agg(["mean", "std", rms, "count"])


def rms(values: pd.Series) -> float:
    """The root mean square, which a table of :func:`errors` calls by this name."""
    return float(np.sqrt((values**2).mean()))
