"""One propagation: what the child process is given, and what it gave. Changes no scene."""

from pathlib import Path
from tempfile import TemporaryDirectory

import SimpleITK as sitk
from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.segmentation_writing import write_labelled_volume
from MuscleSegLib.slicer.carrying import lastResultOf, markedByKeys, readCarried, segmentIdsByValue
from MuscleSegLib.slicer.edits import LastResult, editsSince, gridOf
from MuscleSegLib.slicer.exchange import writeVolumeNode
from MuscleSegLib.slicer.key_slices import keySlices
from MuscleSegLib.slicer.labelled_volumes import labelledVolumeFromSegmentationNodes
from MuscleSegLib.slicer.results import latestResultFor
from MuscleSegLib.slicer.segmentations import ijkToRas


class PropagateRun:
    """A correction on its way through ``muscleseg propagate``.

    Args:
        nodes: What was corrected: one segmentation to carry to other slices, all of a result to carry to a scan.
        volumeNode: The volume that was segmented.
        scanNode: The later scan; None for other slices of the same volume.
        onlySegmentId: The one segment to carry; None for all.
        temporaryFolder: Where the folder of this run is made; :meth:`close` removes it. It names no patient.

    Raises:
        MuscleSegError: Nothing was corrected, or a volume cannot be written.
    """

    def __init__(self, nodes, volumeNode, scanNode=None, onlySegmentId=None, temporaryFolder=None):
        self.nodeIds = [node.GetID() for node in nodes]
        self.targetId = (scanNode or volumeNode).GetID()
        self.toScan = scanNode is not None
        self.segmentIds = segmentIdsByValue(nodes)
        self._labels = labelledVolumeFromSegmentationNodes(nodes, volumeNode)
        if onlySegmentId is not None:
            self.segmentIds = {value: key for value, key in self.segmentIds.items() if key[1] == onlySegmentId}
        self._before = _stateOf(nodes[0], volumeNode)
        self._directory = TemporaryDirectory(prefix="muscleseg-", dir=temporaryFolder)
        self._folder = Path(self._directory.name)
        self._output = self._folder / "carried.seg.nrrd"
        try:
            common = [str(self._image(volumeNode, "image")), str(self._written(self._labels, "muscles"))]
            if self.toScan:
                self.arguments = ["propagate", "scan", *common, str(self._image(scanNode, "scan"))]
                self.arguments += self._networksOf(nodes, volumeNode, scanNode)
            else:
                self.arguments = ["propagate", "slices", *common, *self._keysOf(nodes[0], volumeNode)]
                if onlySegmentId is not None:
                    (value,) = self.segmentIds
                    self.arguments += ["--only", self._labels.labels[value - 1].title]
            self.arguments += ["--output", str(self._output)]
        except BaseException:
            self.close()
            raise

    def values(self, targetNode):
        """The label map that the child process wrote for the volume that it carried to.

        Raises:
            InputError: It cannot be read, or the volume is another than it was.
        """
        return readCarried(self._output, targetNode)

    def checkUnchanged(self, node):
        """Raise where the segmentation is not any more what was carried.

        Raises:
            InputError: It was edited since.
        """
        if editsSince(self._before, node):
            raise InputError(_("The muscles were edited after the preview was made. Make the preview again."))

    def close(self):
        """Remove the run's files."""
        self._directory.cleanup()

    def _keysOf(self, node, volumeNode):
        """The options that say what was corrected; none for a segmentation that was drawn from nothing."""
        network = lastResultOf([node], volumeNode)
        if network is None:
            return []
        wanted = {segmentId: value for value, (_nodeId, segmentId) in self.segmentIds.items()}
        keys = {wanted[key]: slices for key, slices in keySlices(node).items() if key in wanted}
        if not keys:
            raise InputError(_("No slice was edited since the last run. Correct a few slices first, then propagate."))
        marked = self._written(markedByKeys(self._labels, keys), "before")
        return ["--last", str(marked), "--network", str(self._written(network, "network"))]

    def _networksOf(self, nodes, volumeNode, scanNode):
        """The options that say what the network found in both scans; none where it saw only one of them."""
        later = latestResultFor(scanNode)
        found = (lastResultOf(nodes, volumeNode), lastResultOf(later, scanNode) if later else None)
        if None in found:
            return []
        baseline, followUp = found
        return ["--last", str(self._written(baseline, "network")), "--network", str(self._written(followUp, "later"))]

    def _written(self, labels, name):
        path = self._folder / f"{name}.seg.nrrd"
        write_labelled_volume(labels, path, {})
        return path

    def _image(self, volumeNode, name):
        path = self._folder / f"{name}.nrrd"
        writeVolumeNode(volumeNode, path)
        return path


def _stateOf(node, volumeNode):
    """A segmentation as it is now, to find edits by."""
    values = sitk.GetArrayFromImage(labelledVolumeFromSegmentationNodes([node], volumeNode).image)
    segmentIds = {value: segmentId for value, (_nodeId, segmentId) in segmentIdsByValue([node]).items()}
    return LastResult(values.astype("uint8"), segmentIds, gridOf(ijkToRas(volumeNode)))
