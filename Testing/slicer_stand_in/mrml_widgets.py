"""Slicer's widgets for MRML, over PySide6 and the true scene of ``slicer-core``: as much of each as the panel needs."""

from PySide6 import QtCore, QtGui, QtWidgets
from slicer import vtkMRMLScene, vtkSegmentationHistory

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
        self._observers = []
        # Not a method of what is destroyed: Qt would not call it.
        observers = self._observers
        self.destroyed.connect(lambda: _stop(observers))
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

    def _nodes(self):
        if self._scene is None:
            return []
        count = self._scene.GetNumberOfNodes()
        return [node for node in (self._scene.GetNthNode(index) for index in range(count)) if self._shown(node)]

    def _refill(self):
        identifier = self._current_id()
        nodes = self._nodes()
        blocked = self._combo.blockSignals(True)
        self._combo.clear()
        if self._flags["noneEnabled"]:
            self._combo.addItem(self._none, "")
        for node in nodes:
            self._combo.addItem(node.GetName(), node.GetID())
        # As Slicer's does: what was chosen stays; else the first, unless none may be chosen.
        index = self._combo.findData(identifier) if identifier else -1
        self._combo.setCurrentIndex(index if index >= 0 else 0)
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
    """Nodes of which any number may be checked; it says so when one is, not when one that was is removed."""

    checkedNodesChanged = QtCore.Signal()
    _combo_class = _ComboOfChecked

    def __init__(self, parent=None):
        super().__init__(parent)
        self._flags |= {"addEnabled": False, "removeEnabled": False}
        self._checked = set()

    def checkedNodes(self):
        return [node for node in self._nodes() if node.GetID() in self._checked]

    def check(self, node):
        if any(offered is node for offered in self._nodes()):
            self._set_checked(self._checked | {node.GetID()})

    def uncheck(self, node):
        self._set_checked(self._checked - {node.GetID()})

    def _set_checked(self, identifiers):
        if identifiers != self._checked:
            self._checked = identifiers
            self._show_checked()
            self.checkedNodesChanged.emit()

    def _refill(self):
        super()._refill()
        self._checked &= {node.GetID() for node in self._nodes()}
        self._show_checked()

    def _show_checked(self):
        self._combo.checked = ", ".join(node.GetName() for node in self.checkedNodes())
        self._combo.update()


@implements("qMRMLSegmentEditorWidget")
class SegmentEditorWidget(MRMLWidget):
    """What the Segment Editor shows and edits, kept in its parameter node; without effects to edit with."""

    currentSegmentIDChanged = QtCore.Signal(str)
    sourceVolumeNodeChanged = QtCore.Signal(object)
    segmentationNodeChanged = QtCore.Signal(object)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._parameters = None
        self._history = None
        self._active = ""
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

    def setMRMLSegmentEditorNode(self, node):
        self._parameters = node

    def mrmlSegmentEditorNode(self):
        return self._parameters

    def segmentationNode(self):
        return self._parameters.GetSegmentationNode() if self._parameters is not None else None

    def segmentationNodeID(self):
        node = self.segmentationNode()
        return node.GetID() if node is not None else ""

    def setSegmentationNode(self, node):
        if self._parameters is None:
            return
        self._parameters.SetAndObserveSegmentationNode(node)
        ids = node.GetSegmentation().GetSegmentIDs() if node is not None else ()
        self._parameters.SetSelectedSegmentID(ids[0] if ids else "")
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
        self.sourceVolumeNodeChanged.emit(node)

    def setSourceVolumeNodeID(self, identifier):
        self.setSourceVolumeNode(self._scene.GetNodeByID(identifier))

    def currentSegmentID(self):
        return (self._parameters.GetSelectedSegmentID() or "") if self._parameters is not None else ""

    def setCurrentSegmentID(self, identifier):
        if self._parameters is not None and identifier != self.currentSegmentID():
            self._parameters.SetSelectedSegmentID(identifier)
            self.currentSegmentIDChanged.emit(identifier)

    def activeEffect(self):
        return self._active or None

    def setActiveEffect(self, effect):
        self._active = effect or ""

    def setActiveEffectByName(self, name):
        self._active = name

    def setEffectNameOrder(self, names):
        self._order = list(names)

    def effectNameOrder(self):
        return self._order

    def setupViewObservations(self):
        self.observes_views = True

    def removeViewObservations(self):
        self.observes_views = False

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
        """What is shown is read from the parameter node whenever it is asked for."""

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
    """The cells of a table node, for reading."""

    mrmlSceneChanged = QtCore.Signal(object)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._scene = self._node = None
        self._tag = None
        self._values = {"transposed": False, "firstRowLocked": False, "firstColumnLocked": False}
        proxy = QtCore.QSortFilterProxyModel(self)
        proxy.setSourceModel(QtGui.QStandardItemModel(self))
        self.setModel(proxy)

    def mrmlScene(self):
        return self._scene

    def setMRMLScene(self, scene):
        self._scene = scene
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
