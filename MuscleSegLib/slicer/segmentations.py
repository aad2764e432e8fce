"""Segmentations as MRML nodes, and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk
import slicer
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import VTK_UNSIGNED_CHAR, vtkIntArray, vtkStringArray
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from MuscleSegLib.anatomy import sided_labels, slicer_terminology
from MuscleSegLib.errors import InputError
from MuscleSegLib.slicer.attributes import rememberResult
from MuscleSegLib.slicer.edits import LastResult, gridOf
from MuscleSegLib.slicer.key_slices import forgetPropagation
from MuscleSegLib.slicer.volumes import imageFromVolumeNode

if TYPE_CHECKING:
    from MuscleSegLib.anatomy import LabelSet, SidedLabel
    from MuscleSegLib.anatomy.tables import RGB
    from MuscleSegLib.segmentation.result import Segmentation

#: Segments are listed from the hip down, the right limb before the left.
_REGIONS = ("hip", "thigh", "leg")
_SIDES = ("right", "left")


def segmentationNodeFromResult(
    segmentation: Segmentation,
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
    scene: slicer.vtkMRMLScene | None = None,
) -> slicer.vtkMRMLSegmentationNode:
    """Make a segmentation node out of a segmented volume node.

    The segments are named, coloured and carry terminology; all of them share one binary labelmap layer, so that adding
    them takes no time and editing one keeps the others from overlapping it. A muscle that was not found in a limb
    that is in the image gets an empty segment, ready to be painted. The node takes the volume's grid as its reference
    geometry, lies under the volume's parent transform, and beside the volume in the subject hierarchy. It remembers the
    warnings, the models that were used, and enough of the result to find later what was edited
    (:func:`~MuscleSegLib.slicer.edits.editsSinceLastResult`).

    Args:
        segmentation: What segmenting ``imageFromVolumeNode(volumeNode)`` gave.
        volumeNode: The volume that was segmented.
        scene: Where the node is added; the volume's scene when None.

    Returns:
        The new node, named after the volume.

    Raises:
        InputError: The segmentation was made from another image, or the volume was moved meanwhile.
    """
    _checkSameGrid(segmentation.label_map, volumeNode)
    scene = scene or volumeNode.GetScene()
    name = scene.GenerateUniqueName(f"{volumeNode.GetName()} segmentation")
    segmentationNode = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    segmentationNode.CreateDefaultDisplayNodes()
    segmentationNode.SetAndObserveTransformNodeID(volumeNode.GetTransformNodeID())
    segmentationNode.SetReferenceImageGeometryParameterFromVolumeNode(volumeNode)
    _fill(segmentationNode, segmentation, volumeNode, kept={})
    placeBeside(volumeNode, segmentationNode)
    return segmentationNode


def updateSegmentationNode(
    segmentationNode: slicer.vtkMRMLSegmentationNode,
    segmentation: Segmentation,
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
    keep: Collection[str] = (),
) -> None:
    """Put a new result into a node that shows an earlier one of the same volume, and keep what a person did.

    Args:
        segmentationNode: The node; its name, place, and what refers to it stay.
        segmentation: What segmenting ``imageFromVolumeNode(volumeNode)`` gave.
        volumeNode: The volume that was segmented.
        keep: Segments to leave as they are, bit for bit; where the new result has another muscle, theirs wins. One
            that is not in the node (the user removed it) stays away. They count as edited still.

    Raises:
        InputError: The segmentation was made from another image, or the volume was moved meanwhile.
    """
    _checkSameGrid(segmentation.label_map, volumeNode)
    kept = {segmentId: _copyOf(segmentId, segmentationNode) for segmentId in keep}
    closedSurface = slicer.vtkSegmentationConverter.GetClosedSurfaceRepresentationName()
    shownIn3D = segmentationNode.GetSegmentation().ContainsRepresentation(closedSurface)
    modified = segmentationNode.StartModify()
    try:
        segmentationNode.GetSegmentation().RemoveAllSegments()
        _fill(segmentationNode, segmentation, volumeNode, kept)
    finally:
        segmentationNode.EndModify(modified)
    if shownIn3D:
        segmentationNode.CreateClosedSurfaceRepresentation()


def labelMapFromSegmentationNode(
    segmentationNode: slicer.vtkMRMLSegmentationNode,
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
    labelSet: LabelSet,
) -> sitk.Image:
    """Read a segmentation node, edited or not, back into a label map.

    Args:
        segmentationNode: A segmentation whose segments are called as ours are (``SidedLabel.segment_id``), made here or
            loaded from a file; other segments are left out.
        volumeNode: The volume whose grid the label map gets.
        labelSet: What the numbers shall mean.

    Returns:
        UInt8 image in the geometry of ``imageFromVolumeNode(volumeNode)``. Where segments overlap, the one further
        down in the list wins.

    Raises:
        InputError: The volume node holds no voxels, or its grid is no grid of boxes in the world.
    """
    image = imageFromVolumeNode(volumeNode)
    segmentIds = vtkStringArray()
    labelValues = vtkIntArray()
    for sided in sided_labels(labelSet):
        if segmentationNode.GetSegmentation().GetSegment(sided.segment_id) is not None:
            segmentIds.InsertNextValue(sided.segment_id)
            labelValues.InsertNextValue(sided.value)

    merged = np.zeros(image.GetSize()[::-1], np.uint8)
    if segmentIds.GetNumberOfValues():
        labelmap = slicer.vtkOrientedImageData()
        slicer.vtkSlicerSegmentationsModuleLogic.GenerateMergedLabelmapInReferenceGeometry(
            segmentationNode,
            volumeNode,
            segmentIds,
            slicer.vtkSegmentation.EXTENT_REFERENCE_GEOMETRY,
            labelmap,
            labelValues,
        )
        merged = vtk_to_numpy(labelmap.GetPointData().GetScalars()).reshape(merged.shape).astype(np.uint8)
    labelMap = sitk.GetImageFromArray(merged)
    labelMap.CopyInformation(image)
    return labelMap


def _checkSameGrid(labelMap: sitk.Image, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> None:
    image = imageFromVolumeNode(volumeNode)
    if (labelMap.GetSize(), labelMap.GetOrigin(), labelMap.GetSpacing(), labelMap.GetDirection()) != (
        image.GetSize(),
        image.GetOrigin(),
        image.GetSpacing(),
        image.GetDirection(),
    ):
        raise InputError(
            f"The segmentation does not lie on the grid of the volume “{volumeNode.GetName()}”: it was made from "
            "another image, or the volume was changed or moved meanwhile. Segment the volume again."
        )


def labelmapOnGridOf(
    volumeNode: slicer.vtkMRMLScalarVolumeNode, values: NDArray[np.uint8]
) -> slicer.vtkOrientedImageData:
    """A copy of values (slices, rows, columns) on the volume's own grid, without its parent transform (RAS)."""
    scalars = numpy_to_vtk(values.ravel(), deep=True, array_type=VTK_UNSIGNED_CHAR)
    scalars.SetName("LabelValues")
    labelmap = slicer.vtkOrientedImageData()
    labelmap.SetExtent(volumeNode.GetImageData().GetExtent())
    labelmap.GetPointData().SetScalars(scalars)
    labelmap.SetGeometryFromImageToWorldMatrix(ijkToRas(volumeNode))
    return labelmap


