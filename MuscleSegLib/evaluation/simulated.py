"""A model measured on simulated volumes of bodies that its training left out."""

from collections.abc import Iterator
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk
from numpy.typing import NDArray

from MuscleSegLib.anatomy import LEFT_OFFSET, LabelSet, members_of, sided_labels
from MuscleSegLib.anatomy.merging import channels_of_labels
from MuscleSegLib.errors import ConfigError
from MuscleSegLib.evaluation.overlap import dice_by_value
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.segmentation.models import Models
from MuscleSegLib.segmentation.pipeline import segment_with
from MuscleSegLib.segmentation.regions import REGIONS, Region
from MuscleSegLib.simulation.limb_slices import LimbSlices
from MuscleSegLib.simulation.volume import simulate_volume
from MuscleSegLib.training.batches import label_numbers, read_held_out
from MuscleSegLib.training.config import TrainingConfig

#: The contrasts that clinics use most.
SEQUENCES = ("t1", "dixon_water", "opposed_phase", "t2", "stir")
#: At least so many volumes are simulated: fat, fascia and coils are drawn, and of few bodies one draw says little.
VOLUMES = 25
SLICE_DISTANCE_MM = 8.0
SPACING_MM = 1.25
#: Pixels of one limb's half of the image.
WIDTH = 176
#: A muscle is in the volume when it has at least this volume; less is a tip that no slice shows well.
LEAST_VOLUME_CM3 = 0.5


def bodies(slices: LimbSlices) -> Iterator[tuple[str, str, str]]:
    """Name, right limb and left limb of each subject of which both limbs are there."""
    for right in slices.subjects:
        for ending in (" right", "_Right"):
            left = right.removesuffix(ending) + ending.replace("right", "left").replace("Right", "Left")
            if right.endswith(ending) and left in slices.subjects:
                yield right.removesuffix(ending), right, left


def region_of(config: TrainingConfig) -> Region:
    """The region whose muscles a configuration trains a network to find.

    Raises:
        ConfigError: it is not of one region.
    """
    for region in REGIONS:
        if config.task == "segmentation" and config.region == region:
            return region
    raise ConfigError(f"{config.name} does not segment the muscles of one region: measure a model that does.")


def heights_of_both(slices: LimbSlices, limbs: tuple[str, str], step_mm: float) -> NDArray[np.floating]:
    """(N,) heights (mm), ``step_mm`` apart, between which both limbs have slices."""
    owns = [slices.position_mm[slices.subject == slices.subjects.index(limb)] for limb in limbs]
    if not all(map(len, owns)):
        return np.empty(0)
    return np.arange(max(own.min() for own in owns), min(own.max() for own in owns) + 0.1, step_mm)


def in_label_set(label_map: sitk.Image, config: TrainingConfig, wanted: LabelSet) -> sitk.Image:
    """A simulated label map in the values of a label set, other labels left out.

    Raises:
        LabelSetError: the configuration's channels cannot be merged into it.
    """
    lookup = np.zeros(256, np.uint8)
    numbers = label_numbers(config.channels)
    merged = channels_of_labels(
        {label.index: label.members for label in wanted.labels},
        {channel: members_of(channel) for channel in numbers},
        model=config.name,
        label_set=wanted.name,
    )
    for sided in sided_labels(wanted):
        for channel in merged[sided.label.index]:
            lookup[numbers[channel] + (LEFT_OFFSET if sided.side == "left" else 0)] = sided.value
    truth = sitk.GetImageFromArray(lookup[sitk.GetArrayViewFromImage(label_map)])
    truth.CopyInformation(label_map)
    return truth


def score_simulated(
    models: Models, config: TrainingConfig, data: Path, *, labels: str = "muscleseg", progress: Progress = silent
) -> pd.DataFrame:
    """Simulate the bodies that ``config`` holds out in every contrast of :data:`SEQUENCES`, segment, compare.

    Few bodies are drawn several times each: :data:`VOLUMES`.

    Args:
        labels: the label set to compare in.

    Returns:
        One row a volume, side and muscle: seed, body and sequence of the volume, dsc, true and found volume in cm³.
        Muscles of which the volume holds less than :data:`LEAST_VOLUME_CM3` are not listed. Where the label map does
        not say what lies, nothing counts.

    Raises:
        ConfigError: the configuration is not of one region, or holds no body out with both its limbs.
        LabelSetError: the label set does not exist, or the model cannot tell its muscles apart.
    """
    region = region_of(config)
    held_out = read_held_out(config, data)
    whole = [
        (name, right, left, heights_of_both(held_out, (right, left), SLICE_DISTANCE_MM))
        for name, right, left in bodies(held_out)
    ]
    once = [(body, sequence) for body in whole if body[3].size for sequence in SEQUENCES]
    if not once:
        raise ConfigError(
            f"{config.name} holds no body out with both its limbs: one limb is not new without the other."
        )
    work = once * ceil(VOLUMES / len(once))
    rows = []
    for seed, ((body, right, left, heights), sequence) in enumerate(work):
        progress(seed / len(work), f"{body}, {sequence}")
        volume = simulate_volume(
            held_out,
            right,
            left,
            heights,
            spacing_mm=SPACING_MM,
            width=WIDTH,
            left_offset=LEFT_OFFSET,
            sequence=sequence,
            seed=seed,
        )
        result = segment_with(models, volume.image, region=region, labels=labels)
        truth = in_label_set(volume.label_map, config, result.label_set)
        known = sitk.Cast(volume.unknown == 0, sitk.sitkUInt8)
        found = result.label_map * known
        voxel_cm3 = np.prod(truth.GetSpacing()) / 1000
        sided = sided_labels(result.label_set)
        scores = dice_by_value(truth, found, [label.value for label in sided])
        volumes = [np.bincount(sitk.GetArrayViewFromImage(image).ravel(), minlength=256) for image in (truth, found)]
        for label in sided:
            true_cm3, found_cm3 = (float(counts[label.value] * voxel_cm3) for counts in volumes)
            if true_cm3 >= LEAST_VOLUME_CM3:
                rows.append(
                    {
                        "seed": seed,
                        "body": body,
                        "sequence": sequence,
                        "side": label.side,
                        "muscle": label.label.abbreviation,
                        "dsc": scores[label.value],
                        "true_cm3": true_cm3,
                        "found_cm3": found_cm3,
                    }
                )
    progress(1.0, "Done")
    return pd.DataFrame(rows)


def absence_rate(scores: pd.DataFrame) -> float:
    """Share of the muscles in the volumes of which nothing was found, % (Hostin 2023)."""
    return 100 * float((scores["found_cm3"] == 0).mean())
