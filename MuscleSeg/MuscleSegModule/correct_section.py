"""The section in which a result is corrected: a table of the muscles, and Slicer's own Segment Editor."""

import qt
import slicer
import vtk
from slicer.util import VTKObservationMixin

from MuscleSegLib.slicer.locks import setLocked
from MuscleSegLib.slicer.results import resultOf, volumeOf
from MuscleSegModule.bindings import NodeSelector
from MuscleSegModule.muscle_rows import muscleRows
from MuscleSegModule.views import centreOnSegment

#: The columns of the table.
_MUSCLE, _SIDE, _LOCKED, _PROBLEM, _EDITED = range(5)
#: What is waited after an edit before edits are looked for (ms): painting stays fluent.
_PAUSE_MS = 400
_SWATCH = 12  # pixels
_EDITOR_TAG = "MuscleSeg"


class CorrectSection(VTKObservationMixin):
    """Table and editor of the result that the chosen segmentation belongs to, both sides together.

    Args:
        ui: The panel's widgets.
        onShown: Called with the nodes whenever others are shown.
        onEdited: Called when they may have been edited, after a pause.
    """

    def __init__(self, ui, onShown, onEdited):
        VTKObservationMixin.__init__(self)
        self._ui = ui
        self._onShown = onShown
        self._onEdited = onEdited
        self._parameters = None
        self._shown = None
        self._nodes = ()
        self._rows = []
        self._filling = False
        self._timer = qt.QTimer()
        self._timer.singleShot = True
        self._timer.setInterval(_PAUSE_MS)
        self._timer.connect("timeout()", self._onPause)
        editor = ui.segmentEditor
        editor.segmentationNodeSelectorVisible = False
        editor.sourceVolumeNodeSelectorVisible = False
        editor.maximumNumberOfUndoStates = 20
        # The table above takes the place of the editor's own list.
        for listOfSegments in slicer.util.findChildren(editor, name="SegmentsTableResizableFrame"):
            listOfSegments.hide()
        # The editor selects segments too: the first of a segmentation, and others by its shortcuts.
        editor.connect("currentSegmentIDChanged(QString)", self._onSegmentSelected)
        #: What shows, and sets, the choice of this section.
        self.controls = {"segmentation": NodeSelector(ui.segmentationSelector)}
        ui.muscleTable.connect("itemChanged(QTableWidgetItem*)", self._onItemChanged)
        ui.muscleTable.connect("currentCellChanged(int,int,int,int)", self._onCurrentCellChanged)
        ui.muscleTable.connect("cellClicked(int,int)", self._onCellClicked)
        self.show(None)

    def setParameters(self, parameters):
        """Show what other choices say; None while the scene is closed."""
        self._parameters = parameters
        editor = self._ui.segmentEditor
        if parameters is None:
            editor.setSegmentationNode(None)
            editor.removeViewObservations()
            self.show(None)
            editor.setMRMLSegmentEditorNode(None)
            return
        # Before the scene, so that the choices that are made when the scene is set are kept in it.
        editor.setMRMLSegmentEditorNode(self._editorNode())
        editor.setMRMLScene(slicer.mrmlScene)
        self.update()

    def update(self):
        """Show the segmentation that is chosen, unless it is shown already: with it, the other side is."""
        if self._parameters is None or self._parameters.segmentation == self._shown:
            return
        if self._parameters.segmentation in self._nodes:
            self._shown = self._parameters.segmentation
            if self._ui.segmentEditor.segmentationNode() != self._shown:
                self._edit(self._shown)
        else:
            self.show(self._parameters.segmentation)

    def enter(self):
        """Let the editor hear the views and the keyboard."""
        editor = self._ui.segmentEditor
        editor.turnOffLightboxes()
        editor.installKeyboardShortcuts()
        editor.setupViewObservations()
        editor.updateWidgetFromMRML()

    def exit(self):
        """Leave views and keyboard to the module that is shown now."""
        editor = self._ui.segmentEditor
        editor.setActiveEffect(None)
        editor.uninstallKeyboardShortcuts()
        editor.removeViewObservations()

    def cleanup(self):
        """Let go of the scene."""
        self._timer.stop()
        self.removeObservers()
        self._ui.segmentEditor.setActiveEffect(None)
        self._ui.segmentEditor.uninstallKeyboardShortcuts()
        self._ui.segmentEditor.removeViewObservations()

    def show(self, segmentationNode):
        """Show the result that a segmentation belongs to; None: nothing."""
        self.removeObservers()
        self._shown = segmentationNode
        self._nodes = resultOf(segmentationNode) if segmentationNode is not None else ()
        for node in self._nodes:
            for event in (
                slicer.vtkSegmentation.SourceRepresentationModified,
                slicer.vtkSegmentation.SegmentAdded,
                slicer.vtkSegmentation.SegmentRemoved,
                slicer.vtkSegmentation.SegmentModified,
                slicer.vtkMRMLDisplayableNode.DisplayModifiedEvent,
                vtk.vtkCommand.ModifiedEvent,
            ):
                self.addObserver(node, event, self._onModified)
        self._ui.muscleTable.visible = self._ui.segmentEditor.visible = bool(self._nodes)
        if segmentationNode is not None and segmentationNode != self._ui.segmentEditor.segmentationNode():
            self._edit(segmentationNode)
        self.refresh()
        self._onShown(self._nodes)

    def onNodeRemoved(self, node):
        """A node is gone: when it was shown, its muscles leave the table."""
        if node in self._nodes:
            self.refresh()

    def refresh(self):
        """Write the table anew, from what the nodes are now."""
        self._timer.stop()
        table = self._ui.muscleTable
        self._nodes = tuple(node for node in self._nodes if slicer.mrmlScene.IsNodePresent(node))
        self._rows = muscleRows(self._nodes)
        self._filling = True
        rebuilt = table.rowCount != len(self._rows)
        table.setRowCount(len(self._rows))
        for index, row in enumerate(self._rows):
            self._writeRow(index, row)
        if rebuilt:
            table.resizeColumnsToContents()
        self._filling = False
        self._markEdited()

    def _writeRow(self, index, row):
        name = qt.QTableWidgetItem(row.name)
        name.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable)
        name.setCheckState(qt.Qt.Checked if row.visible else qt.Qt.Unchecked)
        swatch = qt.QPixmap(_SWATCH, _SWATCH)
        swatch.fill(qt.QColor(*(round(255 * channel) for channel in row.color)))
        name.setIcon(qt.QIcon(swatch))
        problem = qt.QTableWidgetItem(row.problem)
        problem.setToolTip(row.sentences)
        items = {_MUSCLE: name, _SIDE: qt.QTableWidgetItem(row.side), _PROBLEM: problem}
        items[_EDITED] = qt.QTableWidgetItem(row.edited)
        items[_LOCKED] = qt.QTableWidgetItem("")
        items[_LOCKED].setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable)
        items[_LOCKED].setCheckState(qt.Qt.Checked if row.locked else qt.Qt.Unchecked)
        for column, item in items.items():
            self._ui.muscleTable.setItem(index, column, item)

    def _markEdited(self):
        """Make the row of the segment that the editor edits the current one; none where it is not listed."""
        editor, keys = self._ui.segmentEditor, [(row.nodeId, row.segmentId) for row in self._rows]
        node = editor.segmentationNode() if editor.mrmlSegmentEditorNode() is not None else None
        edited = (node.GetID(), editor.currentSegmentID()) if node is not None else None
        index = keys.index(edited) if edited in keys else -1
        if index != self._ui.muscleTable.currentRow():  # The column stays, for who walks by the arrow keys.
            self._filling = True
            self._ui.muscleTable.setCurrentCell(index, _MUSCLE)
            self._filling = False

    def _onPause(self):
        self.refresh()
        self._onEdited()

    def _onModified(self, _caller, _event):
        self._timer.start()

    def _onSegmentSelected(self, _segmentId):
        if not self._filling:
            self._markEdited()

    def _onItemChanged(self, item):
        if self._filling or item.column() not in (_MUSCLE, _LOCKED):
            return
        row = self._rows[item.row()]
        node = slicer.mrmlScene.GetNodeByID(row.nodeId)
        checked = item.checkState() == qt.Qt.Checked
        if item.column() == _LOCKED:
            setLocked(node.GetSegmentation().GetSegment(row.segmentId), checked)
        else:
            node.GetDisplayNode().SetSegmentVisibility(row.segmentId, checked)

    def _onCurrentCellChanged(self, index, _column, previousIndex, _previousColumn):
        if not self._filling and index >= 0 and index != previousIndex:
            self._select(self._rows[index])

    def _onCellClicked(self, index, _column):
        self._select(self._rows[index])

    def _select(self, row):
        """Make a row's segment the one that is edited, and show where it is."""
        node = slicer.mrmlScene.GetNodeByID(row.nodeId)
        if node is None:
            return
        editor = self._ui.segmentEditor
        effect = editor.activeEffect()
        # The table would scroll to the segment that the editor selects first.
        self._filling = True
        if editor.segmentationNode() != node:
            self._edit(node)
        editor.setCurrentSegmentID(row.segmentId)
        editor.setActiveEffect(effect)  # The editor puts it away for another segmentation.
        self._filling = False
        self._markEdited()
        self._parameters.segmentation = node  # What is corrected is what is carried.
        centreOnSegment(node, row.segmentId)

    def _edit(self, node):
        """Have the editor edit a node over its own volume, ready to paint."""
        self._ui.segmentEditor.setSegmentationNode(node)
        volumeNode = volumeOf(node)
        if volumeNode is not None:
            self._ui.segmentEditor.setSourceVolumeNode(volumeNode)

    def _editorNode(self):
        """The editor's own parameter node: the Segment Editor module keeps its own tool and brush."""
        node = slicer.mrmlScene.GetSingletonNode(_EDITOR_TAG, "vtkMRMLSegmentEditorNode")
        if node is None:
            node = slicer.vtkMRMLSegmentEditorNode()
            node.SetSingletonTag(_EDITOR_TAG)
            node = slicer.mrmlScene.AddNode(node)
        return node