def valuesOnGrid(labelmap: slicer.vtkOrientedImageData, shape: tuple[int, ...]) -> NDArray[np.integer]:
    """A labelmap of a volume's own grid as values (slices, rows, columns); what is beyond the shape is left out."""
    scalars = labelmap.GetPointData().GetScalars()
    extent = labelmap.GetExtent()
    if scalars is None or any(extent[2 * axis + 1] < extent[2 * axis] for axis in range(3)):
        return np.zeros(shape, np.uint8)
    columns, rows, slices = labelmap.GetDimensions()
    values = vtk_to_numpy(scalars).reshape(slices, rows, columns)
    whole = np.zeros(shape, values.dtype)
    first = (extent[4], extent[2], extent[0])
    here, there = [], []
    for begin, length, size in zip(first, values.shape, shape, strict=True):
        start, end = max(0, begin), min(size, begin + length)
        there.append(slice(start, max(start, end)))
        here.append(slice(start - begin, max(start, end) - begin))
    whole[tuple(there)] = values[tuple(here)]
    return whole


def ijkToRas(volumeNode: slicer.vtkMRMLScalarVolumeNode) -> vtkMatrix4x4:
    """From voxels to RAS, without the volume's parent transform."""
    matrix = vtkMatrix4x4()
    volumeNode.GetIJKToRASMatrix(matrix)
    return matrix


