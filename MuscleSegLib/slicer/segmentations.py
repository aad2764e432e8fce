"""Segmentations as MRML nodes, and back."""

from __future__ import annotations

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
from MuscleSegLib.slicer.volumes import imageFromVolumeNode

if TYPE_CHECKING:
    from MuscleSegLib.anatomy import LabelSet, SidedLabel
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
    warnings and the models that were used.

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
    values = sitk.GetArrayViewFromImage(segmentation.label_map)
    labelmap = _labelmapOnGridOf(volumeNode, values)

    scene = scene or volumeNode.GetScene()
    name = scene.GenerateUniqueName(f"{volumeNode.GetName()} segmentation")
    segmentationNode = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    segmentationNode.CreateDefaultDisplayNodes()
    segmentationNode.SetAndObserveTransformNodeID(volumeNode.GetTransformNodeID())
    segmentationNode.SetReferenceImageGeometryParameterFromVolumeNode(volumeNode)
    for sided in _segmentOrder(segmentation.label_set, values):
        segment = _segment(sided)
        segment.AddRepresentation(slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName(), labelmap)
        segmentationNode.GetSegmentation().AddSegment(segment, sided.segment_id)
    rememberResult(segmentationNode, segmentation)
    _placeBeside(volumeNode, segmentationNode, scene)
    return segmentationNode


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


def _labelmapOnGridOf(
    volumeNode: slicer.vtkMRMLScalarVolumeNode, values: NDArray[np.uint8]
) -> slicer.vtkOrientedImageData:
    """A copy of the values on the volume's own grid, without its parent transform (RAS)."""
    scalars = numpy_to_vtk(values.ravel(), deep=True, array_type=VTK_UNSIGNED_CHAR)
    scalars.SetName("LabelValues")
    labelmap = slicer.vtkOrientedImageData()
    labelmap.SetExtent(volumeNode.GetImageData().GetExtent())
    labelmap.GetPointData().SetScalars(scalars)
    ijkToRas = vtkMatrix4x4()
    volumeNode.GetIJKToRASMatrix(ijkToRas)
    labelmap.SetGeometryFromImageToWorldMatrix(ijkToRas)
    return labelmap


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
    """A ``vtkSegment`` without a representation."""
    segment = slicer.vtkSegment()
    segment.SetName(sided.name)
    segment.SetNameAutoGenerated(False)
    segment.SetColor(*(channel / 255 for channel in sided.label.color))
    segment.SetColorAutoGenerated(False)
    segment.SetTerminology(slicer_terminology(sided.label.snomed_code, sided.label.snomed_meaning, sided.side))
    segment.SetLabelValue(sided.value)
    return segment


def _placeBeside(
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
    segmentationNode: slicer.vtkMRMLSegmentationNode,
    scene: slicer.vtkMRMLScene,
) -> None:
    """Give the segmentation the volume's parent in the subject hierarchy, when the volume is in it."""
    hierarchy = scene.GetSubjectHierarchyNode()
    volumeItem = hierarchy.GetItemByDataNode(volumeNode)
    if volumeItem == hierarchy.GetInvalidItemID():
        return
    parentItem = hierarchy.GetItemParent(volumeItem)
    segmentationItem = hierarchy.GetItemByDataNode(segmentationNode)
    if segmentationItem == hierarchy.GetInvalidItemID():
        hierarchy.CreateItem(parentItem, segmentationNode)
    else:
        hierarchy.SetItemParent(segmentationItem, parentItem)
