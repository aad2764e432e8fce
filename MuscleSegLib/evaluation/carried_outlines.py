"""Whether a person's outlines on one slice go on from those on another."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import SimpleITK as sitk
from numpy.typing import NDArray

from MuscleSegLib.anatomy import sided_labels
from MuscleSegLib.evaluation.outlines import Outline, dice_of_slice, drawn_slices
from MuscleSegLib.propagation import propagate, slice_motion_of
from MuscleSegLib.segmentation.result import Segmentation

#: What tells outlines apart.
_OUTLINE = ["slice", "side", "muscle"]
#: An outline is doubted when that of another slice, carried there, agrees so much more (DSC) with what was found.
_DOUBT = 0.15


def carry_outlines(image: sitk.Image, segmentation: Segmentation, outlines: Sequence[Outline]) -> pd.DataFrame:
    """Whether what is drawn on a slice, or what was found there, goes on from the outlines of another.

    The outlines of the nearest other slice that has some are carried to each by registration of the slices between,
    without a network. Where they meet what was found much better than what was drawn, the reader is as likely to be
    wrong as the network.

    Args:
        image: what was segmented.

    Returns:
        One row a slice, side and muscle that is outlined on both: slice, side, muscle, from_slice, dsc_drawn and
        dsc_found, of what is carried with what is drawn, and with what was found.

    Raises:
        InputError: as :func:`drawn_slices`.
    """
    names = {sided.value: (sided.side, sided.label.abbreviation) for sided in sided_labels(segmentation.label_set)}
    drawn, found = drawn_slices(segmentation, outlines), sitk.GetArrayViewFromImage(segmentation.label_map)
    nearest = {
        index: min((other for other in drawn if other != index), key=lambda other: abs(other - index))
        for index in (drawn if len(drawn) > 1 else ())
    }
    carried = _carried(image, {start: drawn[start] for start in nearest.values()})
    table = []
    for index, start in nearest.items():
        there = carried[start][index]
        with_drawn, with_found = dice_of_slice(drawn[index], there), dice_of_slice(found[index], there)
        for value in with_drawn.keys() & set(np.unique(drawn[start]).tolist()):
            about = dict(zip(("side", "muscle"), names[value], strict=True))
            scores = {"dsc_drawn": with_drawn[value], "dsc_found": with_found.get(value, 0.0)}
            table.append({"slice": index, **about, "from_slice": start, **scores})
    columns = [*_OUTLINE, "from_slice", "dsc_drawn", "dsc_found"]
    return pd.DataFrame(table, columns=columns).sort_values(_OUTLINE, ignore_index=True)


def doubted_outlines(carried: pd.DataFrame) -> pd.DataFrame:
    """Those rows of :func:`carry_outlines` in which what was found goes on and what was drawn does not."""
    return carried[carried["dsc_found"] > carried["dsc_drawn"] + _DOUBT]


def mean_dsc_without(scores: pd.DataFrame, doubted: pd.DataFrame) -> float:
    """Mean DSC of the outlines of :func:`MuscleSegLib.evaluation.outlines.score_outlines`, without the doubted ones."""
    outlines, left_out = (pd.MultiIndex.from_frame(table[_OUTLINE]) for table in (scores, doubted))
    return float(scores.loc[~outlines.isin(left_out), "dsc"].mean())


def _carried(image: sitk.Image, drawn: Mapping[int, NDArray[np.uint8]]) -> dict[int, NDArray[np.integer]]:
    """(slices, rows, columns) what is drawn on each slice, by that slice, carried to all others."""
    motion = slice_motion_of(image) if drawn else None
    carried = {}
    for start, own in drawn.items():
        labels = np.zeros(image.GetSize()[::-1], np.uint8)
        labels[start] = own
        label_map = sitk.GetImageFromArray(labels)
        label_map.CopyInformation(image)
        keys = {int(value): frozenset({start}) for value in np.unique(own) if value}
        carried[start] = sitk.GetArrayFromImage(propagate(image, label_map, keys, motion=motion).label_map)
    return carried
