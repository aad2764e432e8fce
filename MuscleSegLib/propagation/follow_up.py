"""Labels of a scan, carried to a later one of the same patient."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.propagation.blank_places import remarks_on_blank
from MuscleSegLib.propagation.confidence import Extents, error_beside, error_of_registered
from MuscleSegLib.propagation.result import Propagation
from MuscleSegLib.propagation.signed_distance import signed_distance_mm
from MuscleSegLib.propagation.slice_grid import SliceGrid
from MuscleSegLib.registration import Registration, move_labels, register
from MuscleSegLib.registration.grids import covered, smoothed

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What part of the work is done when the scans are registered.
_REGISTERED = 0.8
#: A correction moves a border by at most this much (mm); where it is larger, a whole part was added or taken away.
_FARTHEST_MM = 15.0
#: What differs from place to place along a border within less than this (mm, deviation) is the network's unrest, which
#: is another in the other scan, and no correction ...
_UNREST_MM = 20.0
#: ... unless it stands out by more than this (mm): then a person corrected that place, and it is told from the next one
#: by no more than this deviation (mm).
_STANDS_OUT_MM, _PLACE_MM = 4.0, 5.0


@dataclass(frozen=True)
class NetworkResults:
    """What a network found in both scans, in the values of the baseline's label map.

    Attributes:
        baseline: Before anything was corrected.
        follow_up: On the grid of the follow-up scan.
    """

    baseline: sitk.Image
    follow_up: sitk.Image


@dataclass(frozen=True, kw_only=True)
class CarriedToScan(Propagation):
    """Labels on another scan.

    Attributes:
        registration: From its points to those of the scan that the labels come from. What it warned of is among the
            warnings, first.
    """

    registration: Registration


def carry_to_follow_up(
    baseline: sitk.Image,
    label_map: sitk.Image,
    follow_up: sitk.Image,
    *,
    networks: NetworkResults | None = None,
    registration: Registration | None = None,
    names: Mapping[int, str] | None = None,
    progress: Progress = silent,
) -> CarriedToScan:
    """Carry the corrected labels of a baseline scan to a later scan of the same patient.

    Without a network, the labels are carried along the registration of each limb (3D, deformable). With one, what it
    found in the follow-up is the measure of the muscles there; only what a person corrected in the baseline, the
    distance by which each border was moved, smoothed along it but where it stands out, is carried over and repeated. So
    the change of a muscle is the change that is seen, and not drawn towards what the muscle was. A muscle of which it
    found nothing in one of the scans has no border that was moved, and is carried as without a network.

    Args:
        baseline: 3D image.
        label_map: Its labels, integers on its grid.
        follow_up: 3D image of any contrast, on any grid.
        networks: What a network found in both.
        registration: What an earlier result for the same scans has, when more than one label map is carried: it takes
            the larger part of the time.
        names: How to call the labels in warnings; by their numbers when None.
        progress: Told how far the work is; what it raises stops it.

    Returns:
        The labels, and how sure each slice of each is: by how much of what the later scan shows there the earlier one,
        laid over it, tells; and, with a network, by how well the two ways to find the label agree. The slice to correct
        next is one of that scan.

    Raises:
        InputError: The images do not fit, no label has a voxel, or the scans show no limb in common.
        Cancelled: ``progress`` raised it.
    """
    SliceGrid.of(baseline).check(label_map, "The baseline's label map")
    if not sitk.GetArrayViewFromImage(label_map).any():
        raise InputError("The earlier scan has no labels, so there is nothing to carry. Draw or segment it first.")
    if networks is not None:
        SliceGrid.of(baseline).check(networks.baseline, "The network's label map of the baseline")
        SliceGrid.of(follow_up).check(networks.follow_up, "The network's label map of the follow-up")
    if registration is None:
        registration = register(
            follow_up,
            baseline,
            muscles=label_map,
            names=("the later scan", "the earlier scan"),
            progress=lambda part, text: progress(_REGISTERED * part, text),
        )
    if registration.refused:
        raise InputError(
            "The two scans cannot be laid over one another. Check that both are of the same patient and limb, or move "
            "one over the other first (in Slicer: Transforms)."
        )
    progress(_REGISTERED, "Carrying the labels")
    grid = SliceGrid.of(follow_up)
    made = moved = move_labels(label_map, follow_up, registration.transform)
    reached = covered(baseline, follow_up, registration.transform)
    if networks is None:
        alone = np.unique(sitk.GetArrayViewFromImage(label_map)).tolist()
        said = _beyond(grid.view(reached))
    else:
        made, alone = _corrected(label_map, networks, registration.transform, progress)
        said = _carried_alone([(names or {}).get(value, f"label {value}") for value in alone])
    values = tuple(value for value in np.unique(sitk.GetArrayViewFromImage(made)).tolist() if value)
    carried_mm = error_of_registered(grid, made, values, baseline, registration.transform, reached)
    extents, error_mm = _errors(grid, values, made, moved, alone, carried_mm)
    said += remarks_on_blank(grid.view(follow_up), grid.view(made), values, ("The later scan", "carried"))
    progress(1.0, "Done")
    return CarriedToScan.from_elsewhere(
        made,
        values,
        extents,
        error_mm,
        grid.slice_mm,
        warnings=(*registration.warnings, *said),
        registration=registration,
    )


def _errors(
    grid: SliceGrid,
    values: Collection[int],
    made: sitk.Image,
    moved: sitk.Image,
    alone: Collection[int],
    carried_mm: NDArray[np.float64],
) -> tuple[Extents, NDArray[np.float64]]:
    """How much there is of each label of the later scan, and (labels, slices) how far (mm) its border may be off.

    Args:
        grid: That of all images.
        values: The labels.
        made: Where they are.
        moved: Those of the earlier scan along the registration.
        alone: Those labels of ``made`` that have nothing of a network.
        carried_mm: (labels, slices) how far the borders of labels may be off that are carried along it.
    """
    now, carried = grid.view(made), grid.view(moved)
    extents, other, common = (
        Extents.of(labels, values, grid.pixel_mm) for labels in (now, carried, np.where(now == carried, now, 0))
    )
    beside_mm = error_beside(extents, common, other, carried_mm)
    return extents, np.where(np.isin(list(values), list(alone))[:, None], carried_mm, beside_mm)


def _corrected(
    label_map: sitk.Image, networks: NetworkResults, transform: sitk.Transform, progress: Progress
) -> tuple[sitk.Image, list[int]]:
    """The network's labels of the follow-up, with the corrections of the baseline repeated.

    Returns:
        Those labels, and which of them were carried along the registration alone.
    """
    now, before = (sitk.GetArrayViewFromImage(image) for image in (label_map, networks.baseline))
    found = sitk.GetArrayViewFromImage(networks.follow_up)
    changed = now != before
    not_found = np.setdiff1d(now, found)
    corrected = sorted({*np.unique(now[changed]).tolist(), *np.unique(before[changed]).tolist(), *not_found} - {0})
    labels = np.where(np.isin(found, corrected), 0, found)
    depth = np.where(labels != 0, np.inf, 0.0).astype(np.float32)
    alone = []
    for done, value in enumerate(corrected):
        progress(_REGISTERED + (1 - _REGISTERED) * done / len(corrected), "Repeating the corrections")
        drawn, there = now == value, found == value
        outside = _distance(drawn, label_map)
        if (drawn & (before == value)).any() and there.any():
            shift = outside - _distance(before == value, label_map)
            shift = _correction(sitk.Clamp(shift, sitk.sitkFloat32, -_FARTHEST_MM, _FARTHEST_MM))
            repeated = sitk.Resample(shift, networks.follow_up, transform, sitk.sitkLinear, 0.0)
            distance = sitk.GetArrayFromImage(_distance(there, networks.follow_up) + repeated)
        else:
            carried = sitk.Resample(outside, networks.follow_up, transform, sitk.sitkLinear, -_FARTHEST_MM)
            distance = sitk.GetArrayFromImage(carried)
            alone.append(value)
        deeper = distance > depth
        labels[deeper] = value
        depth[deeper] = distance[deeper]
    made = sitk.GetImageFromArray(labels)
    made.CopyInformation(networks.follow_up)
    return made, sorted(set(alone) & set(np.unique(labels).tolist()))


def _carried_alone(names: Collection[str]) -> list[str]:
    """A sentence about labels of which the network told nothing."""
    if not names:
        return []
    return [
        f"In one of the scans the network did not find what is drawn as {', '.join(names)}: it was carried by its "
        "outlines alone, which hides how it changed. Look at it in the later scan."
    ]


def _beyond(reached: NDArray[Any]) -> list[str]:
    """A sentence about slices of the follow-up that the baseline, and so every label of it, does not reach.

    Args:
        reached: (slices, rows, columns) where the baseline looks.
    """
    beyond = np.flatnonzero(~reached.any((1, 2))).tolist()
    if not beyond:
        return []
    return [
        f"The later scan goes on where the earlier one ends ({len(beyond)} of its slices, such as slice {beyond[0]}): "
        "no label is there. Draw a few of these slices and carry them on, or measure what both scans show."
    ]


def _correction(shift: sitk.Image) -> sitk.Image:
    """What a person meant by the shift (mm) of a border: no unrest, but places that stand out."""
    local, wide = smoothed(shift, _PLACE_MM), _widely_smoothed(shift)
    return sitk.MaskedAssign(wide, sitk.Abs(local - wide) > _STANDS_OUT_MM, local)


def _widely_smoothed(shift: sitk.Image) -> sitk.Image:
    """Smoothed by :data:`_UNREST_MM`; recursively, since a kernel of so many voxels takes 25 times as long."""
    rim = [2, 2, 2]  # The recursion needs four voxels along each axis.
    padded = sitk.ZeroFluxNeumannPad(shift, rim, rim)
    return sitk.Crop(sitk.SmoothingRecursiveGaussian(padded, _UNREST_MM), rim, rim)


def _distance(mask: NDArray[Any], grid: sitk.Image) -> sitk.Image:
    """Signed distance to the border, mm, positive inside; far outside everywhere for an empty mask."""
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.CopyInformation(grid)
    distance = sitk.GetImageFromArray(signed_distance_mm(image).clip(-_FARTHEST_MM))
    distance.CopyInformation(grid)
    return distance
