"""``slicer.parameterNodeWrapper``: attributes with types, kept in a parameter node.

Values are kept in the node as Slicer's own serializers keep them (``parameterNodeWrapper/serializers.py``), so that a
scene saved with one opens with the other. Types that a panel needs are known; others are refused.
"""

from __future__ import annotations

import enum
import typing
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import slicer
from vtkmodules.vtkCommonCore import vtkCommand

from Testing.slicer_stand_in.python_qt import StandIn, stand_in_class

#: The widget that shows a parameter has its name in this dynamic property, which the .ui file gives it.
SlicerParameterNamePropertyName = "SlicerParameterName"


@dataclass(frozen=True)
class Default:
    """An annotation: the value before any was set."""

    value: Any


class Choice:
    """An annotation: the values that are allowed."""

    def __init__(self, choices):
        self.choices = list(choices)

    def validate(self, value):
        if value not in self.choices:
            raise ValueError(f"Value must be one of {self.choices}: {value}")


class WithinRange:
    """An annotation: the least and the greatest value."""

    def __init__(self, minimum, maximum):
        self.minimum, self.maximum = minimum, maximum

    def validate(self, value):
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"Value must be within range [{self.minimum}, {self.maximum}]: {value}")


@dataclass
class _Parameter:
    name: str
    kind: Any
    default: Any
    validators: list[Any]

    def write(self, node: Any, value: Any) -> None:
        for validator in self.validators:
            validator.validate(value)
        if not isinstance(value, (int, float) if self.kind is float else self.kind) and not (
            value is None and self._is_node()
        ):
            raise ValueError(f"{self.name} must be a {self.kind.__name__}, not {value!r}.")
        if self._is_node():
            node.SetParameter(self.name, "")
            node.SetNodeReferenceID(self.name, value.GetID() if value is not None else None)
        elif isinstance(value, enum.Enum):
            node.SetParameter(self.name, value.name)
        else:
            node.SetParameter(self.name, str(value))

    def read(self, node: Any) -> Any:
        if self._is_node():
            return node.GetNodeReference(self.name)
        text = node.GetParameter(self.name)
        if self.kind is bool:
            return text == "True"
        return self.kind[text] if issubclass(self.kind, enum.Enum) else self.kind(text)

    def _is_node(self) -> bool:
        return issubclass(self.kind, slicer.vtkMRMLNode)


def parameterNodeWrapper(classtype: type | None = None) -> Any:
    """Make a class with annotated attributes into one that keeps them in a parameter node."""
    if classtype is None:
        return parameterNodeWrapper
    parameters = {}
    for name, hint in typing.get_type_hints(classtype, include_extras=True).items():
        annotated = typing.get_origin(hint) is typing.Annotated
        kind, *annotations = typing.get_args(hint) if annotated else (hint,)
        known = isinstance(kind, type) and issubclass(
            kind, (bool, int, float, str, Path, enum.Enum, slicer.vtkMRMLNode)
        )
        if not known:
            raise TypeError(f"{classtype.__name__}.{name}: the stand-in keeps no {kind}.")
        validators = [annotation for annotation in annotations if hasattr(annotation, "validate")]
        if hasattr(classtype, name):
            default = getattr(classtype, name)
        else:
            stated = [annotation.value for annotation in annotations if isinstance(annotation, Default)]
            default = stated[0] if stated else _usual(kind)
        parameters[name] = _Parameter(name, kind, default, validators)
    members = {name: _property(name) for name in parameters}
    own = {name: value for name, value in vars(classtype).items() if name not in parameters}
    return type(classtype.__name__, (_Wrapper,), {**own, **members, "allParameters": parameters})


def _usual(kind: type) -> Any:
    if issubclass(kind, slicer.vtkMRMLNode):
        return None
    return next(iter(kind)) if issubclass(kind, enum.Enum) else kind()


def _property(name: str) -> property:
    return property(lambda self: self.getValue(name), lambda self, value: self.setValue(name, value))


