"""What a person should know of what counts as drawn, before it is carried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.propagation.key_slices import shown_slices
from MuscleSegLib.propagation.slice_grid import SliceGrid
from MuscleSegLib.propagation.wording import with_slices
from MuscleSegLib.registration.body import find_body
from MuscleSegLib.segmentation.limbs import OPPOSITE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.anatomy import Side
    from MuscleSegLib.propagation.key_slices import KeySlices
    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume

#: What lies in the box of the other limb with at least this part of its area is drawn in it.
_OTHER_LIMB = 1 / 3


def remarks_on_absence(labels: LabelledVolume, key_slices: KeySlices) -> list[str]:
    """Which labels count as absent, and which as not drawn, in slices in which others are drawn.

    Args:
        labels: What was drawn.
        key_slices: As :func:`MuscleSegLib.propagation.drawn_slices` found them.
    """
    shown = shown_slices(SliceGrid.of(labels.image).view(labels.image))
    anywhere = frozenset().union(*key_slices.values())
    drawn = [
        (label.title, key_slices[label.value], shown.get(label.value, frozenset()) & key_slices[label.value])
        for label in labels.labels
        if label.value in key_slices
    ]
    # Of those between, carrying tells.
    absent = [
        (name, [n for n in slices - own if not own or not min(own) < n < max(own)]) for name, slices, own in drawn
    ]
    not_drawn = [(name, anywhere - slices) for name, slices, _ in drawn]
    remarks = []
    if text := with_slices(absent):
        remarks.append(
            f"Counted as not being there, because others are drawn in these slices: {text}. If one was only not drawn, "
            "say with --keys in which slices it was."
        )
    if text := with_slices(not_drawn):
        remarks.append(
            f"Counted as not drawn, though others are drawn in these slices: {text}. If one is not there, say with "
            "--keys that these slices are drawn."
        )
    return remarks


def remarks_on_lost_edits(labels: LabelledVolume, edited: KeySlices, key_slices: KeySlices) -> list[str]:
    """What was drawn since the last result and is not kept, because other slices were said to be drawn.

    Args:
        labels: What was drawn.
        edited: The slices of each label that were edited.
        key_slices: The labels that were carried, and from where.
    """
    drawn = SliceGrid.of(labels.image).view(labels.image)
    lost = []
    for label in labels.labels:
        if label.value in key_slices:
            slices = edited.get(label.value, frozenset()) - key_slices[label.value]
            lost.append((label.title, [n for n in slices if (drawn[n] == label.value).any()]))
    text = with_slices(lost)
    if not text:
        return []
    return [f"Edited since the last result, but not kept, since --key or --keys names other slices: {text}."]


def limbs_in(image: sitk.Image) -> Mapping[Side, sitk.Image]:
    """See :attr:`MuscleSegLib.registration.body.Body.territories`; nothing in an image that tells no limbs."""
    try:
        return find_body(image).territories
    except InputError:  # What is the matter with it, carrying tells.
        return {}


def remarks_on_sides(limbs: Mapping[Side, sitk.Image], labels: LabelledVolume, key_slices: KeySlices) -> list[str]:
    """Which labels were drawn in the limb that they are not named after.

    A single label of one side may be wrong, and so may all: its place among the others would not tell.

    Args:
        limbs: As :func:`limbs_in` finds them; a single one does not tell.
        labels: What was drawn.
        key_slices: Of which labels and slices to tell.
    """
    if len(limbs) < 2:
        return []
    grid = SliceGrid.of(labels.image)
    drawn = grid.view(labels.image)
    others: dict[str, NDArray[np.bool_]] = {OPPOSITE[side]: _on(grid, limb) for side, limb in limbs.items()}
    strayed = []
    for label in labels.labels:
        if (other := others.get(label.side)) is not None:
            where = ((n, drawn[n] == label.value) for n in key_slices.get(label.value, ()))
            slices = [n for n, own in where if own.any() and other[n][own].mean() >= _OTHER_LIMB]
            strayed.append((label.title, slices))
    text = with_slices(strayed)
    if not text:
        return []
    return [f"Drawn in the other limb than the name says: {text}. Check the sides, or the image's right and left."]


def _on(grid: SliceGrid, limb: sitk.Image) -> NDArray[np.bool_]:
    """(slices, rows, columns) where a limb is."""
    there = sitk.Resample(limb, grid.image, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    return np.asarray(grid.view(there) > 0)
