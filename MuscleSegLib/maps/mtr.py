"""Magnetisation transfer ratio from a pair of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.air_noise import body_of, check_signal, noise_deviation, without_noise_bias
from MuscleSegLib.maps.geometry import check_different, check_same_grid, check_scalar_volumes
from MuscleSegLib.maps.parameter_map import ParameterMap, map_of
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.registration import Registration, register_rigid
from MuscleSegLib.segmentation.grids import same_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The image without MT pulse must exceed this many deviations of its noise.
NOISE_FLOOR = 6.0
#: A motion of less than this part of a voxel everywhere is none: interpolating for it would cost more than it gives.
_STILL = 0.5
#: At so many places of the body is looked at how far they move.
_PLACES = 500
#: Beyond this, in %, either way, nothing is measured but noise.
_POSSIBLE = 100.0


def magnetisation_transfer_ratio(
    unsaturated: sitk.Image,
    saturated: sitk.Image,
    *,
    names: tuple[str, str] = ("the image without MT pulse", "the image with MT pulse"),
    align: bool = True,
    progress: Progress = silent,
) -> ParameterMap:
    """MTR = 100 · (S₀ − S_MT) / S₀, in % (percent units), on the grid of S₀.

    The image with the pulse is laid over the other by a rigid motion of each limb, and interpolated (cubic B-spline)
    only where the patient moved or the grids differ. Magnitudes are corrected for noise as in
    :func:`MuscleSegLib.maps.fat_fraction.fat_fraction`; where S₀ stands out too little from it there is no value.

    Args:
        unsaturated, saturated: Three-dimensional images without (S₀) and with (S_MT) the MT pulse, scaled alike.
        names: Their files' names, for sentences and the sidecar.
        align: Whether the patient may have moved between them; without it the grids must be the same.
        progress: Told how far the work is; what it raises stops it.

    Raises:
        InputError: The images do not fit together, are the same, hold negative numbers, show nothing, or look swapped.
        Cancelled: ``progress`` raised it.
    """
    by_name = {names[0]: unsaturated, names[1]: saturated}
    check_scalar_volumes(by_name)
    if not align:
        check_same_grid(by_name)
    check_signal({name: sitk.GetArrayViewFromImage(image) for name, image in by_name.items()})
    check_different(unsaturated, saturated, names)
    for name, image in by_name.items():
        if np.nanmin(sitk.GetArrayViewFromImage(image)) < 0:
            raise InputError(f"{name} holds negative values, so it is no magnitude image. Give magnitudes.")
    before = sitk.GetArrayFromImage(unsaturated).astype(np.float64)
    body = body_of(before)
    noise = noise_deviation(before, body)
    moved, noise_saturated = _without_bias(saturated)
    missing = _missing(saturated)
    parameters: dict[str, Any] = {"noise_without_pulse": noise, "noise_with_pulse": noise_saturated, "aligned": align}
    warnings: list[str] = []
    if align:
        registration = register_rigid(unsaturated, saturated, names=names, progress=progress)
        warnings += registration.warnings
        moves = _largest_motion(registration, unsaturated, body)
        parameters["largest_motion_voxels"] = round(moves, 3)
        if moves > _STILL or not same_grid(unsaturated, saturated):
            moved = sitk.Resample(moved, unsaturated, registration.transform, sitk.sitkBSpline3)
            missing = sitk.Resample(missing, unsaturated, registration.transform, sitk.sitkLinear, 1.0)
            parameters["interpolation"] = "cubic B-spline"
    after = np.where(sitk.GetArrayFromImage(missing) > 0, np.nan, sitk.GetArrayFromImage(moved))
    if np.nanmean(after[body]) > np.nanmean(before[body]):
        raise InputError(
            f"{names[1]} is brighter than {names[0]}, but an MT pulse only takes signal away. Give them the other way "
            "round, and check that both were scaled alike."
        )
    floor = NOISE_FLOOR * (noise or 0.0)
    reference = before if noise is None else without_noise_bias(before, noise)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(before > floor, 100 * (reference - after) / reference, np.nan)
    ratio[np.abs(ratio) >= _POSSIBLE] = np.nan
    return map_of(
        ratio,
        unsaturated,
        "MTR",
        method="100 · (S₀ − S_MT) / S₀, magnitudes corrected for noise (Gudbjartsson 1995)",
        inputs={"without_mt_pulse": names[0], "with_mt_pulse": names[1]},
        parameters={**parameters, "noise_floor": floor},
        warnings=warnings,
    )


def _without_bias(image: sitk.Image) -> tuple[sitk.Image, float | None]:
    """``image`` without the bias of noise, before interpolation changes it, and the noise's deviation if it is seen."""
    values: NDArray[np.floating] = sitk.GetArrayFromImage(image).astype(np.float64)
    noise = noise_deviation(values, body_of(values))
    corrected = sitk.GetImageFromArray(np.nan_to_num(values if noise is None else without_noise_bias(values, noise)))
    corrected.CopyInformation(image)
    return corrected, noise


def _missing(image: sitk.Image) -> sitk.Image:
    """1 where ``image`` holds no number, else 0; float, to be interpolated."""
    missing = sitk.GetImageFromArray((~np.isfinite(sitk.GetArrayViewFromImage(image))).astype(np.float32))
    missing.CopyInformation(image)
    return missing


def _largest_motion(registration: Registration, grid: sitk.Image, body: NDArray[np.bool_]) -> float:
    """How far the transform moves places of the body, at most, in voxels of the axis that it moves them along."""
    places = np.argwhere(body)
    voxel, axes = np.array(grid.GetSpacing()), np.array(grid.GetDirection()).reshape(3, 3)
    largest = 0.0
    for place in places[:: max(1, len(places) // _PLACES)]:
        point = grid.TransformIndexToPhysicalPoint(place[::-1].tolist())
        motion = np.subtract(registration.transform.TransformPoint(point), point)
        largest = max(largest, float(np.abs(axes.T @ motion / voxel).max()))
    return largest
