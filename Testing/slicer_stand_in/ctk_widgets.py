"""CTK's widgets, over PySide6: as much of each as the panel needs."""

from PySide6 import QtCore, QtGui, QtWidgets

from Testing.slicer_stand_in.dialogs import dialogs
from Testing.slicer_stand_in.python_qt import implements


@implements("ctkCollapsibleButton")
class CollapsibleButton(QtWidgets.QAbstractButton):
    """A button with children below its text, which are hidden while it is collapsed."""

    contentsCollapsed = QtCore.Signal(bool)

    def __init__(self, *arguments):
        text = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        parent = next((argument for argument in arguments if isinstance(argument, QtWidgets.QWidget)), None)
        super().__init__(parent)
        self._forcing = False
        self.setText(text)
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(QtWidgets.QSizePolicy.Policy.Minimum, QtWidgets.QSizePolicy.Policy.Preferred)
        self._height = 0
        self._update_margins()
        self.toggled.connect(self._show_children)

    def _button_height(self):
        return self.fontMetrics().height() + 10

    def _update_margins(self):
        self.setContentsMargins(0, self._button_height(), 0, 0)

    def _show_children(self, shown):
        for child in self.findChildren(QtWidgets.QWidget, options=QtCore.Qt.FindChildOption.FindDirectChildrenOnly):
            self._show_child(child)
        self.updateGeometry()
        self.contentsCollapsed.emit(not shown)

    def _show_child(self, child):
        """Show what belongs in an open button, but for what was hidden by name: CTK remembers that in a property."""
        by_name = child.property("visibilityToParent")
        self._forcing = True
        child.setVisible(self.isChecked() and by_name is not False)
        if by_name is not False:
            child.setAttribute(QtCore.Qt.WidgetAttribute.WA_WState_ExplicitShowHide, False)
        self._forcing = False

    def setVisible(self, visible):
        self._forcing = True
        super().setVisible(visible)
        self._forcing = False

    def childEvent(self, event):
        super().childEvent(event)
        if event.added() and isinstance(event.child(), QtWidgets.QWidget):
            event.child().installEventFilter(self)
            self._show_child(event.child())

    def eventFilter(self, child, event):
        shown = event.type() == QtCore.QEvent.Type.ShowToParent
        if shown or event.type() == QtCore.QEvent.Type.HideToParent:
            if not self._forcing:
                child.setProperty("visibilityToParent", shown)
            if shown and not self.isChecked():
                self._show_child(child)
        return False

    def changeEvent(self, event):
        super().changeEvent(event)
        if event.type() == QtCore.QEvent.Type.FontChange:
            self._update_margins()

    def hitButton(self, position):
        return position.y() <= self._button_height()

    def sizeHint(self):
        button = QtCore.QSize(self.fontMetrics().horizontalAdvance(self.text()) + 40, self._button_height())
        if not self.isChecked() or self.layout() is None:
            return button
        return self.layout().totalSizeHint().expandedTo(button)

    def minimumSizeHint(self):
        if not self.isChecked() or self.layout() is None:
            return QtCore.QSize(self.sizeHint().width(), self._button_height())
        return self.layout().totalMinimumSize()

    def paintEvent(self, _event):
        painter = QtWidgets.QStylePainter(self)
        option = QtWidgets.QStyleOptionButton()
        option.initFrom(self)
        option.rect = QtCore.QRect(0, 0, self.width(), self._button_height())
        option.state |= QtWidgets.QStyle.StateFlag.State_Raised
        painter.drawControl(QtWidgets.QStyle.ControlElement.CE_PushButtonBevel, option)
        arrow = QtWidgets.QStyleOption()
        arrow.initFrom(self)
        arrow.rect = QtCore.QRect(6, 0, 12, self._button_height())
        element = QtWidgets.QStyle.PrimitiveElement
        painter.drawPrimitive(
            element.PE_IndicatorArrowDown if self.isChecked() else element.PE_IndicatorArrowRight, arrow
        )
        flags = QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.TextFlag.TextShowMnemonic
        role = QtGui.QPalette.ColorRole.ButtonText
        painter.drawItemText(
            option.rect.adjusted(24, 0, 0, 0), flags, self.palette(), self.isEnabled(), self.text(), role
        )

    def _is_collapsed(self):
        return not self.isChecked()

    def setCollapsed(self, collapsed):
        self.setChecked(not collapsed)

    collapsed = QtCore.Property(bool, _is_collapsed, setCollapsed)


@implements("ctkMessageBox")
class MessageBox(QtWidgets.QMessageBox):
    """A message box that a test answers instead of a person, see :mod:`Testing.slicer_stand_in.dialogs`."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self._again = False
        self._key = ""

    def exec(self):
        return dialogs.answer_of(self)

    dontShowAgain = QtCore.Property(bool, lambda self: self._again, lambda self, value: setattr(self, "_again", value))
    dontShowAgainSettingsKey = QtCore.Property(
        str, lambda self: self._key, lambda self, value: setattr(self, "_key", value)
    )


@implements("ctkPathLineEdit")
class PathLineEdit(QtWidgets.QWidget):
    """A line with a path, and a button that opens a dialog; what is not valid, an empty path, is not announced."""

    currentPathChanged = QtCore.Signal(str)
    validInputChanged = QtCore.Signal(bool)
    Dirs, Files = 0x001, 0x002

    def __init__(self, parent=None):
        super().__init__(parent)
        self._line = QtWidgets.QLineEdit(self)
        self._browse = QtWidgets.QToolButton(self)
        self._browse.setText("...")
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._line)
        layout.addWidget(self._browse)
        self.setFocusProxy(self._line)
        self._line.textChanged.connect(self._announce)
        self._browse.clicked.connect(self.browse)
        self._key = self._label = ""
        self._valid = False
        self._filters = self.Dirs | self.Files
        self._names = []
        self._history = True

    def setCurrentPath(self, path):
        self._line.setText(path)

    def browse(self):
        files = self._filters & self.Files
        path = dialogs.path_chosen("Open a file" if files else "Select a directory...")
        if path:
            self.setCurrentPath(path)

    def _announce(self, path):
        was_valid, self._valid = self._valid, bool(path)
        if self._valid:
            self.currentPathChanged.emit(path)
        if self._valid != was_valid:
            self.validInputChanged.emit(self._valid)

    def addCurrentPathToHistory(self):
        """The history is the application's."""

    currentPath = QtCore.Property(str, lambda self: self._line.text(), setCurrentPath)
    settingKey = QtCore.Property(str, lambda self: self._key, lambda self, value: setattr(self, "_key", value))
    label = QtCore.Property(str, lambda self: self._label, lambda self, value: setattr(self, "_label", value))
    filters = QtCore.Property(int, lambda self: self._filters, lambda self, value: setattr(self, "_filters", value))
    nameFilters = QtCore.Property(list, lambda self: self._names, lambda self, value: setattr(self, "_names", value))
    showHistoryButton = QtCore.Property(
        bool, lambda self: self._history, lambda self, value: setattr(self, "_history", value)
    )
    showBrowseButton = QtCore.Property(
        bool, lambda self: not self._browse.isHidden(), lambda self, value: self._browse.setVisible(value)
    )
