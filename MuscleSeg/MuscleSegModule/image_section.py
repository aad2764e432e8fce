"""The section in which a volume is chosen and segmented."""

import time

import qt
import slicer
import vtk
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from MuscleSegLib.anatomy import label_set, label_set_names
from MuscleSegLib.errors import MuscleSegError
from MuscleSegLib.slicer import warningsFromSegmentationNode
from MuscleSegLib.slicer.edits import segmentIdsOfLastResult
from MuscleSegModule.again import Again
from MuscleSegModule.error_dialogs import errorsShown, showError
from MuscleSegModule.job import Job
from MuscleSegModule.menus import Menu
from MuscleSegModule.models import modelChoices
from MuscleSegModule.packages import ensurePackages, missingPackages
from MuscleSegModule.time_left import timeLeft
from MuscleSegModule.views import centreOnSegment, centreOnSlice


class ImageSection(VTKObservationMixin):
    """Volume, region, model, muscles and device; Segment and Cancel; progress; what to check.

    Args:
        ui: The panel's widgets.
        logic: What segments.
        onResult: Called with the segmentation nodes of a new result.
    """

    def __init__(self, ui, logic, onResult):
        VTKObservationMixin.__init__(self)
        self._ui = ui
        self._logic = logic
        self._onResult = onResult
        self._parameters = None
        self._models = {}
        self._warnings = []
        self._started = 0.0
        self._deviceJob = None
        self._modelMenu = Menu(ui.modelComboBox, self._onModelChosen)
        self._labelsMenu = Menu(ui.labelsComboBox, self._onLabelsChosen)
        ui.volumeSelector.connect("currentNodeChanged(vtkMRMLNode*)", self.update)
        ui.segmentButton.connect("clicked(bool)", self.onSegment)
        ui.cancelButton.connect("clicked(bool)", self.onCancel)
        ui.warningsList.connect("itemClicked(QListWidgetItem*)", self.onWarningChosen)
        ui.warningsList.connect("itemActivated(QListWidgetItem*)", self.onWarningChosen)
        ui.deviceNoteLabel.visible = False
        self._showRunning(False)

    def setParameters(self, parameters):
        """Show other choices; None while the scene is closed."""
        self.removeObservers()
        self._parameters = parameters
        if parameters is not None:
            self.addObserver(parameters.parameterNode, vtk.vtkCommand.ModifiedEvent, self._onParametersModified)
            self.fillMenus()

    def fillMenus(self):
        """Offer the models and label sets there are."""
        if self._parameters is None:
            return
        try:
            choices = modelChoices(self._logic.modelsFolder())
        except MuscleSegError:
            choices = modelChoices()  # The settings say what is wrong with the folder.
        self._models = {choice.value: choice for choice in choices}
        self._modelMenu.fill([(choice.value, choice.title) for choice in choices], self._parameters.model)
        self._labelsMenu.fill([(name, label_set(name).title) for name in label_set_names()], self._parameters.labels)
        self._showModel()
        self.update()

    def update(self, _node=None):
        """Segment is offered when there is a volume and a model, and nothing runs."""
        ready = self._ui.volumeSelector.currentNode() is not None and self._modelMenu.value is not None
        self._ui.segmentButton.enabled = ready and not self._logic.running

    def askDevice(self):
        """Find out, once, what the automatic choice of the device means on this computer."""
        if self._deviceJob is None and not missingPackages():
            self._deviceJob = Job(["devices"], onEnd=lambda _outcome: None, onText=self._onDevice)
            self._deviceJob.start()

    def cleanup(self):
        """Let go of the scene, and of what runs."""
        self.removeObservers()
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
            started = self._logic.startSegmenting(
                self._ui.volumeSelector.currentNode(),
                model=self._parameters.model,
                region=self._parameters.region.value,
                labels=self._parameters.labels,
                device=self._parameters.device.value,
                segmentationNode=self._parameters.segmentation,
                decide=askWhatBecomesOf,
                onProgress=self._onProgress,
                onFinished=self._onFinished,
                onFailed=self._onFailed,
                onCancelled=self._onCancelled,
            )
            if started:
                self._started = time.monotonic()
                self._ui.statusLabel.text = ""
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
        segmentId = segmentIdsOfLastResult(node).get(warning.value)
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

    def _onParametersModified(self, _caller, _event):
        self._modelMenu.show(self._parameters.model)
        self._labelsMenu.show(self._parameters.labels)
        self._showModel()
        self.update()

    def _onModelChosen(self, value):
        self._parameters.model = value

    def _onLabelsChosen(self, value):
        self._parameters.labels = value

    def _showModel(self):
        """Say what the chosen model was trained on; its data are in the tooltip."""
        choice = self._models.get(self._parameters.model)
        if choice is None:
            self._ui.trainedOnLabel.toolTip = ""
            self._ui.trainedOnLabel.text = _(
                "The model “{name}” of this scene is not installed. Choose another."
            ).format(name=self._parameters.model)
            return
        images, _separator, data = choice.trainedOn.partition("\n")
        self._ui.trainedOnLabel.text = _("Trained on images {images}.").format(images=images)
        self._ui.trainedOnLabel.toolTip = data

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
    answers = {keep: Again.KeepEdited, new: Again.New, replace: Again.Replace}
    return next((answer for button, answer in answers.items() if box.clickedButton() == button), None)
