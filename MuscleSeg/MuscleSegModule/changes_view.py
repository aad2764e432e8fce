"""The fields that show what changed since an earlier visit."""

from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import MuscleSegError
from MuscleSegModule.changes import addEarlier, changesOf, compare, earlierOf
from MuscleSegModule.error_dialogs import errorsShown
from MuscleSegModule.measure_nodes import TABLE_ATTRIBUTE
from MuscleSegModule.narrow_table import showTable
from MuscleSegModule.packages import missingPackages


class ChangesView:
    """The earlier visit, chosen among the tables of the scene or opened from a file, and the table of what changed.

    Args:
        ui: The panel's widgets.
    """

    def __init__(self, ui):
        self._ui = ui
        self._tableNode = None
        self._showing = False
        ui.earlierSelector.addAttribute("vtkMRMLTableNode", TABLE_ATTRIBUTE)
        ui.earlierSelector.connect("currentNodeChanged(vtkMRMLNode*)", self._onChosen)
        ui.openEarlierButton.connect("clicked(bool)", self._onOpen)

    def show(self, tableNode):
        """Show what changed in a table of measures since the visit that it is compared with; None: nothing."""
        self._tableNode = tableNode
        earlierNode = earlierOf(tableNode) if tableNode is not None else None
        self._showing = True
        self._ui.earlierSelector.setCurrentNode(earlierNode)
        self._showing = False
        self._compare(earlierNode)

    def _compare(self, earlierNode):
        ui, sentences = self._ui, ()
        if self._tableNode is not None and not missingPackages("measure"):
            try:
                sentences = compare(self._tableNode, earlierNode)
            except MuscleSegError as error:
                sentences = (str(error),)
        changesNode = changesOf(self._tableNode) if self._tableNode is not None else None
        showTable(ui.changesTable, changesNode)
        ui.changesTable.visible = changesNode is not None
        ui.changesNoteLabel.text = " ".join(sentences)
        ui.changesNoteLabel.visible = bool(sentences)

    def _onChosen(self, earlierNode):
        if not self._showing:
            self._compare(earlierNode)

    def _onOpen(self, _checked=False):
        path = qt.QFileDialog.getOpenFileName(
            slicer.util.mainWindow(), _("Open the measures of an earlier visit"), "", "(*.json *.csv)"
        )
        if path:
            with errorsShown():
                self._ui.earlierSelector.setCurrentNode(addEarlier(Path(path)))
