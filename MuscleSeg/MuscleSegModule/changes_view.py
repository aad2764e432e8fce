"""The fields that show what changed since earlier visits."""

from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import MuscleSegError
from MuscleSegModule.changes import addEarlier, changesOf, compare, earlierVisitsOf, setEarlierVisits
from MuscleSegModule.error_dialogs import errorsShown
from MuscleSegModule.measure_nodes import TABLE_ATTRIBUTE
from MuscleSegModule.narrow_table import showTable
from MuscleSegModule.packages import missingPackages


class ChangesView:
    """The earlier visits, chosen among the tables of the scene or opened from files, and the table of what changed.

    Args:
        ui: The panel's widgets.
    """

    def __init__(self, ui):
        self._ui = ui
        self._tableNode = None
        self._showing = False
        ui.earlierSelector.addAttribute("vtkMRMLTableNode", TABLE_ATTRIBUTE)
        ui.earlierSelector.connect("checkedNodesChanged()", self._onChosen)
        ui.openEarlierButton.connect("clicked(bool)", self._onOpen)

    def show(self, tableNode):
        """Show what changed in a table of measures since the visits that it is compared with; None: nothing."""
        self._tableNode = tableNode
        self._showChosen(earlierVisitsOf(tableNode) if tableNode is not None else ())
        self._compare()

    def _showChosen(self, earlierNodes):
        selector = self._ui.earlierSelector
        self._showing = True
        for node in selector.checkedNodes():
            if node not in earlierNodes:
                selector.uncheck(node)
        for node in earlierNodes:
            selector.check(node)
        self._showing = False

    def _compare(self):
        ui, sentences = self._ui, ()
        if self._tableNode is not None and not missingPackages("measure"):
            try:
                sentences = compare(self._tableNode)
            except MuscleSegError as error:
                sentences = (str(error),)
        changesNode = changesOf(self._tableNode) if self._tableNode is not None else None
        showTable(ui.changesTable, changesNode)
        ui.changesTable.visible = changesNode is not None
        ui.changesNoteLabel.text = " ".join(sentences)
        ui.changesNoteLabel.visible = bool(sentences)

    def _choose(self, earlierNodes):
        setEarlierVisits(self._tableNode, earlierNodes)
        self.show(self._tableNode)

    def _onChosen(self):
        if not self._showing and self._tableNode is not None:
            self._choose(self._ui.earlierSelector.checkedNodes())

    def _onOpen(self, _checked=False):
        paths = qt.QFileDialog.getOpenFileNames(
            slicer.util.mainWindow(), _("Open the measures of earlier visits"), "", "(*.json *.csv)"
        )
        if paths:
            with errorsShown():
                self._choose((*earlierVisitsOf(self._tableNode), *addEarlier(map(Path, paths))))