def _fill(
    segmentationNode: slicer.vtkMRMLSegmentationNode,
    segmentation: Segmentation,
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
    kept: Mapping[str, Any],
) -> None:
    """Give an empty segmentation node its segments, those that are ``kept`` (None: to stay away) before the new."""
    binaryLabelmap = slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName()
    values = sitk.GetArrayFromImage(segmentation.label_map)
    order = _segmentOrder(segmentation.label_set, values)
    shared = values.copy()
    for segment in kept.values():
        if segment is not None:
            _clearWhereSet(shared, segment.GetRepresentation(binaryLabelmap))
    labelmap = labelmapOnGridOf(volumeNode, shared)
    remaining = {segmentId: segment for segmentId, segment in kept.items() if segment is not None}
    for sided in order:
        if sided.segment_id in remaining:
            segmentationNode.GetSegmentation().AddSegment(remaining.pop(sided.segment_id), sided.segment_id)
        elif sided.segment_id not in kept:
            segment = _segment(sided)
            segment.AddRepresentation(binaryLabelmap, labelmap)
            segmentationNode.GetSegmentation().AddSegment(segment, sided.segment_id)
    for segmentId, segment in remaining.items():
        segmentationNode.GetSegmentation().AddSegment(segment, segmentId)

    ours = {sided.value: sided.segment_id for sided in order}
    warnings = tuple(warning for warning in segmentation.warnings if ours.get(warning.value or 0) not in kept)
    rememberResult(segmentationNode, replace(segmentation, warnings=warnings))
    LastResult(values, ours, gridOf(ijkToRas(volumeNode))).keepIn(segmentationNode)
    forgetPropagation(segmentationNode)


def _copyOf(segmentId: str, segmentationNode: slicer.vtkMRMLSegmentationNode) -> Any:
    """The segment with a binary labelmap of its own, whose voxels have the segment's label value; None: no segment."""
    segment = segmentationNode.GetSegmentation().GetSegment(segmentId)
    if segment is None:
        return None
    labelmap = slicer.vtkOrientedImageData()
    segmentationNode.GetBinaryLabelmapRepresentation(segmentId, labelmap)
    scalars = labelmap.GetPointData().GetScalars()
    if scalars is not None:
        voxels = vtk_to_numpy(scalars)
        voxels[voxels != 0] = segment.GetLabelValue()
    copy = slicer.vtkSegment()
    copy.DeepCopyMetadata(segment)
    copy.AddRepresentation(slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName(), labelmap)
    return copy


def _clearWhereSet(values: NDArray[np.uint8], labelmap: Any) -> None:
    """Set ``values``, which start at voxel 0 of the grid, to background where a labelmap of that grid is set."""
    scalars = labelmap.GetPointData().GetScalars()
    if scalars is None:
        return
    extent = labelmap.GetExtent()
    columns, rows, slices = labelmap.GetDimensions()
    mask = vtk_to_numpy(scalars).reshape(slices, rows, columns) != 0
    where = np.argwhere(mask) + np.array([extent[4], extent[2], extent[0]])
    inside = ((where >= 0) & (where < values.shape)).all(axis=1)
    values[tuple(where[inside].T)] = 0


def _segmentOrder(labelSet: LabelSet, values: NDArray[np.uint8]) -> list[SidedLabel]:
    """The muscles of every region and side of which something was found, by region, then side, then label set."""
    found = set(np.unique(values).tolist())
    everySided = sided_labels(labelSet)
    limbs = {(sided.label.region, sided.side) for sided in everySided if sided.value in found}
    return sorted(
        (sided for sided in everySided if (sided.label.region, sided.side) in limbs),
        key=lambda sided: (_REGIONS.index(sided.label.region), _SIDES.index(sided.side)),
    )


def _segment(sided: SidedLabel) -> Any:
    terminology = slicer_terminology(sided.label.snomed_code, sided.label.snomed_meaning, sided.side)
    return newSegment(sided.name, sided.label.color, terminology, sided.value)


def newSegment(name: str, color: RGB, terminology: str, value: int) -> Any:
    """A ``vtkSegment`` without a representation.

    Args:
        name: What the user sees.
        color: Red, green and blue from 0 to 255.
        terminology: An entry as Slicer serialises it; empty for none.
        value: The number of its voxels.
    """
    segment = slicer.vtkSegment()
    segment.SetName(name)
    segment.SetNameAutoGenerated(False)
    segment.SetColor(*(channel / 255 for channel in color))
    segment.SetColorAutoGenerated(False)
    if terminology:
        segment.SetTerminology(terminology)
    segment.SetLabelValue(value)
    return segment


def placeBeside(
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
    segmentationNode: slicer.vtkMRMLSegmentationNode,
) -> None:
    """Give the segmentation the volume's parent in the subject hierarchy, when the volume is in it."""
    hierarchy = segmentationNode.GetScene().GetSubjectHierarchyNode()
    volumeItem = hierarchy.GetItemByDataNode(volumeNode)
    if volumeItem == hierarchy.GetInvalidItemID():
        return
    parentItem = hierarchy.GetItemParent(volumeItem)
    segmentationItem = hierarchy.GetItemByDataNode(segmentationNode)
    if segmentationItem == hierarchy.GetInvalidItemID():
        hierarchy.CreateItem(parentItem, segmentationNode)
    else:
        hierarchy.SetItemParent(segmentationItem, parentItem)
