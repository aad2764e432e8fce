"""A table of measures kept up to date while its muscles are corrected."""

import qt
import slicer
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from MuscleSegLib.errors import MuscleSegError
from MuscleSegModule.measure_nodes import isCurrent, segmentationsOf, transformsOf
from MuscleSegModule.packages import missingPackages

#: What is waited after an edit before measuring (ms): a person who paints goes on painting.
_PAUSE_MS = 1500


class Remeasuring(VTKObservationMixin):
    """Measures again, in a process of its own, when what was measured is edited; the same maps, the same transforms.

    Args:
        measuring: What measures; for nothing else.
        onChanged: Called when :attr:`note` changed, and when the table has new numbers.

    Attributes:
        note: Why the table is out of date, and what is done about it; empty when it is not.
    """

    def __init__(self, measuring, onChanged):
        VTKObservationMixin.__init__(self)
        self.note = ""
        self._measuring = measuring
        self._onChanged = onChanged
        self._tableNode = None
        self._timer = qt.QTimer()
        self._timer.singleShot = True
        self._timer.setInterval(_PAUSE_MS)
        self._timer.connect("timeout()", self._onPause)

    def watch(self, tableNode):
        """Keep this table up to date from now on, and no other; None: none."""
        self.stop()
        self._tableNode = tableNode
        self.note = ""
        if tableNode is None:
            return
        for node in segmentationsOf(tableNode):
            for event in slicer.vtkSegmentation.SourceRepresentationModified, slicer.vtkSegmentation.SegmentModified:
                self.addObserver(node, event, self._onEdited)
            for event in slicer.vtkSegmentation.SegmentAdded, slicer.vtkSegmentation.SegmentRemoved:
                self.addObserver(node, event, self._onEdited)
        for node in set(transformsOf(tableNode).values()):
            self.addObserver(node, slicer.vtkMRMLTransformableNode.TransformModifiedEvent, self._onEdited)
        if not isCurrent(tableNode):
            self._onEdited()

    def stop(self):
        """Stop what runs, and watch nothing any more."""
        self._timer.stop()
        self._measuring.abandon()
        self.removeObservers()

    def _onEdited(self, _caller=None, _event=None):
        self._measuring.abandon()  # It measures what is not so any more.
        self._say(_("Out of date: the muscles were edited. They are measured again in a moment."))
        self._timer.start()

    def _onPause(self):
        if not slicer.mrmlScene.IsNodePresent(self._tableNode):
            return
        try:
            if isCurrent(self._tableNode):  # Undone, or another colour.
                self._say("")
            elif missingPackages("measure"):
                self._say(_("Out of date: the muscles were edited. Press Register and measure."))
            else:
                self._measuring.startAgain(
                    self._tableNode,
                    onProgress=lambda _fraction, _message: None,
                    onFinished=lambda _tableNode: self._say(""),
                    onFailed=self._onFailed,
                    onCancelled=lambda: None,
                )
                self._say(_("Out of date: the muscles were edited. They are being measured again."))
        except MuscleSegError as error:
            self._onFailed(str(error))

    def _onFailed(self, sentence, _details=""):
        # No dialog: the user is busy correcting.
        self._say(_("Out of date: the muscles were edited. {reason}").format(reason=sentence))

    def _say(self, note):
        self.note = note
        self._onChanged()
