"""Whether a segmentation is the one whose measures a report shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    from MuscleSegLib.biomarkers.measurements import Measurements
    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume

#: How far volumes may be apart, as a part of them: what a spreadsheet rounds.
_ROUNDING = 1e-3


def check_measured(labels: LabelledVolume, measurements: Measurements) -> None:
    """Make sure that pictures and DICOM results do not show other muscles than the numbers beside them are of.

    Args:
        labels: The segmentation.
        measurements: The measures.

    Raises:
        InputError: A muscle has not the volume that was measured; the text names the first.
    """
    counts = np.bincount(sitk.GetArrayViewFromImage(labels.image).ravel())
    voxel_cm3 = math.prod(labels.image.GetSpacing()) / 1000
    shown_cm3 = {
        (label.name, label.side): counts[label.value] * voxel_cm3
        for label in labels.labels
        if label.value < counts.size and counts[label.value]
    }
    muscles = measurements.muscles[measurements.muscles["kind"] == "muscle"]
    keys = zip(muscles["name"], muscles["side"], strict=True)
    measured_cm3 = dict(zip(keys, muscles["volume_cm3"], strict=True))
    for name, side in {**shown_cm3, **measured_cm3}:
        shown, measured = (volumes.get((name, side), 0.0) for volumes in (shown_cm3, measured_cm3))
        if not math.isclose(shown, measured, rel_tol=_ROUNDING):
            raise InputError(
                f"The segmentation is not the one that was measured: {f'{name} {side}'.rstrip()} has {shown:.2f} cm³ "
                f"in it, and {measured:.2f} cm³ in the measures. Measure it again, or give that one."
            )
