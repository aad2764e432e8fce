"""A segmentation measured against outlines that a person drew on some slices."""

import json
from collections.abc import Sequence
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


def drawn_slices(segmentation: Segmentation, outlines: Sequence[Outline]) -> dict[int, NDArray[np.uint8]]:
    """What is outlined on each slice, ascending: (rows, columns) in the values of a segmentation's label set.

    Raises:
        InputError: an outline lies outside of the image, or names a muscle that the segmentation's label set lacks.
    """
    columns, rows, slices = segmentation.label_map.GetSize()
    values: dict[tuple[str, str], int] = {
        (sided.side, sided.label.abbreviation): sided.value for sided in sided_labels(segmentation.label_set)
    }
    drawn: dict[int, NDArray[np.uint8]] = {}
    for outline in sorted(outlines, key=lambda outline: outline.slice):
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
    return drawn


def score_outlines(segmentation: Segmentation, outlines: Sequence[Outline]) -> pd.DataFrame:
    """How well every muscle that was outlined is met.

    A muscle in several pieces is one muscle. Muscles without an outline are not judged on that slice.

    Returns:
        One row a slice, side and muscle: slice, side, muscle, dsc, and area_ratio (found to outlined; 1 is right).

    Raises:
        InputError: as :func:`drawn_slices`.
    """
    names = {sided.value: (sided.side, sided.label.abbreviation) for sided in sided_labels(segmentation.label_set)}
    found = sitk.GetArrayViewFromImage(segmentation.label_map)
    table = []
    for index, truth in drawn_slices(segmentation, outlines).items():
        for value, dsc in dice_of_slice(truth, found[index]).items():
            side, muscle = names[value]
            ratio = np.count_nonzero(found[index] == value) / np.count_nonzero(truth == value)
            table.append({"slice": index, "side": side, "muscle": muscle, "dsc": dsc, "area_ratio": ratio})
    return pd.DataFrame(table)


def dice_of_slice(truth: NDArray[np.uint8], other: NDArray[np.uint8]) -> dict[int, float]:
    """DSC of each value of ``truth`` (rows, columns) but 0."""
    present = [int(value) for value in np.unique(truth) if value]
    return dice_by_value(sitk.GetImageFromArray(truth), sitk.GetImageFromArray(other), present)
