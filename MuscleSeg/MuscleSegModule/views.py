"""What the views show: the result over the image and in 3D, a slice, a muscle."""

import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from MuscleSegLib.slicer.edits import gridOf, sliceAxis
from MuscleSegLib.slicer.results import volumeOf
from MuscleSegLib.slicer.segmentations import ijkToRas


def showResult(nodes):
    """Show the segmentations of a result over their image in the slice views, and in 3D."""
    slicer.util.setSliceViewerLayers(background=volumeOf(nodes[0]), fit=True)
    for node in nodes:
        node.CreateClosedSurfaceRepresentation()
        node.GetDisplayNode().SetVisibility(True)
    slicer.util.resetThreeDViews()


def showChart(chartNode):
    """Show a chart in the plot view, below the slices."""
    slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotView)
    applicationLogic = slicer.app.applicationLogic()
    applicationLogic.GetSelectionNode().SetActivePlotChartID(chartNode.GetID())
    applicationLogic.PropagatePlotChartSelection()


def centreOnSegment(segmentationNode, segmentId):
    """Have every slice view show the centre of a segment; nothing happens when the segment is empty."""
    centre = segmentationNode.GetSegmentCenterRAS(segmentId)
    if centre is not None:
        _jump(segmentationNode.GetScene(), centre, centred=True)


def centreOnSlice(segmentationNode, index, segmentId=None):
    """Have the slice views show a slice of the volume, at a muscle when there is one to look at.

    Args:
        segmentationNode: A segmentation of the volume.
        index: The slice, counted from 0 along the stored axis that is nearest to the patient's.
        segmentId: The muscle; None for the middle of the slice.
    """
    volumeNode = volumeOf(segmentationNode)
    if volumeNode is None:
        return
    toWorld = _ijkToWorld(volumeNode)
    point = [*((size - 1) / 2 for size in volumeNode.GetImageData().GetDimensions()), 1.0]
    centre = segmentationNode.GetSegmentCenterRAS(segmentId) if segmentId is not None else None
    if centre is not None:
        fromWorld = vtkMatrix4x4()
        vtkMatrix4x4.Invert(toWorld, fromWorld)
        point = list(fromWorld.MultiplyPoint((*centre, 1.0)))
    point[2 - sliceAxis(gridOf(ijkToRas(volumeNode)))] = index
    _jump(volumeNode.GetScene(), toWorld.MultiplyPoint(point)[:3], centred=centre is not None)


def _jump(scene, point, centred):
    mode = slicer.vtkMRMLSliceNode.CenteredJumpSlice if centred else slicer.vtkMRMLSliceNode.OffsetJumpSlice
    slicer.vtkMRMLSliceNode.JumpAllSlices(scene, *point, mode)


def _ijkToWorld(volumeNode):
    """From voxels to the world (RAS, mm), linear parent transforms included."""
    toNode, toWorld = vtkMatrix4x4(), vtkMatrix4x4()
    volumeNode.GetIJKToRASMatrix(toNode)
    slicer.vtkMRMLTransformNode.GetMatrixTransformBetweenNodes(volumeNode.GetParentTransformNode(), None, toWorld)
    vtkMatrix4x4.Multiply4x4(toWorld, toNode, toWorld)
    return toWorld
