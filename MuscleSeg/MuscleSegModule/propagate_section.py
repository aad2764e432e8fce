"""The section that carries corrections to where else they apply."""

import time

import slicer
from slicer.i18n import tr as _

from MuscleSegLib.slicer.key_slices import keySlices
from MuscleSegLib.slicer.results import resultOf, volumeOf
from MuscleSegModule.bindings import Menu, NodeSelector
from MuscleSegModule.error_dialogs import errorsShown, showError
from MuscleSegModule.muscle_rows import slicesTitle
from MuscleSegModule.packages import ensurePackages
from MuscleSegModule.time_left import timeLeft
from MuscleSegModule.views import centreOnSlice

#: Where to: other slices of the same side, or a later scan.
SLICES, SCAN = "slices", "scan"


class PropagateSection:
    """What was corrected, found by itself; where to; preview, and keep or discard it.

    Args:
        ui: The panel's widgets.
        propagating: What carries.
        onKept: Called with the segmentation nodes that were changed or added.
    """

    def __init__(self, ui, propagating, onKept):
        self._ui = ui
        self._propagating = propagating
        self._onKept = onKept
        self._parameters = None
        self._started = 0.0
        menu = Menu(ui.propagateToComboBox)
        menu.fill([(SLICES, _("The other slices of this side")), (SCAN, _("A later scan of the patient"))])
        #: What shows, and sets, the choices of this section.
        self.controls = {"propagateTo": menu, "laterScan": NodeSelector(ui.scanSelector)}
        ui.previewButton.connect("clicked(bool)", self.onPreview)
        ui.propagateCancelButton.connect("clicked(bool)", self.onCancel)
        ui.keepButton.connect("clicked(bool)", self.onKeep)
        ui.discardButton.connect("clicked(bool)", self.onDiscard)
        ui.nextSliceButton.connect("clicked(bool)", self.onNextSlice)
        self._showRunning(False)

    def setParameters(self, parameters):
        """Work with the choices of a scene; None while it is closed."""
        self._parameters = parameters
        self.update()

    def update(self):
        """Say which slices were edited; offer a preview when there is something to carry."""
        ui, propagating = self._ui, self._propagating
        node = self._parameters.segmentation if self._parameters is not None else None
        toScan = self._parameters is not None and self._parameters.propagateTo == SCAN
        ui.scanWidget.visible = toScan
        ui.onlyCheckBox.visible = not toScan
        ui.keepWidget.visible = bool(propagating.preview)
        ui.nextSliceButton.visible = propagating.nextSlice is not None and not propagating.running
        if propagating.nextSlice is not None:
            ui.nextSliceButton.text = _("Go to slice {slice}, the one worth correcting next").format(
                slice=propagating.nextSlice + 1
            )
        ready = node is not None and volumeOf(node) is not None
        ready = ready and (not toScan or self._parameters.laterScan is not None)
        ui.previewButton.enabled = ready and not propagating.running
        if node is None:
            ui.editedLabel.text = _("There is nothing to carry yet: segment a volume, or choose a segmentation.")
            return
        keys = keySlices(node)
        segmentation = node.GetSegmentation()
        edited = [f"{segmentation.GetSegment(key).GetName()} ({slicesTitle(keys[key])})" for key in sorted(keys)]
        ui.editedLabel.text = (
            _("Corrected: {muscles}.").format(muscles=", ".join(edited))
            if edited
            else _("No slice was edited since the last run.")
        )

    def onPreview(self, _checked=False):
        """Start carrying, once the packages that it needs are installed."""
        with errorsShown():
            if not ensurePackages():
                self._ui.propagateStatusLabel.text = _("Nothing was installed, so nothing was carried.")
                return
            node = self._parameters.segmentation
            toScan = self._parameters.propagateTo == SCAN
            only = self._ui.segmentEditor.currentSegmentID() if self._ui.onlyCheckBox.checked and not toScan else None
            self._propagating.start(
                resultOf(node) if toScan else (node,),
                volumeOf(node),
                scanNode=self._parameters.laterScan if toScan else None,
                onlySegmentId=only or None,
                onProgress=self._onProgress,
                onPreview=self._onPreview,
                onFailed=self._onFailed,
                onCancelled=self._onCancelled,
            )
            self._started = time.monotonic()
            self._ui.propagateStatusLabel.text = ""
            self._onProgress(0.0, _("Starting"))
            self._showRunning(True)

    def onCancel(self, _checked=False):
        """Stop carrying."""
        self._propagating.cancel()

    def onKeep(self, _checked=False):
        """Keep what is previewed, in one undo step."""
        with errorsShown():
            preview = self._propagating.preview
            toScan = self._parameters.propagateTo == SCAN
            self._propagating.keep(self._saveStateForUndo)
            self._ui.propagateStatusLabel.text = (
                _("Kept as a segmentation of the later scan.") if toScan else _("Kept. Undo takes it back in one step.")
            )
            self._onKept(preview if toScan else (self._parameters.segmentation,))
        self.update()

    def onDiscard(self, _checked=False):
        """Take the preview away."""
        self._propagating.discard()
        self._ui.propagateStatusLabel.text = _("Discarded. The muscles are as they were.")
        self.update()

    def onNextSlice(self, _checked=False):
        """Show the slice that is worth correcting next."""
        centreOnSlice(self._parameters.segmentation, self._propagating.nextSlice)

    def onStopped(self, reason):
        """Carrying was stopped, because of what was done to the scene."""
        self._showRunning(False)
        self._ui.propagateStatusLabel.text = reason

    def _saveStateForUndo(self, node):
        editor = self._ui.segmentEditor
        if editor.segmentationNode() != node:
            editor.setSegmentationNode(node)
        editor.saveStateForUndo()

    def _onProgress(self, fraction, message):
        self._ui.propagateProgressBar.value = round(fraction * self._ui.propagateProgressBar.maximum)
        left = timeLeft(fraction, time.monotonic() - self._started)
        self._ui.propagateProgressLabel.text = f"{message}, {left}" if left else message

    def _onPreview(self, preview):
        self._showRunning(False)
        if not preview:
            self._ui.propagateStatusLabel.text = _("Nothing would change.")
            return
        muscles = sum(node.GetSegmentation().GetNumberOfSegments() for node in preview)
        self._ui.propagateStatusLabel.text = _(
            "Muscles that would change: {count}. The preview shows their outlines."
        ).format(count=muscles)
        slicer.util.setSliceViewerLayers(background=volumeOf(preview[0]))

    def _onFailed(self, sentence, details):
        self._showRunning(False)
        self._ui.propagateStatusLabel.text = _("Propagating failed. The scene is as it was.")
        showError(sentence, details)

    def _onCancelled(self):
        self._showRunning(False)
        self._ui.propagateStatusLabel.text = _("Cancelled. The scene is as it was.")

    def _showRunning(self, running):
        self._ui.propagatingWidget.visible = running
        self._ui.previewButton.visible = not running
        self.update()
