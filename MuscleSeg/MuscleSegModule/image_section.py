"""The section in which a volume is chosen and segmented."""

import time

import qt
import slicer
from slicer.i18n import tr as _

from MuscleSegLib.anatomy import label_set, label_set_names
from MuscleSegLib.slicer import warningsFromSegmentationNode
from MuscleSegLib.slicer.edits import LastResult
from MuscleSegModule.again import Again
from MuscleSegModule.bindings import Menu, NodeSelector
from MuscleSegModule.error_dialogs import errorsShown, showError
from MuscleSegModule.job import Job
from MuscleSegModule.models import foundModels, modelChoices
from MuscleSegModule.packages import ensurePackages, missingPackages
from MuscleSegModule.starter import Starter
from MuscleSegModule.time_left import timeLeft
from MuscleSegModule.views import centreOnSegment, centreOnSlice


class ImageSection:
    """Volume, region, model, muscles and device; Segment and Cancel; progress; what to check.

    Args:
        ui: The panel's widgets.
        logic: What segments.
        onResult: Called with the segmentation nodes of a new result.
    """

    def __init__(self, ui, logic, onResult):
        self._ui = ui
        self._logic = logic
        self._onResult = onResult
        self._parameters = None
        self._models = {}
        self._warnings = []
        self._started = 0.0
        self._deviceJob = None
        self._starter = Starter(ui.segmentButton, ui.segmentObstacleLabel)
        self._modelMenu = Menu(ui.modelComboBox)
        self._labelsMenu = Menu(ui.labelsComboBox)
        regionMenu, deviceMenu = Menu(ui.regionComboBox), Menu(ui.deviceComboBox)
        regionMenu.fill([("auto", _("Found automatically")), ("thigh", _("Thigh")), ("leg", _("Leg"))])
        deviceMenu.fill([("auto", _("Automatic")), ("cpu", _("Processor (CPU)")), ("cuda", _("Graphics card (CUDA)"))])
        #: What shows, and sets, the choices of this section.
        self.controls = {
            "volume": NodeSelector(ui.volumeSelector),
            "region": regionMenu,
            "model": self._modelMenu,
            "labels": self._labelsMenu,
            "device": deviceMenu,
        }
        self.fillMenus()
        ui.segmentButton.connect("clicked(bool)", self.onSegment)
        ui.cancelButton.connect("clicked(bool)", self.onCancel)
        ui.warningsList.connect("itemClicked(QListWidgetItem*)", self.onWarningChosen)
        ui.warningsList.connect("itemActivated(QListWidgetItem*)", self.onWarningChosen)
        ui.deviceNoteLabel.visible = False
        self._showRunning(False)

    def setParameters(self, parameters):
        """Work with the choices of a scene; None while it is closed."""
        self._parameters = parameters
        self.update()

    def fillMenus(self):
        """Offer the models and label sets there are."""
        choices = modelChoices(foundModels(self._logic.modelsFolder()).cards)
        self._models = {choice.value: choice for choice in choices}
        self._modelMenu.fill([(choice.value, choice.title) for choice in choices])
        self._labelsMenu.fill([(name, label_set(name).title) for name in label_set_names()])

    def update(self):
        """Say what the chosen model was trained on; offer Segment when there is a volume and nothing runs."""
        choice = self._models.get(self._parameters.model) if self._parameters is not None else None
        self._starter.update(self._obstacle(choice), self._logic.running)
        self._ui.trainedOnLabel.visible = choice is not None
        if choice is not None:
            self._ui.trainedOnLabel.text = _("Trained on: {images}.").format(images=choice.images or choice.data)
            self._ui.trainedOnLabel.toolTip = choice.data

    def _obstacle(self, choice):
        """Why nothing can be segmented; empty when something can."""
        if self._parameters is None or self._parameters.volume is None:
            return _("Load a volume first, e.g. with Add Data or the DICOM module; or choose one.")
        if choice is None:
            return _("The model “{name}” of this scene is not installed. Choose another.").format(
                name=self._parameters.model
            )
        return ""

    def askDevice(self):
        """Find out, once, what the automatic choice of the device means on this computer."""
        if self._deviceJob is None and not missingPackages():
            self._deviceJob = Job(["devices"], onEnd=lambda _outcome: None, onText=self._onDevice)
            self._deviceJob.start()

    def cleanup(self):
        """Let go of what runs."""
        if self._deviceJob is not None:
            self._deviceJob.close()

    def showWarnings(self, nodes):
        """List what to check in a result."""
        self._warnings = [(node, warning) for node in nodes for warning in warningsFromSegmentationNode(node)]
        self._ui.warningsList.clear()
        for _node, warning in self._warnings:
            self._ui.warningsList.addItem(warning.text)
        self._ui.warningsLabel.visible = self._ui.warningsList.visible = bool(self._warnings)

    def onSegment(self, _checked=False):
        """Start segmenting, once the packages that it needs are installed."""
        with errorsShown():
            if not ensurePackages():
                self._ui.statusLabel.text = _("Nothing was installed, so nothing was segmented.")
                return
            self._ui.statusLabel.text = ""
            self._logic.startSegmenting(
                self._parameters.volume,
                model=self._parameters.model,
                region=self._parameters.region,
                labels=self._parameters.labels,
                device=self._parameters.device,
                segmentationNode=self._parameters.segmentation,
                decide=askWhatBecomesOf,
                onProgress=self._onProgress,
                onFinished=self._onFinished,
                onFailed=self._onFailed,
                onCancelled=self._onCancelled,
            )
            if self._logic.running:  # Unless the user thought better of it, or it could not even be started.
                self._started = time.monotonic()
                self._onProgress(0.0, _("Starting"))
                self._showRunning(True)

    def onCancel(self, _checked=False):
        """Stop segmenting."""
        self._logic.cancel()

    def onWarningChosen(self, item):
        """Show the slice, or the muscle, that a warning is about."""
        node, warning = self._warnings[self._ui.warningsList.row(item)]
        if not slicer.mrmlScene.IsNodePresent(node):
            return
        last = LastResult.of(node)
        segmentId = last.segment_ids.get(warning.value) if last is not None else None
        if warning.slice is not None:
            centreOnSlice(node, warning.slice, segmentId)
        elif segmentId is not None:
            centreOnSegment(node, segmentId)

    def onStopped(self, reason):
        """Segmenting was stopped, because of what was done to the scene."""
        self._showRunning(False)
        self._ui.statusLabel.text = reason

    def _onDevice(self, text):
        self._ui.deviceNoteLabel.text = _("Automatic is here: {device}.").format(device=text)
        self._ui.deviceNoteLabel.visible = True

    def _onProgress(self, fraction, message):
        self._ui.progressBar.value = round(fraction * self._ui.progressBar.maximum)
        left = timeLeft(fraction, time.monotonic() - self._started)
        self._ui.progressLabel.text = f"{message}, {left}" if left else message

    def _onFinished(self, nodes):
        self._showRunning(False)
        count = sum(node.GetSegmentation().GetNumberOfSegments() for node in nodes)
        self._ui.statusLabel.text = _("{count} muscles were segmented.").format(count=count)
        self._onResult(nodes)

    def _onFailed(self, sentence, details):
        self._showRunning(False)
        self._ui.statusLabel.text = _("Segmenting failed. The scene is as it was.")
        showError(sentence, details)

    def _onCancelled(self):
        self._showRunning(False)
        self._ui.statusLabel.text = _("Cancelled. The scene is as it was.")

    def _showRunning(self, running):
        self._ui.runningWidget.visible = running
        self._ui.segmentButton.visible = not running
        self.update()


def askWhatBecomesOf(muscles):
    """Ask what segmenting again does with muscles that were edited; None when the user would rather not."""
    box = qt.QMessageBox(slicer.util.mainWindow())
    box.icon = qt.QMessageBox.Question
    box.windowTitle = _("MuscleSeg")
    box.text = _("This volume was segmented before, and the result was edited: {muscles}.").format(
        muscles=", ".join(muscles)
    )
    box.informativeText = _("What shall become of the edited muscles?")
    keep = box.addButton(_("Keep edited muscles"), qt.QMessageBox.AcceptRole)
    new = box.addButton(_("Make a new segmentation"), qt.QMessageBox.AcceptRole)
    replace = box.addButton(_("Replace all"), qt.QMessageBox.DestructiveRole)
    box.addButton(qt.QMessageBox.Cancel)
    box.setDefaultButton(keep)
    box.exec_()
    box.deleteLater()  # Else the main window keeps it.
    answers = {keep: Again.KeepEdited, new: Again.New, replace: Again.Replace}
    return next((answer for button, answer in answers.items() if box.clickedButton() == button), None)
