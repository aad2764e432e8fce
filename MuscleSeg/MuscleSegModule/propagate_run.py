"""One propagation: what the child process is given, what is shown of its result, and what is kept of it."""

import csv
import json
from pathlib import Path

import SimpleITK as sitk
import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume
from MuscleSegLib.segmentation.segmentation_writing import write_labelled_volume
from MuscleSegLib.slicer.carrying import (
    addCarried,
    addLabels,
    addSegments,
    changedSegments,
    drawnOrCorrected,
    joinOtherSide,
    joinRun,
    keepCarried,
    lastResultOf,
    networkResultOf,
    readCarried,
    segmentIdsByValue,
)
from MuscleSegLib.slicer.exchange import writeVolumeNode
from MuscleSegLib.slicer.fingerprints import fingerprint
from MuscleSegLib.slicer.labelled_volumes import labelledVolumeFromSegmentationNodes, liesOnGrid
from MuscleSegLib.slicer.locks import lockedSegments
from MuscleSegLib.slicer.results import RUN_ATTRIBUTE, SIDE_ATTRIBUTE, latestResultFor
from MuscleSegModule.offering import setOffered
from MuscleSegModule.run_folder import runFolder

#: How many muscles are told of that a preview is least sure of.
_TOLD = 3


class PropagateRun:
    """A correction on its way through ``muscleseg propagate``; its kinds say where to.

    Args:
        nodes: What was corrected.
        volumeNode: The volume that was segmented.
        options: Those of the kind.

    Attributes:
        arguments: Those of the command.

    Raises:
        MuscleSegError: Nothing was corrected, muscles overlap, the segmentation does not lie on the volume's grid where
            it is to be changed, or a volume cannot be written.
    """

    #: Whether the preview is a result of its own; else it shows outlines over what it would change.
    isResult = False
    #: Muscle, slice and expected DSC of what the preview is least sure of, the least sure first.
    leastSure = ()

    def __init__(self, nodes, volumeNode, **options):
        self._nodeIds = [node.GetID() for node in nodes]
        self._volumeId = volumeNode.GetID()
        self._labels = labelledVolumeFromSegmentationNodes(nodes, volumeNode)
        self._check(nodes, volumeNode)
        self._segmentIds = segmentIdsByValue(nodes)
        self._state = fingerprint(self._labels)
        self._locked = [lockedSegments(node) for node in nodes]
        self._directory = runFolder()
        self._folder = Path(self._directory.name)
        self._output = self._folder / "carried.seg.nrrd"
        self._sure = self._folder / "sure.tsv"
        try:
            given = [str(self._image(volumeNode, "image")), str(self._written(self._labels, "muscles"))]
            kind, *further = self._command(nodes, volumeNode, **options)
            made = ["--output", str(self._output), "--confidence", str(self._sure)]
            self.arguments = ["propagate", kind, *given, *further, *made]
        except BaseException:
            self.close()
            raise

    def show(self):
        """Put what the child process made into the scene as a preview; its nodes, none when nothing would change.

        Raises:
            InputError: The segmentation or the volume was removed meanwhile, or the result cannot be read.
        """
        nodes = [slicer.mrmlScene.GetNodeByID(nodeId) for nodeId in self._nodeIds]
        volumeNode = slicer.mrmlScene.GetNodeByID(self._volumeId)
        if None in (*nodes, volumeNode):
            raise InputError(_("The segmentation or the volume was removed meanwhile, so the preview was not made."))
        preview = tuple(self._preview(nodes, volumeNode))
        for node in preview:
            node.SetSaveWithScene(False)
            setOffered(node, False)
            node.GetDisplayNode().SetVisibility2DFill(self.isResult)
        return preview

    def keep(self, preview, saveStateForUndo):
        """Keep what is previewed; the nodes that were changed or added.

        Args:
            preview: What :meth:`show` gave; it is no preview any more when it is among what is returned.
            saveStateForUndo: Called with a segmentation node before it is changed.

        Raises:
            InputError: The segmentation was edited or locked after the preview was made, or removed; nothing was
                changed.
        """
        nodes = [slicer.mrmlScene.GetNodeByID(nodeId) for nodeId in self._nodeIds]
        volumeNode = slicer.mrmlScene.GetNodeByID(self._volumeId)
        if None in (*nodes, volumeNode):
            raise InputError(_("The segmentation or its volume was removed, so there is nothing to keep this in."))
        if fingerprint(labelledVolumeFromSegmentationNodes(nodes, volumeNode)) != self._state:
            raise InputError(_("The muscles were edited after the preview was made. Make the preview again."))
        if [lockedSegments(node) for node in nodes] != self._locked:
            raise InputError(_("Muscles were locked after the preview was made. Make the preview again."))
        return self._kept(nodes, volumeNode, preview, saveStateForUndo)

    def close(self):
        """Remove the run's files."""
        self._directory.cleanup()

    def _check(self, nodes, volumeNode):
        """Refuse what would come back other than it is."""
        if self._labels.warnings:
            raise InputError(
                " ".join(self._labels.warnings)
                + " "
                + _("Let each voxel be of one muscle (Segment Editor: Masking, Modify other segments), then propagate.")
            )
        if not self.isResult and not all(liesOnGrid(node, volumeNode) for node in nodes):
            raise InputError(
                _(
                    "The segmentation does not lie on the grid of “{volume}”. In the Segment Editor, choose the volume "
                    "as source geometry (Specify geometry), then propagate."
                ).format(volume=volumeNode.GetName())
            )

    def _written(self, labels, name):
        path = self._folder / f"{name}.seg.nrrd"
        write_labelled_volume(labels, path, {})
        return path

    def _image(self, volumeNode, name):
        path = self._folder / f"{name}.nrrd"
        writeVolumeNode(volumeNode, path)
        return path


