"""Labels of a few slices, carried to all others.

Ogier A, Sdika M, Fouré A, Le Troter A, Bendahan D. Individual muscle segmentation in MR images: a 3D propagation
through 2D non-linear registration approaches. EMBC 2017.

Ogier AC, Heskamp L, Michel CP, et al. A novel segmentation framework dedicated to the follow-up of fat infiltration in
individual muscles of patients with neuromuscular disorders. Magn Reson Med 83:1825 (2020).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from MuscleSegLib.errors import InputError
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.propagation.canvas import Canvas
from MuscleSegLib.propagation.carrier import CarriedLabel, Carrier
from MuscleSegLib.propagation.confidence import Extents, expected_dsc, slice_to_correct
from MuscleSegLib.propagation.fit_warnings import warnings_of
from MuscleSegLib.propagation.key_slices import with_locked_slices
from MuscleSegLib.propagation.motion import SliceMotion, slice_motion
from MuscleSegLib.propagation.result import Propagation
from MuscleSegLib.propagation.slice_grid import SliceGrid
from MuscleSegLib.propagation.threads import one_thread
from MuscleSegLib.propagation.topology import MOST_LABELS, remove_extra_pieces

if TYPE_CHECKING:
    import SimpleITK as sitk

    from MuscleSegLib.propagation.key_slices import KeySlices

#: What part of the work is done when the slices are registered, and when the labels are carried.
_REGISTERED, _CARRIED = 0.6, 0.95


def propagate(
    image: sitk.Image,
    label_map: sitk.Image,
    key_slices: KeySlices,
    *,
    network: sitk.Image | None = None,
    locked_slices: Collection[int] = (),
    motion: SliceMotion | None = None,
    names: Mapping[int, str] | None = None,
    progress: Progress = silent,
) -> Propagation:
    """Carry labels from their key slices to all other slices of a volume.

    Neighbouring slices are registered with one another (2D, diffeomorphic). The shape of a label is carried along that
    motion from the key slices on both sides, and blended by how far each was carried, how well carrying from one key
    slice meets the next, and how well slices can be registered. What a network found is a third source, trusted as far
    as it agrees with the key slices; what it got wrong there in the same way in all labels is made good in all slices.
    Beside key slices in which it missed a label, that it found nothing is not believed.

    Args:
        image: 3D, one value a voxel; any contrast.
        label_map: Integers on the grid of ``image``. What it says in key slices is true; in others, of labels that are
            carried, it is not looked at.
        key_slices: The labels to carry, and from where, as :func:`edited_slices` and :func:`drawn_slices` of this
            package find them. A label without key slices is locked: it keeps every voxel.
        network: What a network found, in the values of ``label_map``, before anything was corrected.
        locked_slices: Slices to leave as they are; labels are carried from them too.
        motion: What :func:`slice_motion_of` gave for the same image, when it is kept between corrections: it takes the
            larger part of the time.
        names: How to call the labels in warnings; by their numbers when None.
        progress: Told how far the work is; what it raises stops it.

    Returns:
        The new label map, how sure it is, and which slice to correct next. The label map is of the pixel type of
        ``label_map``; in key slices, and of labels that were not carried, each voxel is as it was.

    Raises:
        InputError: The images do not fit, no label has key slices, or more labels have than can be carried at once.
        Cancelled: ``progress`` raised it.
    """
    grid = SliceGrid.of(image)
    grid.check(label_map, "The label map")
    if network is not None:
        grid.check(network, "The network's label map")
    before = grid.view(label_map)
    keys = with_locked_slices({v: s for v, s in key_slices.items() if s}, locked_slices, before)
    if not keys:
        raise InputError(
            "No slice of these labels was drawn or corrected, so there is nothing to carry. Correct one first."
        )
    if len(keys) > MOST_LABELS:
        raise InputError(f"More than {MOST_LABELS} labels cannot be carried at once. Lock some of them.")
    if any(not 0 <= n < len(before) for slices in keys.values() for n in slices):
        raise InputError(f"A key slice is not in the image, whose slices are counted from 0 to {len(before) - 1}.")
    if motion is None:
        motion = slice_motion_of(image, progress=lambda part, text: progress(_REGISTERED * part, text))
    carrier = Carrier(motion, grid.slice_mm, before, keys, None if network is None else grid.view(network))
    canvas = Canvas.of(before, keys)
    carried: dict[int, CarriedLabel] = {}
    with one_thread():
        for value, label in carrier.carry_all():
            progress(_REGISTERED + (_CARRIED - _REGISTERED) * len(carried) / len(keys), "Carrying the labels")
            carried[value] = label
            for n, blended in label.blends.items():
                canvas.paint(n, value, *motion.grid.enlarge(blended.shape.distance_mm, blended.shape.box))
    progress(_CARRIED, "Cleaning the labels")
    remove_extra_pieces(canvas.labels, keys)
    extents = Extents.of(canvas.labels, carried, grid.pixel_mm)
    confidence = expected_dsc(extents, carried)
    suggested = slice_to_correct(extents, carried, locked_slices)
    progress(1.0, "Done")
    warnings = warnings_of(keys, carried, names or {}, grid, motion.shown)
    return Propagation(grid.image_of(canvas.labels), keys, tuple(keys), confidence, suggested, warnings)


def slice_motion_of(image: sitk.Image, *, progress: Progress = silent) -> SliceMotion:
    """Register the neighbouring slices of an image; worth keeping while its labels are corrected."""
    grid = SliceGrid.of(image)
    with one_thread():
        return slice_motion(grid.view(image), grid.pixel_mm, progress)
