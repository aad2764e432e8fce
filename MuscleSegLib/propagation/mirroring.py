"""Labels of one limb, mirrored to the other as a starting point."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, count

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.anatomy import LEFT_OFFSET, Side
from MuscleSegLib.errors import InputError
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.propagation.blank_places import remarks_on_blank
from MuscleSegLib.propagation.confidence import Extents, error_of_registered
from MuscleSegLib.propagation.drawing_warnings import remarks_on_sides
from MuscleSegLib.propagation.key_slices import KeySlices, drawn_slices, is_drawing, shown_slices
from MuscleSegLib.propagation.result import Propagation
from MuscleSegLib.propagation.slice_grid import SliceGrid
from MuscleSegLib.registration import Registration, move_labels, register
from MuscleSegLib.registration.body import find_body
from MuscleSegLib.registration.grids import covered
from MuscleSegLib.segmentation.labelled_volume import LARGEST_VALUE, LabelledVolume, VolumeLabel
from MuscleSegLib.segmentation.orientation import AxialVolume

_OTHER: dict[str, Side] = {"right": "left", "left": "right"}


@dataclass(frozen=True, kw_only=True)
class Mirrored(Propagation):
    """Labels of which some are mirrored from the other limb: these are the values.

    Attributes:
        labels: All labels, those that were given first.
    """

    labels: tuple[VolumeLabel, ...]


def mirror(image: sitk.Image, labels: LabelledVolume, *, progress: Progress = silent) -> Mirrored:
    """Give each muscle that was drawn on one side only its counterpart on the other.

    The image is registered with its own mirror image, each limb on its own, and the labels are carried along. What is
    there already stays as it is; nothing is put over it.

    Args:
        image: 3D, of both limbs.
        labels: On the grid of ``image``; labels that do not say which side they are of stay as they are.
        progress: Told how far the work is; what it raises stops it.

    Returns:
        The labels, with the counterparts of those whose other side was empty; and how sure each slice of these is: by
        how much of what the image shows there its mirror image, laid over it, tells.

    Raises:
        InputError: No label says its side, or none with voxels lacks its counterpart; the image does not show two
            limbs, or it cannot be used.
        Cancelled: ``progress`` raised it.
    """
    grid = SliceGrid.of(image)
    grid.check(labels.image, "The label map")
    if not any(label.side for label in labels.labels):
        raise InputError(
            "None of the labels says whether it is of the right or left side. Add that to their names: gracilis right."
        )
    pairs, everything = _counterparts(labels)
    if not pairs:
        raise InputError(
            "There is nothing to mirror: every muscle that says which side it is of is drawn on both sides, or on none."
        )
    limbs = find_body(image).territories
    if len(limbs) < 2:
        raise InputError("Nothing can be mirrored: the image does not show two limbs that can be told apart.")
    axis = AxialVolume.of(image).axes[2]
    flipped = _flipped(image, axis)
    registration = register(image, flipped, names=("the image", "its mirror image"), progress=progress)
    values = grid.view(labels.image)
    source = grid.image_of(np.where(np.isin(values, list(pairs)), values, 0))
    carried = move_labels(_flipped(source, axis), image, registration.transform)
    moved = grid.view(carried)
    mirrored = values.astype(np.promote_types(values.dtype, np.uint16))
    for value, other in pairs.items():
        mirrored[(moved == value) & (values == 0)] = other
    others = tuple(pairs.values())
    new = np.where(np.isin(mirrored, others), mirrored, 0)
    drawn = {value: slices for value, slices in shown_slices(values).items() if value in pairs}
    warnings = [
        *remarks_on_sides(limbs, labels, drawn),
        *_warnings(registration),
        *remarks_on_blank(grid.view(image), new, others, ("The image", "mirrored")),
    ]
    reached = covered(flipped, image, registration.transform)
    error_mm = error_of_registered(grid, grid.image_of(new), others, flipped, registration.transform, reached)
    return Mirrored.from_elsewhere(
        grid.image_of(mirrored),
        others,
        Extents.of(new, others, grid.pixel_mm),
        error_mm,
        grid.slice_mm,
        warnings=tuple(warnings),
        labels=everything,
    )


def drawn_by_hand(labels: LabelledVolume) -> KeySlices:
    """The slices of each label that a person drew: what is recorded, or else what a drawing shows.

    Returns:
        Nothing of what is no drawing: what a person drew of it is not known.
    """
    if labels.key_slices or not is_drawing(labels):
        return {value: frozenset(slices) for value, slices in labels.key_slices.items()}
    return drawn_slices(labels.image, sides={label.value: label.side for label in labels.labels})


def _warnings(registration: Registration) -> list[str]:
    """What a person should look at: not what registering warns of, since a limb is expected to be unlike the other."""
    return [
        f"The {limb.side} limb and the mirror image of the other could not be laid over one another: what was mirrored "
        "to it, if anything, lies where the mirror image shows it. Correct it before you go on."
        for limb in registration.limbs
        if limb.refused
    ]


def _counterparts(labels: LabelledVolume) -> tuple[dict[int, int], tuple[VolumeLabel, ...]]:
    """From the value of each label to be mirrored to that of its counterpart; all labels, new ones last."""
    present = set(np.unique(sitk.GetArrayViewFromImage(labels.image)).tolist())
    by_name = {(label.name, str(label.side)): label for label in labels.labels}
    everything = list(labels.labels)
    pairs: dict[int, int] = {}
    for label in labels.labels:
        if label.side == "" or label.value not in present:
            continue
        side = _OTHER[label.side]
        other = by_name.get((label.name, side))
        if other is None:
            used = {own.value for own in everything}
            usual = label.value + (LEFT_OFFSET if side == "left" else -LEFT_OFFSET)
            free = (value for value in chain([usual], count(1)) if 0 < value <= LARGEST_VALUE and value not in used)
            other = replace(label, value=next(free), side=side)
            everything.append(other)
        if other.value not in present:
            pairs[label.value] = other.value
    return pairs, tuple(everything)


def _flipped(image: sitk.Image, axis: int) -> sitk.Image:
    """The voxels in reverse order along an axis of the stored array (k, j, i), on the same grid."""
    flipped = sitk.GetImageFromArray(np.flip(sitk.GetArrayViewFromImage(image), axis))
    flipped.CopyInformation(image)
    return flipped