class _Wrapper:
    """A parameter node with attributes.

    Values are read when the node was modified, not when they are asked for, as Slicer's ``_CachedParameterWrapper``
    does: a node that was removed from the scene is a value until then, which is after ``NodeRemovedEvent``.
    """

    allParameters: dict[str, _Parameter]

    def __init__(self, parameterNode):
        self.parameterNode = parameterNode
        self._guis: dict[int, dict[str, StandIn]] = {}
        self._slots: dict[int, list[tuple[StandIn, str, Callable[..., None]]]] = {}
        self._next_tag = 0
        self._updating = False
        for name, parameter in self.allParameters.items():
            if not parameterNode.HasParameter(name):
                parameter.write(parameterNode, parameter.default)
        self._read()
        held = weakref.ref(self)
        self._tag = parameterNode.AddObserver(vtkCommand.ModifiedEvent, lambda *_: held()._read())

    def __del__(self):
        self.parameterNode.RemoveObserver(self._tag)

    def _read(self):
        self._values = {name: parameter.read(self.parameterNode) for name, parameter in self.allParameters.items()}

    def default(self, paramName):
        return Default(self.allParameters[paramName].default)

    def getValue(self, name):
        return self._values[name]

    def setValue(self, name, value):
        parameter = self.allParameters[name]
        wasModified = self.StartModify()
        try:
            parameter.write(self.parameterNode, value)
            self._values[name] = parameter.read(self.parameterNode)
        finally:
            self.EndModify(wasModified)

    def AddObserver(self, event, callback, priority=0.0):
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag):
        self.parameterNode.RemoveObserver(tag)

    def StartModify(self):
        return self.parameterNode.StartModify()

    def EndModify(self, wasModified):
        return self.parameterNode.EndModify(wasModified)

    def Modified(self):
        self.parameterNode.Modified()

    def connectGui(self, gui):
        """Connect the widgets whose ``SlicerParameterName`` is the name of a parameter."""
        widgets = gui.findChildren(stand_in_class("QWidget")) if isinstance(gui, StandIn) else vars(gui).values()
        named = {widget.property(SlicerParameterNamePropertyName): widget for widget in widgets}
        return self.connectParametersToGui({name: widget for name, widget in named.items() if name})

    def connectParametersToGui(self, mapping):
        unknown = set(mapping) - set(self.allParameters)
        if unknown:
            raise ValueError(f"Cannot find a param with the given name: {unknown}")
        tag, self._next_tag = self._next_tag, self._next_tag + 1
        self._guis[tag], self._slots[tag] = mapping, []
        for name, widget in mapping.items():
            signal, read, _ = _connector(widget, self.allParameters[name])

            def changed(name=name, read=read):
                if not self._updating:
                    self.setValue(name, read())

            def slot(*_arguments, changed=changed):
                changed()

            _fill(widget, self.allParameters[name])
            self._show(name, widget)
            widget.connect(signal, slot)
            self._slots[tag].append((widget, signal, slot))
        self.AddObserver(vtkCommand.ModifiedEvent, lambda *_: self._show_all())
        return tag

    def disconnectGui(self, guiTag):
        for widget, signal, slot in self._slots.pop(guiTag, []):
            widget.disconnect(signal, slot)
        self._guis.pop(guiTag, None)

    def _show_all(self):
        if self._updating:
            return
        self._updating = True
        try:
            for mapping in list(self._guis.values()):
                for name, widget in mapping.items():
                    self._show(name, widget)
        finally:
            self._updating = False

    def _show(self, name, widget):
        _, read, write = _connector(widget, self.allParameters[name])
        value = self.getValue(name)
        if read() != value:
            write(value)


def _connector(widget: StandIn, parameter: _Parameter) -> tuple[str, Callable[[], Any], Callable[[Any], None]]:
    """The signal of a change, how to read and how to write a widget; those of ``guiConnectors.py`` that panels need."""

    def attribute(name: str, signal: str) -> tuple[str, Callable[[], Any], Callable[[Any], None]]:
        return signal, lambda: getattr(widget, name), lambda value: setattr(widget, name, value)

    kind, shown = parameter.kind, type(widget).__name__
    if kind is bool and shown == "QCheckBox":
        return attribute("checked", "stateChanged(int)")
    if kind is bool and shown == "QPushButton":
        return attribute("checked", "toggled(bool)")
    if kind is int and shown in ("QSpinBox", "QSlider"):
        return attribute("value", "valueChanged(int)")
    if kind is float and shown == "QDoubleSpinBox":
        return attribute("value", "valueChanged(double)")
    if kind is str and shown == "QLineEdit":
        return attribute("text", "textChanged(QString)")
    if issubclass(kind, Path) and shown == "ctkPathLineEdit":
        return (
            "currentPathChanged(QString)",
            lambda: kind(widget.currentPath),
            lambda value: setattr(widget, "currentPath", str(value)),
        )
    if issubclass(kind, slicer.vtkMRMLNode) and shown == "qMRMLNodeComboBox":
        return "currentNodeChanged(vtkMRMLNode*)", widget.currentNode, widget.setCurrentNode
    if shown == "QComboBox":
        choices = _choices(parameter)
        return (
            "currentIndexChanged(int)",
            lambda: choices[widget.currentIndex] if widget.currentIndex >= 0 else None,
            lambda value: setattr(widget, "currentIndex", choices.index(value)),
        )
    raise RuntimeError(f"Unable to create GUI connector from datatype '{kind}' to widget type '{shown}'")


def _choices(parameter: _Parameter) -> list[Any]:
    if issubclass(parameter.kind, enum.Enum):
        return list(parameter.kind)
    for validator in parameter.validators:
        if isinstance(validator, Choice):
            return validator.choices
    raise RuntimeError("ComboBoxToStringableConnector requires the Choice annotation to be used.")


def _fill(widget: StandIn, parameter: _Parameter) -> None:
    """Put the choices into a combo box, as Slicer's connectors do."""
    if type(widget).__name__ != "QComboBox":
        return
    widget.clear()
    for choice in _choices(parameter):
        label = getattr(choice, "label", None)
        widget.addItem(label() if callable(label) else choice.name if isinstance(choice, enum.Enum) else str(choice))
