"""Axial slices cut into one picture a limb, for the body map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from MuscleSegLib.segmentation.foreground import find_foreground
from MuscleSegLib.segmentation.orientation import AxialVolume

if TYPE_CHECKING:
    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, VolumeLabel

#: How much is shown around the muscles where the border of the body is not known, and at most where it is.
_NEAR_MM, _FAR_MM = 4.0, 60.0
_SIDES = ("right", "left", "")


@dataclass(frozen=True)
class LimbSection:
    """One limb on one axial slice; anterior is up, the patient's right on the left of the picture.

    Attributes:
        title: Which limb and which slice.
        x_mm, y_mm: Coordinates of columns and rows, 0 in the middle of what is shown.
        spacing_mm: (rows, columns).
        muscles: Labels and where they are, bool (rows, columns), in the order of the labels.
        body: 1 inside the limb and 0 outside, smooth in between, (rows, columns); None where no image was given.
    """

    title: str
    x_mm: npt.NDArray[np.floating]
    y_mm: npt.NDArray[np.floating]
    spacing_mm: tuple[float, float]
    muscles: tuple[tuple[VolumeLabel, npt.NDArray[np.bool_]], ...]
    body: npt.NDArray[np.floating] | None

    @property
    def width_mm(self) -> float:
        """From the first column to the last."""
        return float(self.x_mm[-1] - self.x_mm[0])

    @property
    def height_mm(self) -> float:
        """From the first row to the last."""
        return float(self.y_mm[-1] - self.y_mm[0])


def limb_sections(labels: LabelledVolume, image: sitk.Image | None, slices: Sequence[int]) -> list[LimbSection]:
    """The limbs on some slices, right before left on each.

    Args:
        labels: The label map and what its values mean.
        image: What was segmented, on the same grid: the outline of the limb is drawn from it.
        slices: Indices of axial slices, counted from inferior.
    """
    volume = AxialVolume.of(labels.image)
    planes = volume.view(sitk.GetArrayViewFromImage(labels.image))
    bodies = _bodies(AxialVolume.of(image), slices) if image is not None else {}
    sections = []
    for k in slices:
        title = volume.slice_title(k)
        by_side = {side: [label for label in labels.labels if label.side == side] for side in _SIDES}
        columns = _columns_of_sides(planes[k], by_side)
        for side, (first, end) in columns.items():
            sections.append(
                _section(
                    f"{side}, {title}" if side else title,
                    planes[k][:, first:end],
                    bodies[k][:, first:end] if k in bodies else None,
                    by_side[side],
                    volume.spacing[1:],
                )
            )
    return sections


def _bodies(volume: AxialVolume, slices: Sequence[int]) -> dict[int, npt.NDArray[np.floating]]:
    """The largest parts of the body on each slice, at the image's resolution and smooth."""
    coarse = find_foreground(volume).mask
    shape = volume.array.shape[1:]
    bodies = {}
    for k in slices:
        mask = ndimage.binary_fill_holes(coarse[k])
        zoom = [size / coarse_size for size, coarse_size in zip(shape, mask.shape, strict=True)]
        fine = ndimage.zoom(mask.astype(float), zoom, order=1, grid_mode=True, mode="nearest")
        bodies[k] = ndimage.gaussian_filter(fine, [4.0 / spacing for spacing in volume.spacing[1:]])
    return bodies


def _columns_of_sides(
    plane: npt.NDArray[np.integer], by_side: dict[str, list[VolumeLabel]]
) -> dict[str, tuple[int, int]]:
    """First and end column of each side that has voxels: two limbs are parted halfway between their muscles."""
    extents = {}
    for side, labels in by_side.items():
        columns = np.flatnonzero(np.isin(plane, [label.value for label in labels]).any(0))
        if columns.size:
            extents[side] = (int(columns[0]), int(columns[-1]) + 1)
    if "right" in extents and "left" in extents and extents["right"][1] <= extents["left"][0]:
        middle = (extents["right"][1] + extents["left"][0]) // 2
        halves = {"right": (0, middle), "left": (middle, plane.shape[1])}
        return {side: halves.get(side, (0, plane.shape[1])) for side in extents}
    return dict.fromkeys(extents, (0, plane.shape[1]))


def _section(
    title: str,
    plane: npt.NDArray[np.integer],
    body: npt.NDArray[np.floating] | None,
    labels: Sequence[VolumeLabel],
    spacing: Sequence[float],
) -> LimbSection:
    muscles = [(label, plane == label.value) for label in labels]
    found = np.isin(plane, [label.value for label in labels])
    if body is not None:
        body = _this_limb(body, found)
    rows = _range(found, body, 0, spacing[0])
    columns = _range(found, body, 1, spacing[1])
    return LimbSection(
        title=title,
        x_mm=_centred(columns) * spacing[1],
        y_mm=_centred(rows) * spacing[0],
        spacing_mm=(spacing[0], spacing[1]),
        muscles=tuple((label, mask[rows, columns]) for label, mask in muscles if mask.any()),
        body=None if body is None else body[rows, columns],
    )


def _this_limb(body: npt.NDArray[np.floating], found: npt.NDArray[np.bool_]) -> npt.NDArray[np.floating]:
    """The body without its pieces that hold none of the muscles; padding keeps its outline closed at the border."""
    pieces, _ = ndimage.label(body > 0.5)
    holding = np.unique(pieces[found & (pieces > 0)])
    return np.where(np.isin(pieces, holding) | (body <= 0.5), body, 0.0)


def _range(found: npt.NDArray[np.bool_], body: npt.NDArray[np.floating] | None, axis: int, spacing: float) -> slice:
    """The rows (axis 0) or columns (axis 1) to show: the muscles, and the body around them."""
    size = found.shape[axis]
    where = np.flatnonzero(found.any(1 - axis))
    near, far = (round(distance / spacing) for distance in (_NEAR_MM, _FAR_MM))
    first, last = int(where[0]), int(where[-1])
    if body is not None:
        limb = np.flatnonzero((body > 0.5).any(1 - axis))
        if limb.size:
            first, last = max(min(first, int(limb[0])), first - far), min(max(last, int(limb[-1])), last + far)
    return slice(max(0, first - near), min(size, last + near + 1))


def _centred(part: slice) -> npt.NDArray[np.floating]:
    indices = np.arange(part.start, part.stop, dtype=float)
    return indices - indices.mean()
