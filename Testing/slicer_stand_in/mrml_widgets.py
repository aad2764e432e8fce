"""Slicer's widgets for MRML, over PySide6 and the true scene of ``slicer-core``: as much of each as the panel needs."""

import slicer
from PySide6 import QtCore, QtGui, QtWidgets
from slicer import vtkMRMLScene, vtkSegmentationHistory
from vtkmodules.util.misc import calldata_type
from vtkmodules.util.vtkConstants import VTK_OBJECT

from Testing.slicer_stand_in.python_qt import implements


@implements("qMRMLWidget")
class MRMLWidget(QtWidgets.QWidget):
    """A widget with a scene."""

    mrmlSceneChanged = QtCore.Signal(object)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._scene = None

    def mrmlScene(self):
        return self._scene

    def setMRMLScene(self, scene):
        if scene is not self._scene:
            self._scene = scene
            self.mrmlSceneChanged.emit(scene)


def _stop(observers):
    """Remove observers, pairs of what is observed and tag."""
    for observed, tag in observers:
        observed.RemoveObserver(tag)
    observers.clear()


@implements("qMRMLNodeComboBox")
class NodeComboBox(QtWidgets.QWidget):
    """The nodes of some types in the scene; disabled without a scene, as Slicer's is."""

    currentNodeChanged = QtCore.Signal(object)
    currentNodeIDChanged = QtCore.Signal(str)
    nodeActivated = QtCore.Signal(object)
    nodeAdded = QtCore.Signal(object)
    _combo_class = QtWidgets.QComboBox

    def __init__(self, parent=None):
        super().__init__(parent)
        self._combo = self._combo_class(self)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._combo)
        self.setFocusProxy(self._combo)
        self._scene = None
        self._observers, self._observed, self._names = [], {}, {}
        # Not a method of what is destroyed: Qt would not call it.
        observers, observed = self._observers, self._observed
        self.destroyed.connect(lambda: _stop([*observers, *observed.items()]))
        self._types = []
        self._attributes = []
        self._flags = {
            "showHidden": False,
            "showChildNodeTypes": True,
            "noneEnabled": False,
            "addEnabled": True,
            "removeEnabled": True,
            "editEnabled": False,
            "renameEnabled": False,
            "selectNodeUponCreation": True,
        }
        self._none, self._base_name, self._hidden_types = "None", "", []
        self._announced = ""
        self._combo.setEnabled(False)
        self._combo.currentIndexChanged.connect(lambda _index: self._announce())
        self._combo.activated.connect(lambda _index: self.nodeActivated.emit(self.currentNode()))

    def mrmlScene(self):
        return self._scene

    def setMRMLScene(self, scene):
        if scene is self._scene:
            return
        _stop(self._observers)
        self._scene = scene
        self._combo.setEnabled(scene is not None)
        if scene is not None:
            events = (
                vtkMRMLScene.NodeAddedEvent,
                vtkMRMLScene.NodeRemovedEvent,
                vtkMRMLScene.EndCloseEvent,
                vtkMRMLScene.EndImportEvent,
            )
            self._observers += [(scene, scene.AddObserver(event, lambda *_: self._refill())) for event in events]

            @calldata_type(VTK_OBJECT)
            def leave(scene, _event, node):
                if not scene.IsClosing():
                    self._refill(leaving=node)

            # Slicer's takes a node out before it is gone, after all others that hear of it.
            leaving = scene.AddObserver(vtkMRMLScene.NodeAboutToBeRemovedEvent, leave, -10.0)
            self._observers.append((scene, leaving))
        self._refill()

    def nodeCount(self):
        return len(self._nodes())

    def nodeFromIndex(self, index):
        nodes = self._nodes()
        return nodes[index] if 0 <= index < len(nodes) else None

    def currentNode(self):
        identifier = self._current_id()
        return self._scene.GetNodeByID(identifier) if self._scene is not None and identifier else None

    def setCurrentNode(self, node):
        self.setCurrentNodeID("" if node is None else node if isinstance(node, str) else node.GetID())

    def setCurrentNodeID(self, identifier):
        self._combo.setCurrentIndex(self._combo.findData(identifier or ""))

    def setCurrentNodeIndex(self, index):
        self.setCurrentNode(self.nodeFromIndex(index))

    def addAttribute(self, node_type, name, value=None):
        self._attributes.append((node_type, name, value))
        self._refill()

    def _current_id(self):
        return self._combo.currentData() or ""

    def _announce(self):
        identifier = self._current_id()
        if identifier != self._announced:
            self._announced = identifier
            self.currentNodeChanged.emit(self.currentNode())
            self.currentNodeIDChanged.emit(identifier)

    def _shown(self, node):
        if not any(
            node.IsA(name) if self._flags["showChildNodeTypes"] else node.GetClassName() == name for name in self._types
        ):
            return False
        if node.GetHideFromEditors() and not self._flags["showHidden"]:
            return False
        if any(node.IsA(name) for name in self._hidden_types):
            return False
        return all(
            node.GetAttribute(name) is not None and value in (None, node.GetAttribute(name))
            for node_type, name, value in self._attributes
            if node.IsA(node_type)
        )

    def _nodes_of_types(self):
        count = self._scene.GetNumberOfNodes() if self._scene is not None else 0
        every = (self._scene.GetNthNode(index) for index in range(count))
        return [node for node in every if any(node.IsA(name) for name in self._types)]

    def _nodes(self):
        return [node for node in self._nodes_of_types() if self._shown(node)]

    def _observe_nodes(self):
        """As Slicer's does, look at a node again: offered once, when renamed; where attributes tell, when modified."""

        def look(node, _event):
            if self._attributes or self._names.get(node) != node.GetName():
                self._names[node] = node.GetName()
                self._refill()

        nodes = {node: self._shown(node) or bool(self._attributes) for node in self._nodes_of_types()}
        for node in self._observed.keys() - nodes.keys():
            node.RemoveObserver(self._observed.pop(node))
            del self._names[node]
        for node in {node for node, observed in nodes.items() if observed} - self._observed.keys():
            self._names[node] = node.GetName()
            self._observed[node] = node.AddObserver("ModifiedEvent", look)

    def _refill(self, leaving=None):
        self._observe_nodes()
        before, identifier = self._combo.currentIndex(), self._current_id()
        nodes = [node for node in self._nodes() if node is not leaving]
        blocked = self._combo.blockSignals(True)
        self._combo.clear()
        if self._flags["noneEnabled"]:
            self._combo.addItem(self._none, "")
        for node in nodes:
            self._combo.addItem(node.GetName(), node.GetID())
        # As Slicer's does: what was chosen stays; else the entry before it takes its place.
        index = self._combo.findData(identifier) if identifier else 0
        self._combo.setCurrentIndex(index if index >= 0 else max(before - 1, 0))
        self._combo.blockSignals(blocked)
        self._announce()

    def _flag(name):
        def write(self, value):
            self._flags[name] = value
            self._refill()

        return QtCore.Property(bool, lambda self: self._flags[name], write)

    def _set_types(self, types):
        self._types = list(types)
        self._refill()

    def _set_none(self, text):
        self._none = text
        self._refill()

    showHidden = _flag("showHidden")
    showChildNodeTypes = _flag("showChildNodeTypes")
    noneEnabled = _flag("noneEnabled")
    addEnabled = _flag("addEnabled")
    removeEnabled = _flag("removeEnabled")
    editEnabled = _flag("editEnabled")
    renameEnabled = _flag("renameEnabled")
    selectNodeUponCreation = _flag("selectNodeUponCreation")
    nodeTypes = QtCore.Property("QStringList", lambda self: self._types, _set_types)
    hideChildNodeTypes = QtCore.Property(
        "QStringList", lambda self: self._hidden_types, lambda self, value: setattr(self, "_hidden_types", list(value))
    )
    noneDisplay = QtCore.Property(str, lambda self: self._none, _set_none)
    baseName = QtCore.Property(
        str, lambda self: self._base_name, lambda self, value: setattr(self, "_base_name", value)
    )
    currentNodeID = QtCore.Property(str, _current_id, setCurrentNodeID)


