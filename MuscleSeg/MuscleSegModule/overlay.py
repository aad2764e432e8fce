"""How muscles lie in a map, shown in the slice views; nothing of it is saved with the scene."""

import slicer
from slicer.i18n import tr as _

from MuscleSegLib.slicer import imageFromVolumeNode
from MuscleSegLib.slicer.carrying import addCarried, segmentIdsByValue
from MuscleSegLib.slicer.volumes import volumeNodeFromImage
from MuscleSegModule.measure_nodes import labelsOf, volumeOfResult
from MuscleSegModule.offering import setOffered


class Overlay:
    """The segmented volume, half transparent, and the outlines of its muscles, over one map at a time."""

    def __init__(self):
        self._shown = ()
        self._hidden = ()
        self._volumeNode = None

    def show(self, nodes, mapNode, transformNode):
        """Show the muscles of a result over a map.

        Args:
            nodes: The segmentation nodes.
            mapNode: The map.
            transformNode: Under which the volume lies over the map; what is done to it is seen at once.

        Raises:
            MuscleSegError: The volume was removed, or has no voxels.
        """
        import SimpleITK as sitk

        self.hide()
        self._volumeNode = volumeOfResult(nodes)
        values = sitk.GetArrayFromImage(labelsOf(nodes).image)
        name = _("{volume} over the map").format(volume=self._volumeNode.GetName())
        moved = volumeNodeFromImage(imageFromVolumeNode(self._volumeNode), slicer.mrmlScene, name)
        moved.SetAndObserveTransformNodeID(transformNode.GetID())
        shown = [moved]
        every = segmentIdsByValue(nodes)
        for node in nodes:
            own = {value: segmentId for value, (nodeId, segmentId) in every.items() if nodeId == node.GetID()}
            shown.append(addCarried(node, values, own, moved, _("Muscles over the map")))
            shown[-1].GetDisplayNode().SetVisibility2DFill(False)
        for node in shown:
            node.SetSaveWithScene(False)
            setOffered(node, False)
        self._shown = tuple(shown)
        self._hidden = tuple(node for node in nodes if node.GetDisplayNode().GetVisibility())
        for node in self._hidden:
            node.GetDisplayNode().SetVisibility(False)
        slicer.util.setSliceViewerLayers(background=mapNode, foreground=moved, foregroundOpacity=0.5, fit=True)

    def hide(self):
        """Show the volume again that was segmented, and its muscles."""
        if not self._shown:
            return
        for node in self._shown:
            slicer.mrmlScene.RemoveNode(node)
        for node in self._hidden:
            if slicer.mrmlScene.IsNodePresent(node):
                node.GetDisplayNode().SetVisibility(True)
        if slicer.mrmlScene.IsNodePresent(self._volumeNode):
            slicer.util.setSliceViewerLayers(background=self._volumeNode, foreground=None, fit=True)
        self._shown = self._hidden = ()
