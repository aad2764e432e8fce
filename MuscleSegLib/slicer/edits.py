"""Which segments, and which slices of them, were edited since the network made them.

A segmentation node keeps the label map that it was made of, compressed, as a node attribute: it is saved with the scene
in whichever way that is saved, and shows up nowhere. What differs from it was edited; what was edited and then undone
was not.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self
from zlib import compress, decompress

import numpy as np
import slicer
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from MuscleSegLib.segmentation.orientation import slice_axis

#: The last result, as JSON.
LAST_RESULT_ATTRIBUTE = "MuscleSeg.LastResult"

#: Largest difference (mm) between two grids that are the same but for rounding in a file.
SAME_GRID_MM = 1e-3


@dataclass(frozen=True)
class Edit:
    """What was done to a segment since the last result.

    Attributes:
        kind: Its voxels were ``changed``, or the whole segment was ``added`` or ``removed``.
        slices: The slices in which it differs, ascending; counted from 0 along the stored axis that is nearest to the
            patient's, as ``muscleseg propagate`` counts them.
    """

    kind: Literal["changed", "added", "removed"]
    slices: tuple[int, ...]


@dataclass(frozen=True)
class LastResult:
    """What the network found, or what was carried to a scan, as a segmentation node keeps it.

    Attributes:
        values: The label map, (slices, rows, columns), as stored in the volume.
        segment_ids: The segment of each value.
        grid: From voxels to RAS (mm) without the node's parent transform, 4 × 4 row by row.
        by_network: Whether a network found it in this volume; else it was carried here from elsewhere.
    """

    values: NDArray[np.uint8]
    segment_ids: Mapping[int, str]
    grid: tuple[float, ...]
    by_network: bool = True

    @classmethod
    def of(cls, segmentationNode: slicer.vtkMRMLSegmentationNode) -> Self | None:
        """The one that a node keeps; None for a segmentation that was not made here."""
        stored = segmentationNode.GetAttribute(LAST_RESULT_ATTRIBUTE)
        return None if stored is None else cls.from_json(json.loads(stored))

    def keepIn(self, segmentationNode: slicer.vtkMRMLSegmentationNode) -> None:
        """Have a node keep it, in the place of the one before."""
        segmentationNode.SetAttribute(LAST_RESULT_ATTRIBUTE, json.dumps(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        """All of it as what JSON holds; the voxels compressed."""
        return {
            "grid": self.grid,
            "segments": self.segment_ids,
            "shape": self.values.shape,
            "by_network": self.by_network,
            "voxels": b64encode(compress(np.ascontiguousarray(self.values).tobytes())).decode("ascii"),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """What :meth:`to_json` gave."""
        values = np.frombuffer(decompress(b64decode(kept["voxels"])), np.uint8).reshape(kept["shape"])
        segment_ids = {int(value): key for value, key in kept["segments"].items()}
        return cls(values, segment_ids, tuple(kept["grid"]), kept.get("by_network", True))


def editsSinceLastResult(segmentationNode: slicer.vtkMRMLSegmentationNode) -> dict[str, Edit]:
    """What was edited since the network's last result, by segment.

    When the whole segmentation was moved to another grid, every segment counts as changed.

    Returns:
        Empty for a segmentation in which nothing was edited, and for one that was not made here.
    """
    last = LastResult.of(segmentationNode)
    return {} if last is None else editsSince(last, segmentationNode)


def editsSince(last: LastResult, segmentationNode: slicer.vtkMRMLSegmentationNode) -> dict[str, Edit]:
    """What is other than it was, by segment."""
    segmentation = segmentationNode.GetSegmentation()
    present = set(segmentation.GetSegmentIDs())
    known = {segmentId: value for value, segmentId in last.segment_ids.items()}
    differing: dict[str, set[int]] = {}
    for labelmap, names in _layers(segmentation):
        differing |= _differingSlices(labelmap, names, last)
    for segmentId in known.keys() - differing.keys():  # Removed, or without voxels of its own.
        differing[segmentId] = _slicesWith(last.values, known[segmentId], sliceAxis(last.grid))
    edits = {}
    for segmentId, slices in differing.items():
        kind: Literal["changed", "added", "removed"] = "changed"
        if segmentId not in present:
            kind = "removed"
        elif segmentId not in known:
            kind = "added"
        if slices or kind == "removed":
            edits[segmentId] = Edit(kind, tuple(sorted(slices)))
    return edits


def gridOf(matrix: vtkMatrix4x4) -> tuple[float, ...]:
    """The elements of a matrix from voxels to RAS, row by row."""
    return tuple(matrix.GetElement(row, column) for row in range(4) for column in range(4))


def sliceAxis(grid: Sequence[float]) -> int:
    """The axis of a stored array (k, j, i) along which slices are counted: the one nearest to the patient's.

    Args:
        grid: From voxels to RAS, 4 × 4 row by row.
    """
    axes = np.reshape(grid, (4, 4))[:3, :3]
    return slice_axis((axes / np.linalg.norm(axes, axis=0)).ravel().tolist())


def _layers(segmentation: Any) -> Iterator[tuple[Any, dict[int, str]]]:
    """Each layer's label map, and which segment each of its values is."""
    name = slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName()
    for layer in range(segmentation.GetNumberOfLayers(name)):
        ids = segmentation.GetSegmentIDsForLayer(layer, name)
        yield (
            segmentation.GetLayerDataObject(layer, name),
            {int(segmentation.GetSegment(segmentId).GetLabelValue()): segmentId for segmentId in ids},
        )


