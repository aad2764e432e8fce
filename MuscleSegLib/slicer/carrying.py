"""Propagation on segmentation nodes: what it is given, and what becomes of its result."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import numpy as np
import SimpleITK as sitk
import slicer
from numpy.typing import NDArray

from MuscleSegLib.anatomy import slicer_terminology
from MuscleSegLib.errors import InputError
from MuscleSegLib.itk_paths import itk_path
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, VolumeLabel
from MuscleSegLib.slicer.edits import LastResult, gridOf, sliceAxis
from MuscleSegLib.slicer.key_slices import isKnown, keySlices, rememberPropagation
from MuscleSegLib.slicer.labelled_volumes import labelledVolumeFromSegmentationNodes
from MuscleSegLib.slicer.results import RUN_ATTRIBUTE, SIDE_ATTRIBUTE
from MuscleSegLib.slicer.segmentations import ijkToRas, labelmapOnGridOf, newSegment, placeBeside, valuesOnGrid
from MuscleSegLib.slicer.volumes import imageFromVolumeNode


def segmentIdsByValue(segmentationNodes: Sequence[slicer.vtkMRMLSegmentationNode]) -> dict[int, tuple[str, str]]:
    """Node and segment of each value that ``labelledVolumeFromSegmentationNodes`` gives these nodes."""
    segments = [(node.GetID(), key) for node in segmentationNodes for key in node.GetSegmentation().GetSegmentIDs()]
    return dict(enumerate(segments, start=1))


def drawnOrCorrected(
    segmentationNode: slicer.vtkMRMLSegmentationNode, volumeNode: slicer.vtkMRMLScalarVolumeNode
) -> dict[str, tuple[int, ...]]:
    """The slices of each segment that a person drew or corrected, see ``keySlices``.

    Of a segmentation that was not made here, and not carried yet, all slices that show anything: what they do not show
    of a muscle is not there.
    """
    if isKnown(segmentationNode):
        return keySlices(segmentationNode)
    labels = labelledVolumeFromSegmentationNodes([segmentationNode], volumeNode)
    values = np.moveaxis(sitk.GetArrayViewFromImage(labels.image), sliceAxis(gridOf(ijkToRas(volumeNode))), 0)
    drawn = tuple(np.flatnonzero(values.any((1, 2))).tolist())
    present = set(np.unique(values).tolist())
    segmentIds = segmentIdsByValue([segmentationNode])
    return {segmentId: drawn for value, (_nodeId, segmentId) in segmentIds.items() if value in present}


def networkResultOf(
    segmentationNodes: Sequence[slicer.vtkMRMLSegmentationNode], volumeNode: slicer.vtkMRMLScalarVolumeNode
) -> LabelledVolume | None:
    """What a network found in this volume, with the labels that the nodes have now.

    A node that was carried here, such as the other side, shows nothing of it. None where all were, or one was not made
    here.
    """
    results = [LastResult.of(node) for node in segmentationNodes]
    if not any(result is not None and result.by_network for result in results):
        return None
    # What was carried shows no segment of the network's.
    found = [result if result is None or result.by_network else replace(result, segment_ids={}) for result in results]
    return _together(segmentationNodes, found, volumeNode)


def lastResultOf(
    segmentationNodes: Sequence[slicer.vtkMRMLSegmentationNode], volumeNode: slicer.vtkMRMLScalarVolumeNode
) -> LabelledVolume | None:
    """What the nodes were before they were edited, with the labels that they have now.

    Returns:
        None where a node was not made here.
    """
    return _together(segmentationNodes, [LastResult.of(node) for node in segmentationNodes], volumeNode)


def _together(
    segmentationNodes: Sequence[slicer.vtkMRMLSegmentationNode],
    results: Sequence[LastResult | None],
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
) -> LabelledVolume | None:
    """The results of nodes as one label map, numbered as the nodes are now; None where one is missing."""
    labels = labelledVolumeFromSegmentationNodes(segmentationNodes, volumeNode)
    numbers = {segment: value for value, segment in segmentIdsByValue(segmentationNodes).items()}
    values = np.zeros(labels.image.GetSize()[::-1], np.uint16)
    for node, result in zip(segmentationNodes, results, strict=True):
        if result is None or result.values.shape != values.shape:
            return None
        for value, segmentId in result.segment_ids.items():
            values[result.values == value] = numbers.get((node.GetID(), segmentId), 0)
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(labels.image)
    return LabelledVolume(image, labels.labels, labels.models)


def readCarried(path: Path, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> NDArray[np.integer]:
    """The values (slices, rows, columns) of the label map that ``muscleseg propagate`` wrote for a volume.

    Raises:
        InputError: It cannot be read, or does not lie on the volume's grid.
    """
    try:
        values: NDArray[np.integer] = sitk.GetArrayFromImage(sitk.ReadImage(itk_path(path)))
    except RuntimeError as error:
        raise InputError("What was propagated cannot be read. Propagate again.") from error
    if values.shape[::-1] != imageFromVolumeNode(volumeNode).GetSize():
        raise InputError("What was propagated is not of this volume. Propagate again.")
    return values


def addCarried(
    segmentationNode: slicer.vtkMRMLSegmentationNode,
    values: NDArray[np.integer],
    segmentIds: Mapping[int, str],
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
    name: str,
) -> slicer.vtkMRMLSegmentationNode:
    """Add a segmentation node with the segments of another one, and voxels of their own.

    Args:
        segmentationNode: Gives names, colours and terminology.
        values: The label map on the volume's grid, (slices, rows, columns).
        segmentIds: The segment of each value; others are left out.
        volumeNode: The volume on whose grid it lies.
        name: What to call the node.
    """
    segments = {}
    for value, segmentId in segmentIds.items():
        segments[value] = slicer.vtkSegment()
        segments[value].DeepCopyMetadata(segmentationNode.GetSegmentation().GetSegment(segmentId))
        segments[value].SetLabelValue(value)
    return _added(segments, segmentIds, values, volumeNode, name)


def addLabels(
    labels: LabelledVolume, values: Collection[int], volumeNode: slicer.vtkMRMLScalarVolumeNode, name: str
) -> slicer.vtkMRMLSegmentationNode:
    """Add a segmentation node with some of the labels of a label map.

    Args:
        labels: On the grid of the volume.
        values: Those to add.
        volumeNode: The volume.
        name: What to call the node.
    """
    chosen = {label.value: label for label in labels.labels if label.value in values}
    segments = {value: _segmentOf(label) for value, label in chosen.items()}
    segmentIds = {value: label.segment_id for value, label in chosen.items()}
    return _added(segments, segmentIds, sitk.GetArrayFromImage(labels.image), volumeNode, name)


def _segmentOf(label: VolumeLabel) -> slicer.vtkSegment:
    known = bool(label.snomed_code and label.side)
    terminology = slicer_terminology(label.snomed_code, label.snomed_meaning, label.side) if known else ""
    return newSegment(label.title, label.color, terminology, label.value)


def _added(
    segments: Mapping[int, slicer.vtkSegment],
    segmentIds: Mapping[int, str],
    values: NDArray[np.integer],
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
    name: str,
) -> slicer.vtkMRMLSegmentationNode:
    """A new node with segments, which share one label map."""
    scene = volumeNode.GetScene()
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", scene.GenerateUniqueName(name))
    node.CreateDefaultDisplayNodes()
    node.SetAndObserveTransformNodeID(volumeNode.GetTransformNodeID())
    node.SetReferenceImageGeometryParameterFromVolumeNode(volumeNode)
    own = np.where(np.isin(values, list(segmentIds)), values, 0).astype(np.uint8)
    labelmap = labelmapOnGridOf(volumeNode, own)
    for value, segment in segments.items():
        segment.AddRepresentation(slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName(), labelmap)
        node.GetSegmentation().AddSegment(segment, segmentIds[value])
    LastResult(own, dict(segmentIds), gridOf(ijkToRas(volumeNode)), by_network=False).keepIn(node)
    placeBeside(volumeNode, node)
    return node


def joinRun(segmentationNodes: Sequence[slicer.vtkMRMLSegmentationNode], sides: Sequence[str]) -> None:
    """Make nodes the sides of one result; a side is empty where it is not known."""
    run = uuid4().hex
    for node, side in zip(segmentationNodes, sides, strict=True):
        node.SetAttribute(RUN_ATTRIBUTE, run)
        if side:
            node.SetAttribute(SIDE_ATTRIBUTE, side)


def joinOtherSide(segmentationNode: slicer.vtkMRMLSegmentationNode, otherNode: slicer.vtkMRMLSegmentationNode) -> None:
    """Make a node the other side of the result that a node belongs to."""
    side = segmentationNode.GetAttribute(SIDE_ATTRIBUTE)
    otherNode.SetAttribute(RUN_ATTRIBUTE, segmentationNode.GetAttribute(RUN_ATTRIBUTE))
    otherNode.SetAttribute(SIDE_ATTRIBUTE, {"right": "left", "left": "right"}[side])


def addSegments(
    segmentationNode: slicer.vtkMRMLSegmentationNode,
    fromNode: slicer.vtkMRMLSegmentationNode,
    values: Collection[int],
) -> dict[int, str]:
    """Find or add, empty, the segments that have these values in one node in another node, by their names.

    Returns:
        The segment of each value.
    """
    segmentation, other = segmentationNode.GetSegmentation(), fromNode.GetSegmentation()
    found = {}
    for key in other.GetSegmentIDs():
        segment = other.GetSegment(key)
        if int(segment.GetLabelValue()) not in values:
            continue
        segmentId = segmentation.GetSegmentIdBySegmentName(segment.GetName())
        if not segmentId:
            segmentId = segmentation.AddEmptySegment(key, segment.GetName(), segment.GetColor())
            segmentation.GetSegment(segmentId).SetTerminology(segment.GetTerminology())
        found[int(segment.GetLabelValue())] = segmentId
    return found


def changedSegments(
    segmentationNode: slicer.vtkMRMLSegmentationNode,
    values: NDArray[np.integer],
    segmentIds: Mapping[int, str],
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
) -> dict[int, str]:
    """Of the segments of a label map, those that are not in the node as they are in it."""
    now = sitk.GetArrayFromImage(labelledVolumeFromSegmentationNodes([segmentationNode], volumeNode).image)
    differs = now != values
    changed = {*np.unique(now[differs]).tolist(), *np.unique(values[differs]).tolist()}
    return {value: segmentId for value, segmentId in segmentIds.items() if value in changed}


def keepCarried(
    segmentationNode: slicer.vtkMRMLSegmentationNode,
    values: NDArray[np.integer],
    segmentIds: Mapping[int, str],
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
) -> None:
    """Put what was propagated into the segments it was propagated for; others are not touched.

    Args:
        segmentationNode: The node that was propagated in.
        values: The label map, (slices, rows, columns).
        segmentIds: The segments to change, by value.
        volumeNode: The volume on whose grid both lie.
    """
    keys = drawnOrCorrected(segmentationNode, volumeNode)
    segmentation = segmentationNode.GetSegmentation()
    name = slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName()
    numbers = {segmentId: value for value, segmentId in segmentIds.items()}
    modified = segmentationNode.StartModify()
    try:
        for index in range(segmentation.GetNumberOfLayers(name)):
            changed = [key for key in segmentation.GetSegmentIDsForLayer(index, name) if key in numbers]
            if not changed:
                continue
            labelmap = segmentation.GetLayerDataObject(index, name)
            merged = valuesOnGrid(labelmap, values.shape).astype(np.uint8)
            labelValues = {key: int(segmentation.GetSegment(key).GetLabelValue()) for key in changed}
            merged[np.isin(merged, list(labelValues.values()))] = 0
            for segmentId, labelValue in labelValues.items():
                merged[values == numbers[segmentId]] = labelValue
            # Into the same object: the segmentation watches it, and an undo step has a copy of what it was.
            labelmap.DeepCopy(labelmapOnGridOf(volumeNode, merged))
            labelmap.Modified()
    finally:
        segmentationNode.EndModify(modified)
    slicer.vtkSlicerSegmentationsModuleLogic.ReconvertAllRepresentations(segmentationNode, list(numbers))
    every = {value: key for value, (_node, key) in segmentIdsByValue([segmentationNode]).items()}
    now = sitk.GetArrayFromImage(labelledVolumeFromSegmentationNodes([segmentationNode], volumeNode).image)
    rememberPropagation(segmentationNode, LastResult(now.astype(np.uint8), every, gridOf(ijkToRas(volumeNode))), keys)
