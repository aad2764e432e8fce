"""Segmentation nodes, edited or not and under any names, as label maps with their meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkIntArray, vtkStringArray

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.label_naming import named_label
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, VolumeLabel
from MuscleSegLib.segmentation.layers import Place, merge_layers, overlap_warnings
from MuscleSegLib.slicer.attributes import MODELS_ATTRIBUTE
from MuscleSegLib.slicer.volumes import imageFromVolumeNode

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
            layers.append(_merged(node, volumeNode, part).reshape(image.GetSize()[::-1]))
        labels += [_label(node, segmentId, value) for segmentId, value in values.items()]
        places += [own[segmentId] for segmentId in values]
    if not labels:
        raise InputError("The segmentation has no segments. Segment the volume first, or choose another segmentation.")
    merged, lost = merge_layers(layers, places, [label.value for label in labels])
    labelMap = sitk.GetImageFromArray(merged)
    labelMap.CopyInformation(image)
    models = [model for node in segmentationNodes for model in (node.GetAttribute(MODELS_ATTRIBUTE) or "").split("; ")]
    return LabelledVolume(
        labelMap,
        tuple(labels),
        tuple(dict.fromkeys(filter(None, models))),
        tuple(overlap_warnings([label.title for label in labels], lost)),
    )


def _segmentIds(node: slicer.vtkMRMLSegmentationNode) -> tuple[str, ...]:
    return tuple(node.GetSegmentation().GetSegmentIDs())


def _layers(node: slicer.vtkMRMLSegmentationNode) -> list[tuple[str, ...]]:
    """The segments that share a label map and so do not overlap, one label map after the other.

    Segments that have no label map yet, such as models, are layers of their own: Slicer converts them when asked.
    """
    segmentation = node.GetSegmentation()
    representation = slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName()
    layers = [
        tuple(segmentation.GetSegmentIDsForLayer(layer, representation))
        for layer in range(segmentation.GetNumberOfLayers(representation))
    ]
    found = {segmentId for layer in layers for segmentId in layer}
    return [*layers, *((segmentId,) for segmentId in _segmentIds(node) if segmentId not in found)]


def _merged(
    node: slicer.vtkMRMLSegmentationNode, volumeNode: slicer.vtkMRMLScalarVolumeNode, values: dict[str, int]
) -> NDArray[np.integer]:
    """Some segments on the grid of a volume, flat, each as its number."""
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
