"""Which segments, and which slices of them, were edited since the network made them.

A segmentation node keeps a fingerprint of every slice of every segment as it came from the network, as a node
attribute: a few kilobytes that are saved with the scene in whichever way it is saved. What differs from it was edited;
what was edited and then undone was not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from zlib import crc32

import numpy as np
import slicer
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4

if TYPE_CHECKING:
    from collections.abc import Collection

#: The fingerprints of the last result, as JSON.
LAST_RESULT_ATTRIBUTE = "MuscleSeg.LastResult"

#: Fingerprint of each slice of each segment that has voxels there; slices are counted from 0 along the volume's k axis.
Fingerprints = dict[str, dict[int, int]]

#: Largest difference (mm) between two grids that are the same but for rounding in a file.
_SAME_GRID_MM = 1e-3


@dataclass(frozen=True)
class Edit:
    """What was done to a segment since the last result.

    Attributes:
        kind: Its voxels were ``changed``, or the whole segment was ``added`` or ``removed``.
        slices: The slices in which it differs, counted from 0 along the volume's k axis, ascending.
    """

    kind: Literal["changed", "added", "removed"]
    slices: tuple[int, ...]


def rememberLastResult(
    segmentationNode: slicer.vtkMRMLSegmentationNode,
    values: NDArray[np.uint8],
    segmentIds: Mapping[int, str],
    ijkToRas: vtkMatrix4x4,
) -> None:
    """Keep a result's fingerprints, to find edits by.

    Args:
        segmentationNode: The node that shows the result.
        values: The result's label map, (slices, rows, columns).
        segmentIds: The segment of each value.
        ijkToRas: The label map's grid, without the node's parent transform.
    """
    fingerprints: Fingerprints = {segmentId: {} for segmentId in segmentIds.values()}
    _addFingerprints(fingerprints, values, (0, 0, 0), segmentIds)
    remembered = {
        "grid": _elements(ijkToRas),
        "values": {segmentId: value for value, segmentId in segmentIds.items()},
        "segments": fingerprints,
    }
    segmentationNode.SetAttribute(LAST_RESULT_ATTRIBUTE, json.dumps(remembered))


def editsSinceLastResult(segmentationNode: slicer.vtkMRMLSegmentationNode) -> dict[str, Edit]:
    """What was edited since the network's last result, by segment.

    When the whole segmentation was moved to another grid, every segment counts as changed.

    Returns:
        Empty for a segmentation in which nothing was edited, and for one that was not made here.
    """
    stored = segmentationNode.GetAttribute(LAST_RESULT_ATTRIBUTE)
    if stored is None:
        return {}
    last = json.loads(stored)
    before: Fingerprints = {
        segmentId: {int(index): value for index, value in slices.items()}
        for segmentId, slices in last["segments"].items()
    }
    now = _fingerprintsOf(segmentationNode, last["grid"])
    edits = {}
    for segmentId in now.keys() - before.keys():
        if now[segmentId]:
            edits[segmentId] = Edit("added", tuple(sorted(now[segmentId])))
    for segmentId in before.keys() - now.keys():
        edits[segmentId] = Edit("removed", tuple(sorted(before[segmentId])))
    for segmentId in before.keys() & now.keys():
        slices = {index for index, _ in before[segmentId].items() ^ now[segmentId].items()}
        if slices:
            edits[segmentId] = Edit("changed", tuple(sorted(slices)))
    return edits


def segmentIdsOfLastResult(segmentationNode: slicer.vtkMRMLSegmentationNode) -> dict[int, str]:
    """The segment of each value of the last result's label map; empty for a segmentation that was not made here."""
    stored = segmentationNode.GetAttribute(LAST_RESULT_ATTRIBUTE)
    values = json.loads(stored)["values"] if stored is not None else {}
    return {value: segmentId for segmentId, value in values.items()}


def editedSlices(edits: Mapping[str, Edit], segmentIds: Collection[str] | None = None) -> tuple[int, ...]:
    """The slices in which any of these segments (all when None) was edited, ascending."""
    chosen = (edit for key, edit in edits.items() if segmentIds is None or key in segmentIds)
    return tuple(sorted({index for edit in chosen for index in edit.slices}))


def _fingerprintsOf(segmentationNode: slicer.vtkMRMLSegmentationNode, grid: list[float]) -> Fingerprints:
    """Of the segments as they are now; a layer on another grid than ``grid`` matches nothing."""
    segmentation = segmentationNode.GetSegmentation()
    fingerprints: Fingerprints = {segmentId: {} for segmentId in segmentation.GetSegmentIDs()}
    for labelmap, segmentIds in _layers(segmentation):
        extent = labelmap.GetExtent()
        shape = tuple(extent[2 * axis + 1] - extent[2 * axis] + 1 for axis in (2, 1, 0))
        scalars = labelmap.GetPointData().GetScalars()
        if scalars is None or min(shape) < 1:
            continue
        matrix = vtkMatrix4x4()
        labelmap.GetImageToWorldMatrix(matrix)
        onGrid = np.allclose(_elements(matrix), grid, rtol=0, atol=_SAME_GRID_MM)
        values = vtk_to_numpy(scalars).reshape(shape)
        _addFingerprints(fingerprints, values, (extent[4], extent[2], extent[0]), segmentIds, seed=0 if onGrid else 1)
    return fingerprints


def _layers(segmentation: Any) -> Iterator[tuple[Any, dict[int, str]]]:
    """Each layer's label map, and which segment each of its values is."""
    name = slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName()
    for layer in range(segmentation.GetNumberOfLayers(name)):
        ids = segmentation.GetSegmentIDsForLayer(layer, name)
        yield (
            segmentation.GetLayerDataObject(layer, name),
            {int(segmentation.GetSegment(segmentId).GetLabelValue()): segmentId for segmentId in ids},
        )


def _addFingerprints(
    fingerprints: Fingerprints,
    values: NDArray[Any],
    offset: tuple[int, int, int],
    segmentIds: Mapping[int, str],
    seed: int = 0,
) -> None:
    """Add each slice's: a checksum of where the voxels are, whatever the extent of the array they are in."""
    firstSlice, firstRow, firstColumn = offset
    for index, image in enumerate(values):
        rows, columns = np.nonzero(image)
        if not rows.size:
            continue
        found = image[rows, columns]
        order = np.argsort(found, kind="stable")
        places = np.stack([rows + firstRow, columns + firstColumn], axis=1).astype(np.int32)[order]
        present, starts = np.unique(found[order], return_index=True)
        for value, where in zip(present.tolist(), np.split(places, starts[1:]), strict=True):
            if value in segmentIds:
                fingerprints[segmentIds[value]][index + firstSlice] = crc32(where.tobytes(), seed)


def _elements(matrix: vtkMatrix4x4) -> list[float]:
    return [matrix.GetElement(row, column) for row in range(4) for column in range(4)]
