"""Segmentation nodes, edited or not and under any names, as label maps with their meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkIntArray, vtkStringArray
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.label_naming import known_by_code, named_label
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, VolumeLabel, split_models
from MuscleSegLib.segmentation.layers import Place, merge_layers, overlap_warnings
from MuscleSegLib.slicer.attributes import MODELS_ATTRIBUTE
from MuscleSegLib.slicer.edits import SAME_GRID_MM, gridOf
from MuscleSegLib.slicer.segmentations import ijkToRas, valuesOnGrid
from MuscleSegLib.slicer.volumes import imageFromVolumeNode

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BINARY_LABELMAP = slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName()


def labelledVolumeFromSegmentationNodes(
    segmentationNodes: Sequence[slicer.vtkMRMLSegmentationNode], volumeNode: slicer.vtkMRMLScalarVolumeNode
) -> LabelledVolume:
    """Read segmentations from the scene, as ``segmentation.segmentation_reading`` reads them from files.

    Args:
        segmentationNodes: Those of one run (:func:`MuscleSegLib.slicer.results.resultOf`), or any others. Segments are
            known by their names.
        volumeNode: The volume whose grid the label map gets.

    Returns:
        Labels are numbered from 1, in the order of nodes and segments. Where segments overlap the later one is kept,
        with a warning.

    Raises:
        InputError: There is no segment, the volume node holds no voxels, or its grid is no grid of boxes in the world.
    """
    image = imageFromVolumeNode(volumeNode)
    layers: list[NDArray[np.integer]] = []
    places: list[Place] = []
    labels: list[VolumeLabel] = []
    for node in segmentationNodes:
        values = {segmentId: len(labels) + n for n, segmentId in enumerate(_segmentIds(node), start=1)}
        own: dict[str, Place] = {}
        for segmentIds in _layers(node):
            own |= {segmentId: Place(len(layers), values[segmentId]) for segmentId in segmentIds}
            part = {segmentId: values[segmentId] for segmentId in segmentIds}
            layers.append(_values(node, volumeNode, part, image.GetSize()[::-1]))
        labels += [_label(node, segmentId, value) for segmentId, value in values.items()]
        places += [own[segmentId] for segmentId in values]
    if not labels:
        raise InputError("The segmentation has no segments. Segment the volume first, or choose another segmentation.")
    known, warnings = known_by_code(labels)
    merged, lost = merge_layers(layers, places, [label.value for label in known])
    labelMap = sitk.GetImageFromArray(merged)
    labelMap.CopyInformation(image)
    models = [model for node in segmentationNodes for model in split_models(node.GetAttribute(MODELS_ATTRIBUTE) or "")]
    return LabelledVolume(
        labelMap,
        known,
        tuple(dict.fromkeys(models)),
        (*warnings, *overlap_warnings([label.title for label in known], lost)),
    )


def liesOnGrid(segmentationNode: slicer.vtkMRMLSegmentationNode, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> bool:
    """Whether the voxels of every segment are those of a volume, so that nothing is resampled between them."""
    segmentation = segmentationNode.GetSegmentation()
    labelmaps = [
        segmentation.GetSegment(segmentIds[0]).GetRepresentation(_BINARY_LABELMAP)
        for segmentIds in _layers(segmentationNode)
    ]
    return all(
        labelmap is not None and (labelmap.IsEmpty() or _liesOnGrid(segmentationNode, labelmap, volumeNode))
        for labelmap in labelmaps
    )


def _segmentIds(node: slicer.vtkMRMLSegmentationNode) -> tuple[str, ...]:
    return tuple(node.GetSegmentation().GetSegmentIDs())


def _layers(node: slicer.vtkMRMLSegmentationNode) -> list[tuple[str, ...]]:
    """The segments that share a label map and so do not overlap, one label map after the other.

    Segments that have no label map yet, such as models, are layers of their own: Slicer converts them when asked.
    """
    segmentation = node.GetSegmentation()
    layers = [
        tuple(segmentation.GetSegmentIDsForLayer(layer, _BINARY_LABELMAP))
        for layer in range(segmentation.GetNumberOfLayers(_BINARY_LABELMAP))
    ]
    found = {segmentId for layer in layers for segmentId in layer}
    return [*layers, *((segmentId,) for segmentId in _segmentIds(node) if segmentId not in found)]


def _values(
    node: slicer.vtkMRMLSegmentationNode,
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
    values: dict[str, int],
    shape: tuple[int, ...],
) -> NDArray[np.integer]:
    """The segments of one layer on the grid of a volume (slices, rows, columns), each as its number."""
    segments = {segmentId: node.GetSegmentation().GetSegment(segmentId) for segmentId in values}
    labelmap = next(iter(segments.values())).GetRepresentation(_BINARY_LABELMAP)
    if labelmap is None or not _liesOnGrid(node, labelmap, volumeNode):
        return _converted(node, volumeNode, values).reshape(shape)
    # Where nothing has to be resampled numpy is ten times as fast as Slicer, which goes through it segment by segment.
    stored = valuesOnGrid(labelmap, shape)
    numbers = np.zeros(int(stored.max()) + 1, np.uint16)
    for segmentId, segment in segments.items():
        if segment.GetLabelValue() < len(numbers):
            numbers[segment.GetLabelValue()] = values[segmentId]
    return numbers[stored]


def _liesOnGrid(
    node: slicer.vtkMRMLSegmentationNode,
    labelmap: slicer.vtkOrientedImageData,
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
) -> bool:
    matrix = vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(matrix)
    sameGrid = np.allclose(gridOf(matrix), gridOf(ijkToRas(volumeNode)), rtol=0, atol=SAME_GRID_MM)
    return sameGrid and node.GetTransformNodeID() == volumeNode.GetTransformNodeID()


def _converted(
    node: slicer.vtkMRMLSegmentationNode, volumeNode: slicer.vtkMRMLScalarVolumeNode, values: dict[str, int]
) -> NDArray[np.integer]:
    """Some segments on the grid of a volume, flat, each as its number; Slicer resamples and converts them."""
    segmentIds, numbers = vtkStringArray(), vtkIntArray()
    for segmentId, value in values.items():
        segmentIds.InsertNextValue(segmentId)
        numbers.InsertNextValue(value)
    labelmap = slicer.vtkOrientedImageData()
    slicer.vtkSlicerSegmentationsModuleLogic.GenerateMergedLabelmapInReferenceGeometry(
        node, volumeNode, segmentIds, slicer.vtkSegmentation.EXTENT_REFERENCE_GEOMETRY, labelmap, numbers
    )
    merged: NDArray[np.integer] = vtk_to_numpy(labelmap.GetPointData().GetScalars()).astype(np.uint16)
    return merged


def _label(node: slicer.vtkMRMLSegmentationNode, segmentId: str, value: int) -> VolumeLabel:
    segment = node.GetSegmentation().GetSegment(segmentId)
    red, green, blue = (round(255 * channel) for channel in segment.GetColor())
    return named_label(value, segment.GetName(), (red, green, blue), terminology=segment.GetTerminology() or "")
