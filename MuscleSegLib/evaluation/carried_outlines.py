"""Whether a person's outlines on one slice go on from those on another."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import SimpleITK as sitk

from MuscleSegLib.anatomy import sided_labels
from MuscleSegLib.evaluation.outlines import Outline, dice_of_slice, drawn_slices
from MuscleSegLib.propagation import propagate, slice_motion_of
from MuscleSegLib.segmentation.result import Segmentation


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
    motion = slice_motion_of(image) if len(drawn) > 1 else None
    table = []
    for index, truth in drawn.items():
        others = [other for other in drawn if other != index]
        start = min(others, key=lambda other: abs(other - index), default=None)
        if start is None:
            continue
        labels = np.zeros(found.shape, np.uint8)
        labels[start] = drawn[start]
        label_map = sitk.GetImageFromArray(labels)
        label_map.CopyInformation(image)
        keys = {int(value): frozenset({start}) for value in np.unique(drawn[start]) if value}
        carried = sitk.GetArrayViewFromImage(propagate(image, label_map, keys, motion=motion).label_map)[index]
        with_drawn, with_found = dice_of_slice(truth, carried), dice_of_slice(found[index], carried)
        for value in with_drawn.keys() & keys.keys():
            about = dict(zip(("side", "muscle"), names[value], strict=True))
            scores = {"dsc_drawn": with_drawn[value], "dsc_found": with_found.get(value, 0.0)}
            table.append({"slice": index, **about, "from_slice": start, **scores})
    columns = ["slice", "side", "muscle", "from_slice", "dsc_drawn", "dsc_found"]
    return pd.DataFrame(table, columns=columns).sort_values(columns[:3], ignore_index=True)
