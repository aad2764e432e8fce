"""The section that carries corrections to where else they apply."""

import time

import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError
from MuscleSegLib.slicer.edits import LastResult
from MuscleSegLib.slicer.key_slices import keySlices, modifiedTimes
from MuscleSegLib.slicer.results import resultOf, volumeOf
from MuscleSegModule.bindings import Line, Menu, NodeSelector
from MuscleSegModule.error_dialogs import errorsShown, showError
from MuscleSegModule.packages import ensurePackages
from MuscleSegModule.propagate_run import ScanRun, SideRun, SlicesRun
from MuscleSegModule.slice_ranges import slicesOf, slicesTitle
from MuscleSegModule.starter import Starter
from MuscleSegModule.time_left import timeLeft
from MuscleSegModule.views import centreOnSlice

#: Where to: other slices of the same side, the other side, or a later scan.
SLICES, SIDE, SCAN = "slices", "side", "scan"


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
        self._warnings = []
        self._previewedLocks = ""
        #: The corrected slices that were found last, and the times of the segmentation that they were found in.
        self._keys, self._times = {}, None
        self._starter = Starter(ui.previewButton, ui.previewObstacleLabel)
        menu = Menu(ui.propagateToComboBox)
        menu.fill(
            [
                (SLICES, _("The other slices of this side")),
                (SIDE, _("The other side, where it is empty")),
                (SCAN, _("A later scan of the patient")),
            ]
        )
        #: What shows, and sets, the choices of this section.
        self.controls = {
            "propagateTo": menu,
            "laterScan": NodeSelector(ui.scanSelector),
            "lockedSlices": Line(ui.lockedSlicesEdit),
        }
        ui.previewButton.connect("clicked(bool)", self.onPreview)
        ui.propagateCancelButton.connect("clicked(bool)", self.onCancel)
        ui.keepButton.connect("clicked(bool)", self.onKeep)
        ui.discardButton.connect("clicked(bool)", self.onDiscard)
        ui.nextSliceButton.connect("clicked(bool)", self.onNextSlice)
        self._showRunning(False)

    def setParameters(self, parameters):
        """Work with the choices of a scene; None while it is closed."""
        self._parameters = parameters
        if parameters is None:
            self._propagating.nextSlice = None
        self.update()

    def update(self):
        """Say which slices were edited; offer a preview when there is something to carry."""
        ui, propagating = self._ui, self._propagating
        node = self._parameters.segmentation if self._parameters is not None else None
        to = self._parameters.propagateTo if self._parameters is not None else SLICES
        ui.scanWidget.visible = to == SCAN
        for widget in (ui.onlyCheckBox, ui.lockedSlicesLabel, ui.lockedSlicesEdit):
            widget.visible = to == SLICES
        ui.keepWidget.visible = bool(propagating.preview)
        ui.nextSliceButton.visible = propagating.nextSlice is not None and not propagating.running
        if propagating.nextSlice is not None:
            ui.nextSliceButton.text = _("Go to slice {slice}, the one worth correcting next").format(
                slice=propagating.nextSlice
            )
        keys = self._keysOf(node) if node is not None and to == SLICES else {}
        ui.editedLabel.text = self._corrected(node, keys) if keys else ""
        ui.editedLabel.visible = bool(keys)
        self._starter.update(self._obstacle(node, to, keys), propagating.running)

    def _keysOf(self, node):
        """The corrected slices: it takes a moment to find them, and each letter that is typed in the panel asks."""
        times = modifiedTimes(node)
        if times != self._times:
            self._keys, self._times = keySlices(node), times
        return self._keys

    def _obstacle(self, node, to, keys):
        """Why nothing can be carried; empty when something can."""
        if node is None:
            return _("There is nothing to carry yet: segment a volume, or choose a segmentation under Correct.")
        if volumeOf(node) is None:
            return _("The volume that was segmented is not in the scene any more.")
        if to == SCAN and self._parameters.laterScan is None:
            return _("Choose the later scan first.")
        if to == SLICES and not keys and LastResult.of(node) is not None:
            return _("No slice was edited since the last run. Correct a few slices first.")
        return ""

    @staticmethod
    def _corrected(node, keys):
        segmentation = node.GetSegmentation()
        edited = [f"{segmentation.GetSegment(key).GetName()} ({slicesTitle(keys[key])})" for key in sorted(keys)]
        return _("Corrected: {muscles}.").format(muscles=", ".join(edited))

    def onPreview(self, _checked=False):
        """Start carrying, once the packages that it needs are installed."""
        with errorsShown():
            if not ensurePackages():
                self._ui.propagateStatusLabel.text = _("Nothing was installed, so nothing was carried.")
                return
            node = self._parameters.segmentation
            kind, nodes, options = self._chosen(node)
            self._warnings = []
            self._previewedLocks = self._parameters.lockedSlices
            self._ui.propagateStatusLabel.text = ""
            self._propagating.start(
                kind,
                nodes,
                volumeOf(node),
                **options,
                onProgress=self._onProgress,
                onWarning=lambda warning: self._warnings.append(warning["text"]),
                onPreview=self._onPreview,
                onFailed=self._onFailed,
                onCancelled=self._onCancelled,
            )
            if self._propagating.running:  # Unless it could not even be started.
                self._started = time.monotonic()
                self._onProgress(0.0, _("Starting"))
                self._showRunning(True)

    def _chosen(self, node):
        """The kind of run, what is carried, and the options of the kind."""
        if self._parameters.propagateTo == SCAN:
            return ScanRun, resultOf(node), {"scanNode": self._parameters.laterScan}
        if self._parameters.propagateTo == SIDE:
            return SideRun, resultOf(node), {}
        only = self._ui.segmentEditor.currentSegmentID() if self._ui.onlyCheckBox.checked else ""
        options = {"onlySegmentId": only or None, "lockedSlices": slicesOf(self._parameters.lockedSlices)}
        return SlicesRun, (node,), options

    def onCancel(self, _checked=False):
        """Stop carrying."""
        self._propagating.cancel()

    def onKeep(self, _checked=False):
        """Keep what is previewed, in one undo step."""
        with errorsShown():
            if self._parameters.lockedSlices != self._previewedLocks:
                raise InputError(_("Slices were locked after the preview was made. Make the preview again."))
            kept = self._propagating.keep(self._saveStateForUndo)
            self._ui.propagateStatusLabel.text = self._kept(kept)
            self._onKept(kept)
        self.update()

    def _kept(self, nodes):
        """What was kept, and what becomes of it on Undo: the editor remembers the segmentation that it edits only."""
        if self._ui.segmentEditor.segmentationNode() not in nodes:
            return _("Kept as “{name}”.").format(name="” + “".join(node.GetName() for node in nodes))
        if len(nodes) == 1:
            return _("Kept. Undo takes it back in one step.")
        return _("Kept on both sides. Undo takes back only the side that the editor shows.")

    def onDiscard(self, _checked=False):
        """Take the preview away."""
        self._propagating.discard()
        self._propagating.nextSlice = None
        self._ui.propagateStatusLabel.text = _("Discarded. The muscles are as they were.")
        self.update()

    def onNextSlice(self, _checked=False):
        """Show the slice that is worth correcting next."""
        # What is previewed may be of another volume: that of the later scan.
        node = next(iter(self._propagating.preview), self._parameters.segmentation)
        centreOnSlice(node, self._propagating.nextSlice)

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
        muscles = sum(node.GetSegmentation().GetNumberOfSegments() for node in preview)
        found = (
            _("Muscles that would change: {count}. The preview shows their outlines.").format(count=muscles)
            if preview
            else _("Nothing would change.")
        )
        doubts = ", ".join(
            _("{muscle} in slice {slice} ({expected:.2f})").format(muscle=muscle, slice=index, expected=expected)
            for muscle, index, expected in self._propagating.leastSure
        )
        sure = [_("Least sure, with the DSC to expect: {muscles}.").format(muscles=doubts)] if doubts else []
        self._ui.propagateStatusLabel.text = "\n".join(dict.fromkeys([found, *sure, *self._warnings]))
        if preview:
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
