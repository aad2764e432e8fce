"""Widgets bound to the choices that are kept in the scene.

Slicer's own ``connectParametersToGui`` lists the values of a choice instead of titles, and observes the parameter node
by a function that it never removes, which dangles when a panel is reloaded.
"""

import qt
import slicer
import vtk
from slicer.util import VTKObservationMixin


class Control:
    """A widget that shows a value, and sets it.

    Args:
        widget: The widget.
    """

    _signals = ()

    def __init__(self, widget):
        self.widget = widget

    def connect(self, function):
        """Have a function called when another value may have been chosen."""
        for signal in self._signals:
            self.widget.connect(signal, function)


class Menu(Control):
    """A combo box with a value behind every title."""

    _signals = ("currentIndexChanged(int)",)

    def fill(self, entries):
        """Offer entries, pairs of value and title; what was chosen stays, where it is among them."""
        value = self.value
        blocked = self.widget.blockSignals(True)
        self.widget.clear()
        for index, (entry, title) in enumerate(entries):
            self.widget.addItem(title, entry)
            self.widget.setItemData(index, title, qt.Qt.ToolTipRole)  # Long ones do not fit.
        self.value = value
        self.widget.blockSignals(blocked)

    @property
    def value(self):
        """The value behind what is shown; None where nothing is, as for a model that is not installed here."""
        return self.widget.itemData(self.widget.currentIndex) if self.widget.currentIndex >= 0 else None

    @value.setter
    def value(self, value):
        self.widget.currentIndex = self.widget.findData(value)


class NodeSelector(Control):
    """A ``qMRMLNodeComboBox``; its value is a node, or None."""

    _signals = ("currentNodeChanged(vtkMRMLNode*)",)

    @property
    def value(self):
        """The node that is shown."""
        return self.widget.currentNode()

    @value.setter
    def value(self, node):
        self.widget.setCurrentNode(node)


class Field(Control):
    """A widget of which one property is the value."""

    _property = ""

    @property
    def value(self):
        """What is shown."""
        return getattr(self.widget, self._property)

    @value.setter
    def value(self, value):
        if value != self.value:  # Setting a text moves the cursor to its end.
            setattr(self.widget, self._property, value)


class PathEdit(Field):
    """A ``ctkPathLineEdit``; its value is a text, empty where nothing is chosen."""

    #: An empty path is not valid to it, so that the first is not emitted for it.
    _signals = ("currentPathChanged(QString)", "validInputChanged(bool)")
    _property = "currentPath"


class Line(Field):
    """A ``QLineEdit``; its value is a text."""

    _signals = ("textChanged(QString)",)
    _property = "text"


class Number(Field):
    """A ``QDoubleSpinBox``."""

    _signals = ("valueChanged(double)",)
    _property = "value"


class Bindings(VTKObservationMixin):
    """Controls that show the choices of a scene and set them, while connected.

    Args:
        controls: The control of each parameter, by the parameter's name.
        onChanged: Called when a choice was made, or changed from elsewhere.
    """

    def __init__(self, controls, onChanged):
        VTKObservationMixin.__init__(self)
        self._controls = controls
        self._onChanged = onChanged
        self._parameters = None
        self._showing = False
        for control in controls.values():
            control.connect(self._onChosen)

    def connect(self, parameters):
        """Show the choices of a scene, and keep in it what is chosen from now on."""
        self._parameters = parameters
        # Last of all: VTK may call observers of one priority in any order, and the parameter node's wrapper has the
        # values of now only after its own.
        self.addObserver(parameters.parameterNode, vtk.vtkCommand.ModifiedEvent, self._onModified, priority=-1.0)
        self.addObserver(slicer.mrmlScene, slicer.vtkMRMLScene.NodeAboutToBeRemovedEvent, self._onNodeLeaving)
        self._onModified()

    def disconnect(self):
        """Keep nothing any more; what is shown stays."""
        self.removeObservers()
        self._parameters = None

    def _onModified(self, _caller=None, _event=None):
        if self._showing:
            return
        self._showing = True
        for name, control in self._controls.items():
            control.value = getattr(self._parameters, name)
        self._showing = False
        self._onChanged()

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _onNodeLeaving(self, _caller, _event, node):
        """Choose nothing in the place of what was chosen: a selector would silently take the node listed before it."""
        for control in self._controls.values():
            if isinstance(control, NodeSelector) and control.widget.noneEnabled and control.value is node:
                control.value = None

    def _onChosen(self, _value=None):
        if self._parameters is None or self._showing:
            return
        # Reading every control is as cheap as finding out which it was.
        self._showing = True
        wasModified = self._parameters.StartModify()
        for name, control in self._controls.items():
            if isinstance(control, NodeSelector) or control.value is not None:
                setattr(self._parameters, name, control.value)
        self._parameters.EndModify(wasModified)
        self._showing = False
        self._onChanged()
