"""Corrections carried by child processes, previewed in the scene, and kept in one undo step."""

import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError
from MuscleSegModule.job import Job
from MuscleSegModule.job_end import atEnd
from MuscleSegModule.offering import setOffered

#: How the command line names the slice that is worth correcting next; slices counted from 0.
_NEXT = "slice to correct next: "


class Propagating:
    """Carries one correction at a time. There is at most one preview, which is saved with no scene."""

    def __init__(self):
        self._job = None
        self._run = None
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

    @property
    def leastSure(self):
        """Muscle, slice and expected DSC of what the last preview is least sure of."""
        return self._run.leastSure if self._run is not None else ()

    def start(self, kind, nodes, volumeNode, *, onProgress, onWarning, onPreview, onFailed, onCancelled, **options):
        """Start carrying what was corrected; a preview comes into the scene when it is complete.

        Args:
            kind: Where to: a class of :mod:`MuscleSegModule.propagate_run`.
            nodes: What was corrected.
            volumeNode: The volume that was segmented.
            onProgress: Called with a fraction from 0 to 1 and a message.
            onWarning: Called with each warning, as a dictionary.
            onPreview: Called with the nodes of the preview; none when nothing would change.
            onFailed: Called with a sentence and details.
            onCancelled: Called when :meth:`cancel` stopped it.
            options: Those of the kind.

        Raises:
            MuscleSegError: Nothing was corrected, or something is being carried.
        """
        if self.running:
            raise InputError(_("A correction is being carried already. Wait for it, or cancel it."))
        self.discard()
        run = kind(nodes, volumeNode, **options)

        def show():
            self._preview = run.show()
            return self._preview

        ended = atEnd(show, self._end, onTaken=onPreview, onFailed=onFailed, onCancelled=onCancelled)
        self._run, self.nextSlice = run, None
        self._job = Job(run.arguments, onEnd=ended, onProgress=onProgress, onWarning=onWarning, onText=self._onText)
        self._job.start()

    def keep(self, saveStateForUndo):
        """Keep what is previewed: in the segmentation that was corrected, or as one of its own.

        Args:
            saveStateForUndo: Called with the segmentation node before it is changed.

        Returns:
            The nodes that were changed or added.

        Raises:
            InputError: The preview was deleted, or the segmentation edited after it was made, or removed; nothing was
                changed.
        """
        if not self.preview:
            raise InputError(_("The preview was deleted, so nothing was kept. Make the preview again."))
        kept = self._run.keep(self.preview, saveStateForUndo)
        for node in kept:
            node.SetSaveWithScene(True)
            if node in self._preview:  # A result now, no outlines over one.
                setOffered(node, True)
                node.GetDisplayNode().SetVisibility2DFill(True)
        self._preview = tuple(node for node in self._preview if node not in kept)
        self.discard()
        return kept

    def discard(self):
        """Take the preview away."""
        for node in self.preview:
            slicer.mrmlScene.RemoveNode(node)
        self._preview = ()

    def cancel(self):
        """Stop carrying at once. Without effect when nothing is carried."""
        if self._job is not None:
            self._job.cancel()

    def abandon(self):
        """Stop carrying at once and call nothing any more: the scene, or the panel, goes away."""
        if self._job is not None:
            self._job.close()
            self._end()

    def _end(self):
        self._job = None
        self._run.close()

    def _onText(self, text):
        if text.startswith(_NEXT):
            self.nextSlice = int(text.removeprefix(_NEXT))
