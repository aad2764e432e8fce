"""A model measured on simulated volumes of bodies that its training left out."""

from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk

from MuscleSegLib.anatomy import sided_labels
from MuscleSegLib.evaluation.overlap import dice_by_value
from MuscleSegLib.evaluation.subjects import in_label_set, region_of, subjects_left_out
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.segmentation.models import Models
from MuscleSegLib.segmentation.pipeline import segment_with
from MuscleSegLib.training.config import TrainingConfig

#: The contrasts that clinics use most.
SEQUENCES = ("t1", "dixon_water", "opposed_phase", "t2", "stir")
#: At least so many volumes are simulated: fat, fascia and coils are drawn, and of few bodies one draw says little.
VOLUMES = 25
SLICE_DISTANCE_MM = 8.0
#: A muscle is in the volume when it has at least this volume; less is a tip that no slice shows well.
LEAST_VOLUME_CM3 = 0.5


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
    once = [(subject, sequence) for subject in subjects_left_out(config, data) for sequence in SEQUENCES]
    work = once * ceil(VOLUMES / len(once))
    rows = []
    for seed, (subject, sequence) in enumerate(work):
        progress(seed / len(work), f"{subject.name}, {sequence}")
        volume = subject.volume(subject.heights_mm(SLICE_DISTANCE_MM), sequence=sequence, seed=seed)
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
                        "body": subject.name,
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
