"""Labels of a scan, carried to a later one of the same patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.propagation.slice_grid import SliceGrid
from MuscleSegLib.registration import Registration, move_labels, register
from MuscleSegLib.registration.grids import smoothed

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


@dataclass(frozen=True)
class CarriedToScan:
    """Labels on another scan.

    Attributes:
        label_map: On the grid of that scan.
        registration: From its points to those of the scan that the labels come from.
    """

    label_map: sitk.Image
    registration: Registration


def carry_to_follow_up(
    baseline: sitk.Image,
    label_map: sitk.Image,
    follow_up: sitk.Image,
    *,
    networks: NetworkResults | None = None,
    registration: Registration | None = None,
    progress: Progress = silent,
) -> CarriedToScan:
    """Carry the corrected labels of a baseline scan to a later scan of the same patient.

    Without a network, the labels are carried along the registration of each limb (3D, deformable). With one, what it
    found in the follow-up is the measure of the muscles there; only what a person corrected in the baseline, the
    distance by which each border was moved, smoothed along it but where it stands out, is carried over and repeated. So
    the change of a muscle is the change that is seen, and not drawn towards what the muscle was.

    Args:
        baseline: 3D image.
        label_map: Its labels, integers on its grid.
        follow_up: 3D image of any contrast, on any grid.
        networks: What a network found in both.
        registration: What an earlier result for the same scans has, when more than one label map is carried: it takes
            the larger part of the time.
        progress: Told how far the work is; what it raises stops it.

    Raises:
        InputError: The images do not fit, or the scans show no limb in common.
        Cancelled: ``progress`` raised it.
    """
    SliceGrid.of(baseline).check(label_map, "The baseline's label map")
    if networks is not None:
        SliceGrid.of(baseline).check(networks.baseline, "The network's label map of the baseline")
        SliceGrid.of(follow_up).check(networks.follow_up, "The network's label map of the follow-up")
    if registration is None:
        registration = register(
            follow_up,
            baseline,
            names=("the later scan", "the earlier scan"),
            progress=lambda part, text: progress(_REGISTERED * part, text),
        )
    if registration.refused:
        raise InputError(
            "The two scans cannot be laid over one another. Check that both are of the same patient and limb, or move "
            "one over the other first (in Slicer: Transforms)."
        )
    progress(_REGISTERED, "Carrying the labels")
    if networks is None:
        moved = move_labels(label_map, follow_up, registration.transform)
    else:
        moved = _corrected(label_map, networks, registration.transform, progress)
    progress(1.0, "Done")
    return CarriedToScan(moved, registration)


def _corrected(
    label_map: sitk.Image, networks: NetworkResults, transform: sitk.Transform, progress: Progress
) -> sitk.Image:
    """The network's labels of the follow-up, with the corrections of the baseline repeated."""
    now, before = (sitk.GetArrayViewFromImage(image) for image in (label_map, networks.baseline))
    changed = now != before
    corrected = sorted((set(np.unique(now[changed]).tolist()) | set(np.unique(before[changed]).tolist())) - {0})
    found = sitk.GetArrayViewFromImage(networks.follow_up)
    labels = np.where(np.isin(found, corrected), 0, found)
    depth = np.where(labels != 0, np.inf, 0.0).astype(np.float32)
    for done, value in enumerate(corrected):
        progress(_REGISTERED + (1 - _REGISTERED) * done / len(corrected), "Repeating the corrections")
        shift = _distance(now == value, label_map) - _distance(before == value, label_map)
        shift = _correction(sitk.Clamp(shift, sitk.sitkFloat32, -_FARTHEST_MM, _FARTHEST_MM))
        there = sitk.Resample(shift, networks.follow_up, transform, sitk.sitkLinear, 0.0)
        distance = sitk.GetArrayFromImage(_distance(found == value, networks.follow_up) + there)
        deeper = distance > depth
        labels[deeper] = value
        depth[deeper] = distance[deeper]
    made = sitk.GetImageFromArray(labels)
    made.CopyInformation(networks.follow_up)
    return made


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
    if not mask.any():
        return sitk.Cast(image, sitk.sitkFloat32) - _FARTHEST_MM
    distance = sitk.SignedMaurerDistanceMap(image, insideIsPositive=True, squaredDistance=False, useImageSpacing=True)
    # Measured from the middles of the outermost voxels.
    return sitk.Clamp(distance + min(grid.GetSpacing()) / 2, sitk.sitkFloat32, -_FARTHEST_MM, 1000.0)