class _ComboOfChecked(QtWidgets.QComboBox):
    """Shows what is checked instead of what is current."""

    checked = ""

    def paintEvent(self, _event):
        painter = QtWidgets.QStylePainter(self)
        option = QtWidgets.QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.checked or "None"
        painter.drawComplexControl(QtWidgets.QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QtWidgets.QStyle.ControlElement.CE_ComboBoxLabel, option)


@implements("qMRMLCheckableNodeComboBox")
class CheckableNodeComboBox(NodeComboBox):
    """Nodes of which any number may be checked; it says so when one is, not when one that was is removed.

    A node that was not to be offered when it came into the scene is listed once it is, but cannot be checked.
    """

    checkedNodesChanged = QtCore.Signal()
    _combo_class = _ComboOfChecked

    def __init__(self, parent=None):
        super().__init__(parent)
        self._flags |= {"addEnabled": False, "removeEnabled": False}
        self._checked, self._refused = set(), set()

    def checkedNodes(self):
        return [node for node in self._nodes() if node.GetID() in self._checked]

    def check(self, node):
        if any(offered is node for offered in self._nodes()) and node.GetID() not in self._refused:
            self._set_checked(self._checked | {node.GetID()})

    def uncheck(self, node):
        self._set_checked(self._checked - {node.GetID()})

    def _set_checked(self, identifiers):
        if identifiers != self._checked:
            self._checked = identifiers
            self._show_checked()
            self.checkedNodesChanged.emit()

    def _refill(self, leaving=None):
        super()._refill(leaving)
        self._checked &= {node.GetID() for node in self._nodes()}
        nodes = self._nodes_of_types()
        self._refused &= {node.GetID() for node in nodes}
        self._refused |= {node.GetID() for node in nodes if not self._shown(node)}
        self._show_checked()

    def _show_checked(self):
        self._combo.checked = ", ".join(node.GetName() for node in self.checkedNodes())
        self._combo.update()


