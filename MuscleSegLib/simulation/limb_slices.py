"""Label maps of volunteers, patients and cadavers, cut into slices of one limb each.

Every slice is stored as the *nearest label* of each pixel with the signed distance to that label's border. A muscle
then grows or withers by moving a threshold, and gaps between muscles close or open, without touching the map again.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull

from MuscleSegLib.anatomy import muscles
from MuscleSegLib.errors import ConfigError
from MuscleSegLib.segmentation.image_reading import read_stored
from MuscleSegLib.simulation.curved_cuts import cut, draw_surface

#: Canvas of a stored slice: 256 x 256 pixels of 1 mm.
CANVAS = 256
#: Distances are stored in steps of 0.5 mm, in a signed byte.
DISTANCE_STEP_MM = 0.5
#: Tissue that lies where the label map says nothing and that looks too large to be a gap between muscles.
UNKNOWN = 60
#: A hole that such a disc fits into is taken for an unnamed muscle; a smaller one is fat around vessels and nerves.
MUSCLE_RADIUS_MM = 7
#: Distance between the slices that are kept of a map of thinner ones, unless asked for another.
EVERY_MM = 4.0
#: A slice with fewer labelled pixels of 1 mm shows the tip of a limb.
_LEAST_PIXELS = 200
FEMUR = 51
VASTUS_INTERMEDIUS = 4


@dataclass(frozen=True)
class LimbSlices:
    """Slices of right limbs (left ones mirrored): 256 x 256 mm, rows anterior to posterior, columns right to left.

    Attributes:
        nearest: (N, 256, 256) uint8, the label nearest to each pixel.
        border: (N, 256, 256) int8, distance to that label's border in half millimetres, negative inside it.
        hull: (N, 256, 256) int8, distance to the convex hull of all labels in half millimetres, negative inside it.
        subject: (N,) index into ``subjects``.
        position_mm: (N,) height of the slice above the lowest slice of its volume.
        subjects: names of the label maps' files, with the limb.
    """

    nearest: NDArray[np.uint8]
    border: NDArray[np.int8]
    hull: NDArray[np.int8]
    subject: NDArray[np.int16]
    position_mm: NDArray[np.float32]
    subjects: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.nearest)

    def where(self, keep: NDArray[np.bool_]) -> "LimbSlices":
        """The slices for which ``keep`` (N,) is true."""
        return LimbSlices(
            self.nearest[keep],
            self.border[keep],
            self.hull[keep],
            self.subject[keep],
            self.position_mm[keep],
            self.subjects,
        )


def _on_canvas(slice_labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``slice_labels`` (any size, 1 mm) with the middle of its labels' bounding box in the middle of the canvas."""
    rows, columns = np.nonzero(slice_labels)
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    row = CANVAS // 2 - (int(rows.min()) + int(rows.max())) // 2
    column = CANVAS // 2 - (int(columns.min()) + int(columns.max())) // 2
    r, c = rows + row, columns + column
    inside = (r >= 0) & (r < CANVAS) & (c >= 0) & (c < CANVAS)
    canvas[r[inside], c[inside]] = slice_labels[rows[inside], columns[inside]]
    return canvas