class SlicesRun(PropagateRun):
    """To the other slices of one segmentation.

    Options:
        onlySegmentId: The one segment to carry; None for all.
        lockedSlices: Slices that are not to be touched, counted from 0.
    """

    def _command(self, nodes, volumeNode, onlySegmentId=None, lockedSlices=()):
        if onlySegmentId is not None:
            self._segmentIds = {value: key for value, key in self._segmentIds.items() if key[1] == onlySegmentId}
        # A muscle without voxels is not in the files: the child process cannot be told anything of it.
        present = set(sitk.GetArrayViewFromImage(self._labels.image).ravel().tolist())
        titles = {
            key: self._labels.labels[value - 1].title
            for value, (_nodeId, key) in self._segmentIds.items()
            if value in present
        }
        locked = [title for key, title in titles.items() if key in self._locked[0]]
        options = self._keysOf(nodes[0], volumeNode, titles)
        options += ["--only", *titles.values()] if onlySegmentId is not None else []
        options += ["--lock", *locked] if locked else []
        options += ["--lock-slices", *map(str, lockedSlices)] if lockedSlices else []
        return ["slices", *options]

    def _keysOf(self, node, volumeNode, titles):
        """The options that say what was drawn or corrected, and what was there before."""
        keys = {titles[key]: slices for key, slices in drawnOrCorrected(node, volumeNode).items() if key in titles}
        if not keys:
            raise InputError(_("No slice was edited since the last run. Correct a few slices first, then propagate."))
        path = self._folder / "keys.json"
        path.write_text(json.dumps(keys), encoding="utf-8")
        last = lastResultOf([node], volumeNode)
        network = [] if last is None else ["--network", str(self._written(last, "network"))]
        return ["--keys", str(path), *network]

    def _preview(self, nodes, volumeNode):
        self._values = readCarried(self._output, volumeNode)
        segmentIds = {value: key for value, (_nodeId, key) in self._segmentIds.items()}
        self._changed = changedSegments(nodes[0], self._values, segmentIds, volumeNode)
        self.leastSure = _leastSure(self._sure, {self._labels.labels[value - 1].title for value in self._changed})
        return [addCarried(nodes[0], self._values, self._changed, volumeNode, _("Preview"))] if self._changed else []

    def _kept(self, nodes, volumeNode, _preview, saveStateForUndo):
        saveStateForUndo(nodes[0])
        keepCarried(nodes[0], self._values, self._changed, volumeNode)
        return (nodes[0],)


