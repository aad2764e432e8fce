"""The sections of the panel, and what they tell each other."""

from importlib.util import find_spec

import slicer
from slicer.i18n import tr as _

from MuscleSegModule.bindings import Bindings
from MuscleSegModule.correct_section import CorrectSection
from MuscleSegModule.image_section import ImageSection
from MuscleSegModule.settings_section import SettingsSection
from MuscleSegModule.views import showResult


class Panel:
    """The sections. One whose part of the library is not there is not shown.

    Args:
        ui: The panel's widgets.
        logic: What segments and measures.
    """

    def __init__(self, ui, logic):
        self._ui = ui
        self._logic = logic
        self._parameters = None
        self.image = ImageSection(ui, logic, self._onResult)
        self.correct = CorrectSection(ui, self.image.showWarnings, self._onEdited)
        self.settings = SettingsSection(ui, logic, self.image.fillMenus, self.image.askDevice, self._onRetestChanged)
        self.propagate = self.biomarkers = None
        ui.propagateCollapsibleButton.visible = _isThere("MuscleSegLib.commands.propagate")
        if _isThere("MuscleSegLib.commands.propagate"):
            from MuscleSegModule.propagate_section import PropagateSection

            self.propagate = PropagateSection(ui, logic.propagating, self._onKept)
        ui.biomarkersCollapsibleButton.visible = _isThere("MuscleSegLib.commands.measure")
        if _isThere("MuscleSegLib.commands.measure"):
            from MuscleSegModule.biomarkers_section import BiomarkersSection

            self.biomarkers = BiomarkersSection(ui, logic)
        every = (self.image, self.correct, self.propagate, self.biomarkers)
        #: Those that show what is in the scene.
        self._sections = [section for section in every if section is not None]
        controls = {name: control for section in self._sections for name, control in section.controls.items()}
        self._bindings = Bindings(controls, self.update)

    @property
    def running(self):
        """Whether something runs whose result will be put into the scene, and shown."""
        return self._logic.running or self._logic.propagating.running or self._logic.measuring.running

    def connectScene(self):
        """Show and keep the choices of the scene as it is now; without effect while these are shown already."""
        if self._parameters is not None:
            return
        parameters = self._logic.getParameterNode()
        if parameters.volume is None:
            parameters.volume = _firstVolume()
        self._parameters = parameters
        self._bindings.connect(parameters)
        for section in self._sections:
            section.setParameters(parameters)

    def disconnectScene(self):
        """Let go of the choices: the scene is being closed, or nodes are coming in."""
        if self._parameters is None:
            return
        self._bindings.disconnect()
        self._parameters = None
        for section in self._sections:
            section.setParameters(None)

    def update(self):
        """A choice was made: show what follows from it."""
        for section in self._sections:
            section.update()

    def enter(self):
        """The user opened the module."""
        self.connectScene()
        self.image.askDevice()
        self.correct.enter()

    def exit(self):
        """The user went to another module; what runs goes on."""
        self.correct.exit()

    def stop(self, reason):
        """Stop what runs, because of what was done to the scene."""
        if self._logic.running:
            self._logic.abandon()
            self.image.onStopped(reason)
        for section, work in ((self.propagate, self._logic.propagating), (self.biomarkers, self._logic.measuring)):
            if work.running:
                work.abandon()
                section.onStopped(reason)
        if self.biomarkers is not None:
            self.biomarkers.measures.stop()

    def onNodeRemoved(self, node):
        """A node is gone: without its volume, segmenting is of no use."""
        if self._logic.runningVolumeId is not None and node.GetID() == self._logic.runningVolumeId:
            self._logic.abandon()
            self.image.onStopped(_("The volume was removed, so segmenting was stopped."))
        self.correct.onNodeRemoved(node)
        if self.biomarkers is not None:
            self.biomarkers.onNodeRemoved(node)

    def cleanup(self):
        """The panel goes away."""
        self._logic.abandon()
        self._logic.propagating.abandon()
        self._logic.measuring.abandon()
        if self.biomarkers is not None:
            self.biomarkers.measures.stop()
        self.image.cleanup()
        self.correct.cleanup()
        self.disconnectScene()

    def _onRetestChanged(self):
        if self.biomarkers is not None:
            self.biomarkers.measures.refresh()

    def _onEdited(self):
        if self.propagate is not None:
            self.propagate.update()

    def _onKept(self, nodes):
        edited = self._ui.segmentEditor.segmentationNode()
        self._parameters.segmentation = edited if edited in nodes else nodes[0]
        self.correct.refresh()

    def _onResult(self, nodes):
        self._parameters.segmentation = nodes[0]
        self.correct.show(nodes[0])
        self._ui.correctCollapsibleButton.collapsed = False
        showResult(nodes)


def _firstVolume():
    """The first anatomical volume of the scene; label maps, which are volumes too, are none."""
    volumes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    return next((node for node in volumes if node.GetClassName() == "vtkMRMLScalarVolumeNode"), None)


def _isThere(module):
    """Whether a part of the library is installed."""
    return find_spec(module) is not None