def _differingSlices(labelmap: Any, names: Mapping[int, str], last: LastResult) -> dict[str, set[int]]:
    """The slices in which each segment of a layer is not as it was; all that it has when the grid is another."""
    known = {segmentId: value for value, segmentId in last.segment_ids.items()}
    differing: dict[str, set[int]] = {segmentId: set() for segmentId in names.values()}
    extent = labelmap.GetExtent()
    shape = tuple(extent[2 * axis + 1] - extent[2 * axis] + 1 for axis in (2, 1, 0))
    scalars = labelmap.GetPointData().GetScalars()
    now = np.zeros((1, 1, 1), np.uint8) if scalars is None or min(shape) < 1 else vtk_to_numpy(scalars).reshape(shape)
    first = (extent[4], extent[2], extent[0]) if now.shape == shape else (0, 0, 0)
    matrix = vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(matrix)
    axis = sliceAxis(last.grid)
    if not np.allclose(gridOf(matrix), last.grid, rtol=0, atol=SAME_GRID_MM):
        for value, segmentId in names.items():
            differing[segmentId] |= {index + first[axis] for index in _slicesWith(now, value, axis)}
            if segmentId in known:
                differing[segmentId] |= _slicesWith(last.values, known[segmentId], axis)
        return differing

    # Both in one numbering of the segments, and on one extent.
    numbers = {segmentId: number for number, segmentId in enumerate(names.values(), start=1)}
    isNow = _renumbered(now, {value: numbers[segmentId] for value, segmentId in names.items()})
    was = _renumbered(
        last.values, {known[segmentId]: number for segmentId, number in numbers.items() if segmentId in known}
    )
    start = tuple(min(0, begin) for begin in first)
    was, isNow = (np.moveaxis(part, axis, 0) for part in _onOneExtent((was, (0, 0, 0)), (isNow, first), start))
    segmentIds = ["", *numbers]
    for index in np.flatnonzero((was != isNow).any(axis=(1, 2))).tolist():
        differs = was[index] != isNow[index]
        for number in {*np.unique(was[index][differs]).tolist(), *np.unique(isNow[index][differs]).tolist()} - {0}:
            differing[segmentIds[number]].add(index + start[axis])
    return differing


def _slicesWith(values: NDArray[Any], value: int, axis: int) -> set[int]:
    others = tuple(other for other in range(3) if other != axis)
    return set(np.flatnonzero((values == value).any(axis=others)).tolist())


def _renumbered(values: NDArray[Any], numbers: Mapping[int, int]) -> NDArray[np.uint16]:
    """Each value as its number, 0 where it has none."""
    table = np.zeros(max(int(values.max(initial=0)), *numbers, 0) + 1, np.uint16)
    for value, number in numbers.items():
        table[value] = number
    return table[values]


def _onOneExtent(
    one: tuple[NDArray[Any], tuple[int, ...]], other: tuple[NDArray[Any], tuple[int, ...]], start: tuple[int, ...]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Two arrays, each with the index of its first voxel, on the extent from ``start`` that holds both."""
    ends = [
        max(
            first + size for first, size in ((one[1][axis], one[0].shape[axis]), (other[1][axis], other[0].shape[axis]))
        )
        for axis in range(3)
    ]
    shape = tuple(end - begin for end, begin in zip(ends, start, strict=True))
    placed = []
    for values, first in (one, other):
        if values.shape != shape:
            whole = np.zeros(shape, values.dtype)
            begins = [begin - origin for begin, origin in zip(first, start, strict=True)]
            whole[tuple(slice(begin, begin + size) for begin, size in zip(begins, values.shape, strict=True))] = values
            placed.append(whole)
        else:
            placed.append(values)
    return placed[0], placed[1]
