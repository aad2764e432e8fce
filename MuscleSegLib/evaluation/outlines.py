"""A segmentation measured against outlines that a person drew on some slices."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk
from numpy.typing import NDArray
from skimage.draw import polygon2mask

from MuscleSegLib.anatomy import sided_labels
from MuscleSegLib.errors import InputError
from MuscleSegLib.evaluation.overlap import dice_by_value
from MuscleSegLib.segmentation.result import Segmentation


@dataclass(frozen=True)
class Outline:
    """One closed outline.

    Attributes:
        slice: index of the stored slice.
        side, muscle: as in the label set that the outlines were drawn for.
        corners: (N, 2) x and y in voxels of the stored slice, whole numbers being the middle of a voxel.
    """

    slice: int
    side: str
    muscle: str
    corners: NDArray[np.floating]


def read_outlines(path: Path) -> list[Outline]:
    """Read outlines from JSON: a list of objects with slice, side, muscle and outline, [[x, y], ...] in voxels.

    Raises:
        InputError: the file is missing or is something else.
    """
    form = 'They are a JSON list of {"slice", "side", "muscle", "outline": [[x, y], ...]}.'
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        outlines = [Outline(int(e["slice"]), e["side"], e["muscle"], np.array(e["outline"], float)) for e in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"The outlines {path} cannot be read ({error}). {form}") from None
    if not outlines:
        raise InputError(f"There is no outline in {path}. {form}")
    for outline in outlines:
        if outline.corners.ndim != 2 or outline.corners.shape[1] != 2 or len(outline.corners) < 3:
            raise InputError(f"An outline of {outline.muscle} in {path} is not a list of three or more [x, y]. {form}")
    return outlines


def score_outlines(segmentation: Segmentation, outlines: list[Outline]) -> pd.DataFrame:
    """How well every muscle that was outlined is met.

    A muscle in several pieces is one muscle. Muscles without an outline are not judged on that slice.

    Returns:
        One row a slice, side and muscle: slice, side, muscle, dsc, and area_ratio (found to outlined; 1 is right).

    Raises:
        InputError: an outline lies outside of the image, or names a muscle that the segmentation's label set lacks.
    """
    columns, rows, slices = segmentation.label_map.GetSize()
    names: dict[int, tuple[str, str]] = {
        sided.value: (sided.side, sided.label.abbreviation) for sided in sided_labels(segmentation.label_set)
    }
    values = {name: value for value, name in names.items()}
    drawn: dict[int, NDArray[np.uint8]] = {}
    for outline in outlines:
        if not 0 <= outline.slice < slices:
            raise InputError(f"An outline lies on slice {outline.slice}, but the image has {slices} slices.")
        if (outline.corners < -0.5).any() or (outline.corners > np.array([columns, rows]) - 0.5).any():
            raise InputError(f"An outline of {outline.muscle} on slice {outline.slice} reaches beyond the image.")
        if (outline.side, outline.muscle) not in values:
            raise InputError(
                f"The outlines name {outline.muscle} {outline.side}, which is not among the muscles of the label set "
                f"{segmentation.label_set.name} that were segmented. Choose another label set."
            )
        truth = drawn.setdefault(outline.slice, np.zeros((rows, columns), np.uint8))
        truth[polygon2mask((rows, columns), outline.corners[:, ::-1])] = values[outline.side, outline.muscle]
    found = sitk.GetArrayViewFromImage(segmentation.label_map)
    table = []
    for index, truth in sorted(drawn.items()):
        present = [int(value) for value in np.unique(truth) if value]
        scores = dice_by_value(sitk.GetImageFromArray(truth), sitk.GetImageFromArray(found[index]), present)
        for value, dsc in scores.items():
            side, muscle = names[value]
            ratio = np.count_nonzero(found[index] == value) / np.count_nonzero(truth == value)
            table.append({"slice": index, "side": side, "muscle": muscle, "dsc": dsc, "area_ratio": ratio})
    return pd.DataFrame(table)