def _hull_distance(labelled: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Signed distance (mm, negative inside) to the convex hull of ``labelled``."""
    outline = labelled & ~ndimage.binary_erosion(labelled)
    points = np.argwhere(outline)
    equations = ConvexHull(points).equations  # normal . x + offset <= 0 inside
    first, end = points.min(0), points.max(0) + 1
    rows, columns = np.ogrid[tuple(map(slice, first, end))]
    inside = np.zeros(labelled.shape, bool)
    within = np.ones(tuple(end - first), bool)
    for down, right, offset in equations:
        within &= down * rows + right * columns + offset <= 0.5
    inside[tuple(map(slice, first, end))] = within
    return np.where(inside, 0.5 - ndimage.distance_transform_edt(inside), ndimage.distance_transform_edt(~inside) - 0.5)


def _add_unlabelled(labels: NDArray[np.uint8], hull: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Find what a map of muscles alone leaves out: the femur, and large holes that are muscles it does not name.

    The femur is the largest disc that fits into the empty space whose nearest muscle is vastus intermedius.
    """
    labels = labels.copy()
    empty = (labels == 0) & (hull < 0)
    room = ndimage.distance_transform_edt(empty)
    nearest_index = ndimage.distance_transform_edt(labels == 0, return_indices=True, return_distances=False)
    beside_vi = labels[tuple(nearest_index)] == VASTUS_INTERMEDIUS
    candidate = np.where(beside_vi & (hull < -10), room, 0)
    radius = candidate.max()
    if 7 <= radius <= 22:
        centre = np.unravel_index(candidate.argmax(), candidate.shape)
        rows, columns = np.indices(labels.shape)
        disc = np.hypot(rows - centre[0], columns - centre[1]) <= 1.15 * radius
        labels[disc & (labels == 0)] = FEMUR
    room = ndimage.distance_transform_edt((labels == 0) & (hull < 0))
    core = room > MUSCLE_RADIUS_MM
    if core.any():
        labels[(ndimage.distance_transform_edt(~core) < MUSCLE_RADIUS_MM) & (labels == 0)] = UNKNOWN
    return labels


def signed_distances(labels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Nearest label of each pixel and the signed distance (mm) to its border."""
    edge = np.zeros(labels.shape, bool)
    for axis in (0, 1):
        change = np.diff(labels, axis=axis) != 0
        lower = [slice(None)] * 2
        upper = [slice(None)] * 2
        lower[axis], upper[axis] = slice(None, -1), slice(1, None)
        edge[tuple(lower)] |= change
        edge[tuple(upper)] |= change
    edge &= labels > 0
    inside = ndimage.distance_transform_edt(~edge) + 0.5
    outside, index = ndimage.distance_transform_edt(labels == 0, return_indices=True)
    return labels[tuple(index)], np.where(labels > 0, -inside, outside - 0.5)


def _pack(distance: NDArray[np.floating]) -> NDArray[np.int8]:
    return np.clip(np.round(distance / DISTANCE_STEP_MM), -127, 127).astype(np.int8)


def _read(path: Path) -> sitk.Image:
    """A three-dimensional map of labels that the table of muscles knows."""
    image = read_stored(path)
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise ConfigError(f"The label map {path} is not a three-dimensional image of one number a voxel.")
    numbers = np.unique(sitk.GetArrayViewFromImage(image)).tolist()
    known = {0, *(muscle.index for muscle in muscles().values())}
    strange = [number for number in numbers if number not in known]
    if strange:
        raise ConfigError(f"The label map {path} holds the number {strange[0]}, which the table of muscles lacks.")
    if numbers == [0]:
        raise ConfigError(f"The label map {path} is empty: take it away.")
    return image


def _axial_at_1_mm(image: sitk.Image) -> sitk.Image:
    """The label map in LPS order with 1 mm pixels in the plane."""
    image = sitk.DICOMOrient(image, "LPS")
    sx, sy, sz = image.GetSpacing()
    nx, ny, nz = image.GetSize()
    size = [round(nx * sx), round(ny * sy), nz]
    return sitk.Resample(
        image, size, sitk.Transform(), sitk.sitkNearestNeighbor, image.GetOrigin(), (1.0, 1.0, sz), image.GetDirection()
    )


def _limbs(volume: NDArray[np.uint8], name: str) -> Iterable[tuple[str, NDArray[np.uint8]]]:
    """The one or two limbs of a volume, each in the right limb's orientation.

    A file named ``*_Left`` or ``*_Right``, in capitals or not, holds one; any other holds both, told apart by the
    emptiest columns between.
    """
    body, _, side = name.rpartition("_")
    if side.casefold() in ("left", "right"):
        yield f"{body}_{side.capitalize()}", volume[:, :, ::-1] if side.casefold() == "left" else volume
        return
    profile = (volume > 0).sum((0, 1)).astype(float)
    middle = float((profile * np.arange(profile.size)).sum() / profile.sum())
    near = slice(max(0, int(middle) - 40), int(middle) + 41)
    quiet = np.flatnonzero(profile[near] == profile[near].min()) + near.start
    split = int(quiet[np.abs(quiet - middle).argmin()])
    yield f"{name} right", volume[:, :, :split]
    yield f"{name} left", volume[:, :, split:][:, :, ::-1]


def _all_limbs(paths: Sequence[Path]) -> Iterable[tuple[str, NDArray[np.uint8], float]]:
    """Name, (slice, row, column) and distance of slices (mm) of every limb."""
    for path in paths:
        image = _axial_at_1_mm(_read(path))
        for name, limb in _limbs(sitk.GetArrayFromImage(image), path.name.removesuffix(".gz").removesuffix(".nii")):
            yield name, limb, image.GetSpacing()[2]


def _stacks(
    paths: Sequence[Path], every_mm: float, curved_cuts: int
) -> Iterable[tuple[str, Iterable[tuple[float, NDArray[np.uint8]]]]]:
    """Every limb, cut straight and along curved surfaces: name, and (height in mm, labels (row, column)) of slices."""
    for name, limb, slice_mm in _all_limbs(paths):
        numbers = range(0, len(limb), max(1, round(every_mm / slice_mm)))
        yield name, ((number * slice_mm, limb[number]) for number in numbers)
        random = np.random.default_rng(list(name.encode()))
        for surface in range(1, curved_cuts + 1):
            rise = draw_surface(limb, slice_mm, random)
            yield f"{name}, surface {surface}", ((number * slice_mm, cut(limb, number, rise)) for number in numbers)


def _everything(present: NDArray[np.integer]) -> bool:
    """Slices of whatever labels are of use, if they show any."""
    return len(present) > 0


def read_limb_slices(
    paths: Sequence[Path],
    *,
    muscles_only: bool,
    every_mm: float = EVERY_MM,
    of_use: Callable[[NDArray[np.integer]], bool] = _everything,
    curved_cuts: int = 0,
) -> LimbSlices:
    """Cut label maps into slices of one limb; where none is of use, into no slices.

    Args:
        paths: label map files. One whose name ends in ``_Left`` or ``_Right`` holds that limb, any other holds both.
        muscles_only: the maps name no bone, and not every muscle: look for the femur and the unnamed ones.
        every_mm: distance between the slices kept, where the map has them closer.
        of_use: whether a slice is kept that shows these labels (their numbers, each once).
        curved_cuts: cut each limb along so many curved surfaces too, each of which counts as a further limb; see
            :mod:`MuscleSegLib.simulation.curved_cuts`. Only for maps of thin slices.

    Raises:
        ConfigError: no file, or a file is no map of labels from the table of muscles.
        InputError: a file cannot be read, or does not say where its voxels lie.
    """
    if not paths:
        raise ConfigError("There are no label maps to simulate from: check the folder in the training configuration.")
    drawn: list[NDArray[np.uint8]] = []
    subject: list[int] = []
    position_mm: list[float] = []
    subjects: list[str] = []
    for name, stack in _stacks(paths, every_mm, curved_cuts):
        subjects.append(name)
        for height_mm, labels in stack:
            counts = np.bincount(labels.ravel())[1:]
            if counts.sum() >= _LEAST_PIXELS and of_use(np.flatnonzero(counts) + 1):
                drawn.append(_on_canvas(labels))
                subject.append(len(subjects) - 1)
                position_mm.append(height_mm)
    with ThreadPoolExecutor() as threads:
        stored = list(threads.map(partial(_stored, muscles_only=muscles_only), drawn))
    nearest, border, hull = zip(*stored, strict=True) if stored else ((), (), ())
    shape = (-1, CANVAS, CANVAS)
    return LimbSlices(
        np.array(nearest, np.uint8).reshape(shape),
        np.array(border, np.int8).reshape(shape),
        np.array(hull, np.int8).reshape(shape),
        np.array(subject, np.int16),
        np.array(position_mm, np.float32),
        tuple(subjects),
    )


def _stored(
    labels: NDArray[np.uint8], muscles_only: bool
) -> tuple[NDArray[np.uint8], NDArray[np.int8], NDArray[np.int8]]:
    """``nearest``, ``border`` and ``hull`` of one slice, as in :class:`LimbSlices`."""
    hull = _hull_distance(labels > 0)
    nearest, border = signed_distances(_add_unlabelled(labels, hull) if muscles_only else labels)
    return nearest, _pack(border), _pack(hull)


def join(parts: Sequence[LimbSlices]) -> LimbSlices:
    """Several sets of slices as one."""
    offsets = np.cumsum([0, *(len(part.subjects) for part in parts[:-1])])
    return LimbSlices(
        np.concatenate([part.nearest for part in parts]),
        np.concatenate([part.border for part in parts]),
        np.concatenate([part.hull for part in parts]),
        np.concatenate([part.subject + offset for part, offset in zip(parts, offsets, strict=True)]).astype(np.int16),
        np.concatenate([part.position_mm for part in parts]),
        tuple(name for part in parts for name in part.subjects),
    )