@implements("qSlicerSegmentEditorAbstractEffect")
class SegmentEditorEffect(QtCore.QObject):
    """A tool of the Segment Editor, by its name."""

    def __init__(self, name, parent):
        super().__init__(parent)
        self._name = name

    name = QtCore.Property(str, lambda self: self._name)


@implements("qMRMLSegmentEditorWidget")
class SegmentEditorWidget(MRMLWidget):
    """What the Segment Editor shows and edits, kept in its parameter node; its effects edit nothing."""

    currentSegmentIDChanged = QtCore.Signal(str)
    sourceVolumeNodeChanged = QtCore.Signal(object)
    segmentationNodeChanged = QtCore.Signal(object)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._parameters = None
        self._selected = self._source = None  # what its selectors show
        self._history = None
        self._active, self._effects = None, {}
        self._order = []
        #: Whether the views' events reach the effects, and whether its shortcuts are installed: for tests to read.
        self.observes_views = self.has_shortcuts = False
        self._values = {
            "segmentationNodeSelectorVisible": True,
            "sourceVolumeNodeSelectorVisible": True,
            "autoShowSourceVolumeNode": True,
            "switchToSegmentationsButtonVisible": True,
            "undoEnabled": True,
            "readOnly": False,
            "unorderedEffectsVisible": True,
            "jumpToSelectedSegmentEnabled": False,
            "maximumNumberOfUndoStates": 10,
            "effectColumnCount": 2,
        }
        label = QtWidgets.QLabel("Segment Editor", self)
        label.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        label.setFrameShape(QtWidgets.QFrame.Shape.StyledPanel)
        label.setMinimumHeight(120)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label)

    def setMRMLScene(self, scene):
        if scene is not self._scene:
            super().setMRMLScene(scene)
            scene.AddObserver(scene.EndBatchProcessEvent, self._on_batch_ended)
            slicer.app._qt.layoutManager().layoutChanged.connect(self._on_layout_changed)

    def setMRMLSegmentEditorNode(self, node):
        self._parameters = node
        self.updateWidgetFromMRML()

    def mrmlSegmentEditorNode(self):
        return self._parameters

    def segmentationNode(self):
        # Slicer's tells what the selector shows, which stays as it is in a batch, and chooses at its end.
        if self._scene is not None and self._selected is not None and not self._scene.IsNodePresent(self._selected):
            self._selected = None
        return self._selected

    def _on_batch_ended(self, _scene, _event):
        if self._parameters is not None and self._parameters.GetSegmentationNode() is not self.segmentationNode():
            self.setSegmentationNode(self.segmentationNode())

    def segmentationNodeID(self):
        node = self.segmentationNode()
        return node.GetID() if node is not None else ""

    def setSegmentationNode(self, node):
        if self._parameters is None or node is self._parameters.GetSegmentationNode():
            return
        self.setActiveEffect(None)  # As Slicer does for another segmentation.
        self._parameters.SetAndObserveSegmentationNode(node)
        self.updateWidgetFromMRML()
        ids = node.GetSegmentation().GetSegmentIDs() if node is not None else ()
        self.select_segment(ids[0] if ids else "")
        self.segmentationNodeChanged.emit(node)

    def setSegmentationNodeID(self, identifier):
        self.setSegmentationNode(self._scene.GetNodeByID(identifier))

    def sourceVolumeNode(self):
        return self._parameters.GetSourceVolumeNode() if self._parameters is not None else None

    def sourceVolumeNodeID(self):
        node = self.sourceVolumeNode()
        return node.GetID() if node is not None else ""

    def setSourceVolumeNode(self, node):
        # Slicer refuses a source volume while there is no segmentation.
        if self.segmentationNode() is None:
            return
        self._parameters.SetAndObserveSourceVolumeNode(node)
        self.updateWidgetFromMRML()
        self.sourceVolumeNodeChanged.emit(node)

    def setSourceVolumeNodeID(self, identifier):
        self.setSourceVolumeNode(self._scene.GetNodeByID(identifier))

    def currentSegmentID(self):
        return (self._parameters.GetSelectedSegmentID() or "") if self._parameters is not None else ""

    def setCurrentSegmentID(self, identifier):
        if self._parameters is not None:
            self._parameters.SetSelectedSegmentID(identifier)  # Slicer's emits nothing for it.

    def select_segment(self, identifier):
        """What its list of segments, its shortcuts and it itself do."""
        if identifier != self.currentSegmentID():
            self._parameters.SetSelectedSegmentID(identifier)
            self.currentSegmentIDChanged.emit(identifier)

    def activeEffect(self):
        return self._active

    def setActiveEffect(self, effect):
        self._active = effect

    def setActiveEffectByName(self, name):
        if name not in self._effects:
            self._effects[name] = SegmentEditorEffect(name, self)
        self.setActiveEffect(self._effects[name])

    def setEffectNameOrder(self, names):
        self._order = list(names)

    def effectNameOrder(self):
        return self._order

    def setupViewObservations(self):
        self.observes_views = True

    def removeViewObservations(self):
        self.observes_views = False

    def _on_layout_changed(self, _layout):
        if self.observes_views and self.autoShowSourceVolumeNode:
            self._show_source()

    def _show_source(self):
        source = self.sourceVolumeNode()
        if source is None:
            return
        for logic in slicer.app._qt.layoutManager().mrmlSliceLogics():
            composite = logic.GetSliceCompositeNode()
            if source.GetID() not in (composite.GetBackgroundVolumeID(), composite.GetForegroundVolumeID()):
                composite.SetBackgroundVolumeID(source.GetID())
                composite.SetForegroundVolumeID(None)
                composite.SetLabelVolumeID(None)

    def saveStateForUndo(self):
        # Slicer keeps the history of one segmentation, and forgets it when another is chosen.
        segmentation = self.segmentationNode().GetSegmentation()
        if self._history is None or self._history.GetSegmentation() is not segmentation:
            self._history = vtkSegmentationHistory()
            self._history.SetSegmentation(segmentation)
            self._history.SetMaximumNumberOfStates(self._values["maximumNumberOfUndoStates"])
        self._history.SaveState()

    def undo(self):
        self._history.RestorePreviousState()

    def turnOffLightboxes(self):
        return False  # There are no views.

    def updateWidgetFromMRML(self):
        """Let the selectors show what the parameter node says; the rest is read from that whenever it is asked for."""
        if self._scene is not None and self._scene.IsBatchProcessing():
            return
        self._selected = self._parameters.GetSegmentationNode() if self._parameters is not None else None
        if self._selected is not None and self.sourceVolumeNode() is not self._source:
            self._source = self.sourceVolumeNode()
            if self.autoShowSourceVolumeNode:
                self._show_source()

    def installKeyboardShortcuts(self, _parent=None):
        self.has_shortcuts = True

    def uninstallKeyboardShortcuts(self):
        self.has_shortcuts = False

    def _value(kind, name):
        return QtCore.Property(
            kind, lambda self: self._values[name], lambda self, value: self._values.__setitem__(name, value)
        )

    segmentationNodeSelectorVisible = _value(bool, "segmentationNodeSelectorVisible")
    sourceVolumeNodeSelectorVisible = _value(bool, "sourceVolumeNodeSelectorVisible")
    autoShowSourceVolumeNode = _value(bool, "autoShowSourceVolumeNode")
    switchToSegmentationsButtonVisible = _value(bool, "switchToSegmentationsButtonVisible")
    undoEnabled = _value(bool, "undoEnabled")
    readOnly = _value(bool, "readOnly")
    unorderedEffectsVisible = _value(bool, "unorderedEffectsVisible")
    jumpToSelectedSegmentEnabled = _value(bool, "jumpToSelectedSegmentEnabled")
    maximumNumberOfUndoStates = _value(int, "maximumNumberOfUndoStates")
    effectColumnCount = _value(int, "effectColumnCount")