class ScanRun(PropagateRun):
    """To a later scan, all of a result.

    Options:
        scanNode: The scan.
    """

    isResult = True

    def _command(self, nodes, volumeNode, scanNode):
        self._scanId = scanNode.GetID()
        return ["scan", str(self._image(scanNode, "scan")), *self._networksOf(nodes, volumeNode, scanNode)]

    def _networksOf(self, nodes, volumeNode, scanNode):
        """The options that say what the network found in both scans; none where it saw only one of them."""
        later = latestResultFor(scanNode)
        found = (networkResultOf(nodes, volumeNode), networkResultOf(later, scanNode) if later else None)
        if None in found:
            return []
        baseline, followUp = found
        return ["--last", str(self._written(baseline, "network")), "--network", str(self._written(followUp, "later"))]

    def _preview(self, nodes, _volumeNode):
        scanNode = slicer.mrmlScene.GetNodeByID(self._scanId)
        if scanNode is None:
            raise InputError(_("The later scan was removed meanwhile, so the preview was not made."))
        values = readCarried(self._output, scanNode)
        preview, sides = [], [node.GetAttribute(SIDE_ATTRIBUTE) or "" for node in nodes]
        for node, side in zip(nodes, sides, strict=True):
            name = _("{volume} muscles {side}").format(volume=scanNode.GetName(), side=side).rstrip()
            own = {value: key for value, (nodeId, key) in self._segmentIds.items() if nodeId == node.GetID()}
            preview.append(addCarried(node, values, own, scanNode, name))
        joinRun(preview, sides)
        self.leastSure = _leastSure(self._sure, {label.title for label in self._labels.labels})
        return preview

    def _kept(self, _nodes, _volumeNode, preview, _saveStateForUndo):
        return preview


class SideRun(PropagateRun):
    """To the other side, all of a result."""

    def _command(self, _nodes, _volumeNode):
        return ["side"]

    def _preview(self, nodes, volumeNode):
        mirrored = read_labelled_volume(self._output)
        self._values = readCarried(self._output, volumeNode)
        drawn = sitk.GetArrayViewFromImage(self._labels.image)
        new = set(self._values[drawn == 0].ravel().tolist()) - {0}
        locked = {
            node.GetSegmentation().GetSegment(key).GetName()
            for node, keys in zip(nodes, self._locked, strict=True)
            for key in keys
        }
        self._sides = {label.value: label.side for label in mirrored.labels if label.title not in locked}
        new &= self._sides.keys()
        self.leastSure = _leastSure(self._sure, {label.title for label in mirrored.labels if label.value in new})
        return [addLabels(mirrored, new, volumeNode, _("Preview"))] if new else []

    def _kept(self, nodes, volumeNode, preview, saveStateForUndo):
        sides = {node.GetAttribute(SIDE_ATTRIBUTE): node for node in nodes}
        made = nodes[0].GetAttribute(RUN_ATTRIBUTE) is not None
        if made and len(sides) == 1 and None not in sides:
            # Nothing was found on the other side: it becomes a node of its own.
            joinOtherSide(nodes[0], preview[0])
            other = {"right": _("left"), "left": _("right")}[nodes[0].GetAttribute(SIDE_ATTRIBUTE)]
            preview[0].SetName(_("{volume} muscles {side}").format(volume=volumeNode.GetName(), side=other))
            return preview
        changed = []
        for target in nodes:
            own = {value for value, side in self._sides.items() if sides.get(side, nodes[0]) == target}
            if segmentIds := addSegments(target, preview[0], own):
                saveStateForUndo(target)
                keepCarried(target, self._values, segmentIds, volumeNode)
                changed.append(target)
        return tuple(changed)


def _leastSure(path, titles):
    """The least sure slice of each of these muscles, of the three that are least sure."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t")
        sure = [
            (float(row["expected_dsc"]), f"{row['name']} {row['side']}".rstrip(), int(row["slice"])) for row in rows
        ]
    least = {}
    for expected, title, index in sorted(sure):
        if title in titles:
            least.setdefault(title, (title, index, expected))
    return tuple(least.values())[:_TOLD]
