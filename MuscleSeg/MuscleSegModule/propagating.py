"""Corrections carried by child processes, previewed in the scene, and kept in one undo step."""

from dataclasses import replace

import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError, MuscleSegError
from MuscleSegLib.slicer.carrying import addCarried, changedSegments, joinRun, keepCarried
from MuscleSegLib.slicer.results import SIDE_ATTRIBUTE
from MuscleSegModule.error_dialogs import detailsOf
from MuscleSegModule.job import Job
from MuscleSegModule.propagate_run import PropagateRun

#: How the command line names the slice that is worth correcting next; slices counted from 0.
_NEXT = "slice to correct next: "


class Propagating:
    """Carries one correction at a time. There is at most one preview, which is saved with no scene."""

    def __init__(self):
        self._job = None
        self._run = None
        self._values = None
        self._preview = ()
        #: The slice that is worth correcting next, counted from 0; None when it was not said.
        self.nextSlice = None

    @property
    def running(self):
        """Whether something is being carried."""
        return self._job is not None

    @property
    def preview(self):
        """The nodes of the preview that are still in the scene."""
        return tuple(node for node in self._preview if slicer.mrmlScene.IsNodePresent(node))

    def start(
        self, nodes, volumeNode, *, scanNode=None, onlySegmentId=None, onProgress, onPreview, onFailed, onCancelled
    ):
        """Start carrying what was corrected; a preview comes into the scene when it is complete.

        Args:
            nodes: What was corrected: one segmentation to carry to other slices, all of a result to carry to a scan.
            volumeNode: The volume that was segmented.
            scanNode: The later scan; None for other slices of the same volume.
            onlySegmentId: The one segment to carry; None for all.
            onProgress: Called with a fraction from 0 to 1 and a message.
            onPreview: Called with the nodes of the preview; none when nothing would change.
            onFailed: Called with a sentence and details.
            onCancelled: Called when :meth:`cancel` stopped it.

        Raises:
            MuscleSegError: Nothing was corrected, or something is being carried.
        """
        if self.running:
            raise InputError(_("A correction is being carried already. Wait for it, or cancel it."))
        self.discard()
        run = PropagateRun(nodes, volumeNode, scanNode, onlySegmentId, slicer.app.temporaryPath)

        def ended(outcome):
            try:
                self._preview = self._shown(run) if outcome.state == "done" else ()
            except MuscleSegError as error:
                outcome = replace(outcome, state="failed", text=str(error))
            finally:
                self._job = None
                run.close()
            if outcome.state == "done":
                onPreview(self._preview)
            elif outcome.state == "cancelled":
                onCancelled()
            else:
                onFailed(outcome.text, detailsOf(outcome))

        self._run, self.nextSlice = run, None
        self._job = Job(run.arguments, onEnd=ended, onProgress=onProgress, onText=self._onText)
        self._job.start()

    def keep(self, saveStateForUndo):
        """Keep what is previewed: in the segmentation that was corrected, or as a segmentation of the later scan.

        Args:
            saveStateForUndo: Called with the segmentation node before it is changed.

        Raises:
            InputError: The segmentation was edited after the preview was made, or removed; nothing was changed.
        """
        preview = self.preview
        if self._run.toScan:
            for node in preview:
                node.SetSaveWithScene(True)
            self._preview = ()
            return
        node = slicer.mrmlScene.GetNodeByID(self._run.nodeIds[0])
        volumeNode = slicer.mrmlScene.GetNodeByID(self._run.targetId)
        if node is None or volumeNode is None:
            raise InputError(_("The segmentation or its volume was removed, so there is nothing to keep this in."))
        self._run.checkUnchanged(node)
        kept = set(preview[0].GetSegmentation().GetSegmentIDs()) if preview else set()
        segmentIds = {value: key for value, (_node, key) in self._run.segmentIds.items() if key in kept}
        saveStateForUndo(node)
        keepCarried(node, self._values, segmentIds, volumeNode)
        self.discard()

    def discard(self):
        """Take the preview away."""
        for node in self.preview:
            slicer.mrmlScene.RemoveNode(node)
        self._preview, self._values = (), None

    def cancel(self):
        """Stop carrying at once. Without effect when nothing is carried."""
        if self._job is not None:
            self._job.cancel()

    def abandon(self):
        """Stop carrying at once and call nothing any more: the scene, or the panel, goes away."""
        if self._job is not None:
            self._job.close()
            self._job = None
            self._run.close()

    def _onText(self, text):
        if text.startswith(_NEXT):
            self.nextSlice = int(text.removeprefix(_NEXT))

    def _shown(self, run):
        """Put what was carried into the scene, as a preview."""
        target = slicer.mrmlScene.GetNodeByID(run.targetId)
        nodes = [slicer.mrmlScene.GetNodeByID(nodeId) for nodeId in run.nodeIds]
        if target is None or None in nodes:
            raise InputError(_("The segmentation or the volume was removed meanwhile, so the preview was not made."))
        self._values = run.values(target)
        preview = []
        for node in nodes:
            segmentIds = {value: key for value, (nodeId, key) in run.segmentIds.items() if nodeId == node.GetID()}
            if run.toScan:
                name = (
                    _("{volume} muscles {side}")
                    .format(volume=target.GetName(), side=node.GetAttribute(SIDE_ATTRIBUTE) or "")
                    .rstrip()
                )
            else:
                name = _("Preview")
                segmentIds = changedSegments(node, self._values, segmentIds, target)
            if segmentIds:
                preview.append(addCarried(node, self._values, segmentIds, target, name))
        for node in preview:
            node.SetSaveWithScene(False)
            node.GetDisplayNode().SetVisibility2DFill(run.toScan)
        if run.toScan:
            joinRun(preview, [node.GetAttribute(SIDE_ATTRIBUTE) or "" for node in nodes][: len(preview)])
        return tuple(preview)