@implements("qMRMLTableView")
class TableView(QtWidgets.QTableView):
    """The cells of a table node, for reading; it has no view node."""

    mrmlSceneChanged = QtCore.Signal(object)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._observers = []
        observers = self._observers
        self.destroyed.connect(lambda: _stop(observers))
        self._scene = self._node = None
        self._tag = None
        self._values = {"transposed": False, "firstRowLocked": False, "firstColumnLocked": False}
        proxy = QtCore.QSortFilterProxyModel(self)
        proxy.setSourceModel(QtGui.QStandardItemModel(self))
        self.setModel(proxy)

    def mrmlScene(self):
        return self._scene

    def setMRMLScene(self, scene):
        if scene is self._scene:
            return
        _stop(self._observers)
        self._scene = scene
        if scene is not None:
            # Slicer's shows the table of its view node then: without a view node, none.
            event = vtkMRMLScene.EndBatchProcessEvent
            self._observers.append((scene, scene.AddObserver(event, lambda *_: self.setMRMLTableNode(None))))
        self.mrmlSceneChanged.emit(scene)

    def mrmlTableNode(self):
        return self._node

    def setMRMLTableNode(self, node):
        if self._node is not None:
            self._node.RemoveObserver(self._tag)
        self._node = node
        if node is not None:
            self._tag = node.AddObserver("ModifiedEvent", lambda *_: self._refill())
        self._refill()
        self.horizontalHeader().setMinimumSectionSize(60)
        self.resizeColumnsToContents()

    def _refill(self):
        model = self.model().sourceModel()
        model.clear()
        table = self._node.GetTable() if self._node is not None else None
        if table is None:
            return
        names_rows = self._node.GetUseFirstColumnAsRowHeader()
        columns = range(int(names_rows), table.GetNumberOfColumns())
        model.setHorizontalHeaderLabels([table.GetColumnName(column) for column in columns])
        for row in range(table.GetNumberOfRows()):
            model.appendRow([QtGui.QStandardItem(table.GetValue(row, column).ToString()) for column in columns])
            title = table.GetValue(row, 0).ToString() if names_rows else str(row + 1)
            model.setHeaderData(row, QtCore.Qt.Orientation.Vertical, title)

    def _value(name):
        return QtCore.Property(
            bool, lambda self: self._values[name], lambda self, value: self._values.__setitem__(name, value)
        )

    transposed = _value("transposed")
    firstRowLocked = _value("firstRowLocked")
    firstColumnLocked = _value("firstColumnLocked")
