"""Qt as PythonQt shows it to the Python in Slicer, over PySide6.

Properties are attributes, ``connect`` takes the signature of a signal, enumerators are attributes of their class. A
name is found as PythonQt finds it (``PythonQtClassInfo::member``): a property before a method before an enumerator,
``name`` is ``objectName``, and a trailing underscore may be added to what Python reserves (``exec_``). What
``recorded_api.json`` does not hold is an ``AttributeError``.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

import shiboken6
from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

from Testing.slicer_stand_in import immortal_none  # noqa: F401

RECORDS: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("recorded_api.json").read_text(encoding="utf-8")
)["classes"]

#: PySide6 classes that stand in for those that only Slicer and CTK have, by name.
IMPLEMENTATIONS: dict[str, type] = {}
#: Replaces methods whose Python form PySide6 changed, by class and name; called with the PySide6 object or class first.
REPLACEMENTS: dict[tuple[str, str], Callable[..., Any]] = {}
#: What went wrong in functions that signals called: PythonQt prints it and goes on, a test must hear of it.
slot_errors: list[BaseException] = []

_classes: dict[str, StandInType] = {}


def implements(name: str) -> Callable[[type], type]:
    """Make the decorated PySide6 class the one behind a recorded class."""

    def register(implementation: type) -> type:
        assert name in RECORDS, f"{name} is not recorded"
        IMPLEMENTATIONS[name] = implementation
        implementation._stands_for = name
        return implementation

    return register


def recorded(class_name: str | None, key: str) -> dict[str, str] | None:
    """The record of a member, of the class or what it inherits; None when there is none."""
    while class_name is not None:
        record = RECORDS[class_name]
        if key in record["members"]:
            return record["members"][key]
        class_name = record["inherits"]
    return None


def member(class_name: str, name: str) -> tuple[str, dict[str, str]]:
    """A member under the name it has in C++, and its record.

    Raises:
        AttributeError: Slicer's Python would not find it, or it is not recorded.
    """
    for candidate in (name, "objectName" if name == "name" else name, name.removesuffix("_")):
        record = recorded(class_name, candidate)
        if record is not None:
            return candidate, record
    while_signal = next((key for key in signals_of(class_name) if key.partition("(")[0] == name), None)
    if while_signal is not None:
        return name, recorded(class_name, while_signal) or {}
    raise AttributeError(f"{class_name} has no {name} in recorded_api.json: would Slicer's Python find it?")


def signals_of(class_name: str | None) -> list[str]:
    """The signatures of the recorded signals of a class, its own first."""
    signatures: list[str] = []
    while class_name is not None:
        record = RECORDS[class_name]
        signatures += [key for key, found in record["members"].items() if found["kind"] == "signal"]
        class_name = record["inherits"]
    return signatures


def stand_in_class(name: str) -> StandInType:
    """The class that stands in for a recorded one.

    Raises:
        AttributeError: It is not recorded, or nothing stands in for it.
    """
    if name not in _classes:
        if name not in RECORDS:
            raise AttributeError(f"{name} is no class of recorded_api.json: would Slicer's Python find it?")
        inherits = RECORDS[name]["inherits"]
        base = StandIn if inherits is None else stand_in_class(inherits)
        _classes[name] = StandInType(name, (base,), {"_qt_class": _qt_class(name)})
    return _classes[name]


def _qt_class(name: str) -> type:
    if name in IMPLEMENTATIONS:
        return IMPLEMENTATIONS[name]
    for module in (QtWidgets, QtGui, QtCore, QtUiTools):
        if hasattr(module, name):
            return getattr(module, name)
    return _Abstract


class _Abstract:
    """Behind the classes that only others inherit."""

    def __init__(self, *_: object) -> None:
        raise AttributeError("Nothing stands in for objects of this class.")


def wrapped(value: Any) -> Any:
    """What PySide6 gave, as PythonQt would give it."""
    if isinstance(value, (list, tuple)):
        return type(value)(wrapped(entry) for entry in value)
    if not isinstance(value, shiboken6.Object):
        return value
    known = getattr(value, "_stand_in", None)
    if known is not None:
        return known
    for candidate in type(value).__mro__:
        name = vars(candidate).get("_stands_for", candidate.__name__)
        if name in RECORDS:
            return stand_in_class(name)._around(value)
    raise AttributeError(f"{type(value).__name__} is no class of recorded_api.json.")


def unwrapped(value: Any) -> Any:
    """What is given to PythonQt, as PySide6 takes it."""
    if isinstance(value, StandIn):
        return value._qt
    if isinstance(value, StandInType):
        return value._qt_class
    if isinstance(value, (list, tuple)):
        return type(value)(unwrapped(entry) for entry in value)
    return value


def accepted_arguments(function: Callable[..., Any], given: int) -> int:
    """How many arguments of a signal PythonQt passes on (``PythonQtSignalTarget::call``)."""
    plain = function.__func__ if isinstance(function, MethodType) else function
    if not isinstance(plain, FunctionType) or plain.__code__.co_flags & inspect.CO_VARARGS:
        return given
    return min(given, plain.__code__.co_argcount - isinstance(function, MethodType))


class StandInType(type):
    """Gives the classes of the stand-in their enumerators and static methods."""

    _qt_class: type

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if recorded(cls.__name__, f"static {name}") is not None:
            return _caller(cls.__name__, cls._qt_class, name)
        real, record = member(cls.__name__, name)
        if record["kind"] == "enum value":
            return getattr(cls._qt_class, real)
        if record["kind"] == "static method":
            return _caller(cls.__name__, cls._qt_class, real)
        raise AttributeError(f"{cls.__name__}.{name} needs an object: it is a {record['kind']}.")

    def __call__(cls, *arguments: Any) -> Any:
        return cls._around(cls._qt_class(*unwrapped(arguments)))

    def _around(cls, qt_object: Any) -> StandIn:
        stand_in: StandIn = cls.__new__(cls)
        object.__setattr__(stand_in, "_qt", qt_object)
        object.__setattr__(stand_in, "_connections", [])
        if isinstance(qt_object, QtCore.QObject):
            qt_object._stand_in = stand_in
        return stand_in


class StandIn(metaclass=StandInType):
    """An object of Qt, CTK or Slicer as PythonQt wraps it."""

    _qt: Any
    _qt_class = object
    _connections: list[tuple[str, Callable[..., Any], Callable[..., Any]]]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        real, record = member(type(self).__name__, name)
        if record["kind"] == "property":
            return wrapped(self._qt.property(real))
        if record["kind"] == "enum value":
            return getattr(self._qt, real)
        if record["kind"] == "signal":
            return _Signal(self, next(key for key in signals_of(type(self).__name__) if key.startswith(f"{real}(")))
        return _caller(type(self).__name__, self._qt, real)

    def __setattr__(self, name: str, value: Any) -> None:
        real, record = member(type(self).__name__, name)
        if record["kind"] != "property":
            raise AttributeError(f"{type(self).__name__}.{name} is a {record['kind']}, which cannot be set.")
        if not re.search(r"\b(WRITE|MEMBER)\b", record["declaration"]):
            raise AttributeError(f"{type(self).__name__}.{name} cannot be written: {record['declaration']}.")
        if not self._qt.setProperty(real, unwrapped(value)):
            raise AttributeError(f"{type(self).__name__}.{name} takes no {type(value).__name__}.")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StandIn) and (self._qt is other._qt or bool(self._qt == other._qt))

    def __hash__(self) -> int:
        return hash(self._qt)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<{type(self).__name__} (stand-in)>"

    def className(self) -> str:
        """The name of the C++ class (``PythonQtInstanceWrapper``)."""
        return type(self).__name__

    def help(self) -> str:
        """The names of what is recorded (``PythonQtInstanceWrapper``)."""
        return "\n".join(RECORDS[type(self).__name__]["members"])

    def connect(self, signature: str, function: Callable[..., Any]) -> bool:
        """Have a function called when the signal with this signature is emitted (``PythonQtStdDecorators``)."""
        signal, given = self._signal(signature)

        def slot(*arguments: Any) -> None:
            passed = wrapped(list(arguments[: accepted_arguments(function, given)]))
            try:
                function(*passed)
            except BaseException as error:  # Even SystemExit must not leave through C++.
                slot_errors.append(error)
                raise

        self._connections.append((signature, function, slot))
        signal.connect(slot)
        return True

    def disconnect(self, signature: str, function: Callable[..., Any]) -> bool:
        """Undo :meth:`connect`; False when there is no such connection."""
        signal, _ = self._signal(signature)
        for connection in self._connections:
            if connection[:2] == (signature, function):
                self._connections.remove(connection)
                signal.disconnect(connection[2])
                return True
        return False

    def _signal(self, signature: str) -> tuple[Any, int]:
        normal = re.sub(r"\s+|\bconst\b|&", "", signature)
        if normal not in signals_of(type(self).__name__):
            raise AttributeError(f"{type(self).__name__} has no signal {signature} in recorded_api.json.")
        name, _, arguments = normal.partition("(")
        signal = getattr(self._qt, name, None)
        if signal is None:
            raise AttributeError(f"Nothing stands in for the signal {signature} of {type(self).__name__}.")
        overload = f"{name}({arguments}"
        if self._qt.metaObject().indexOfSignal(overload) >= 0 and len(_overloads(self._qt, name)) > 1:
            signal = signal[tuple(filter(None, arguments.rstrip(")").split(",")))] if arguments != ")" else signal
        return signal, len(list(filter(None, arguments.rstrip(")").split(","))))


class _Signal:
    """A signal as PythonQt's attribute of an object."""

    def __init__(self, sender: StandIn, signature: str) -> None:
        self._sender, self._signature = sender, signature

    def connect(self, function: Callable[..., Any]) -> bool:
        return self._sender.connect(self._signature, function)

    def disconnect(self, function: Callable[..., Any]) -> bool:
        return self._sender.disconnect(self._signature, function)


def _overloads(qt_object: QtCore.QObject, name: str) -> set[str]:
    meta = qt_object.metaObject()
    methods = (meta.method(index) for index in range(meta.methodCount()))
    return {
        bytes(method.methodSignature().data()).decode()
        for method in methods
        if method.methodType() == QtCore.QMetaMethod.MethodType.Signal and bytes(method.name().data()).decode() == name
    }


def _caller(class_name: str, owner: Any, name: str) -> Callable[..., Any]:
    """A method that converts what goes in and comes out."""
    record: str | None = class_name
    replacement = None
    while record is not None and replacement is None:
        replacement = REPLACEMENTS.get((record, name))
        record = RECORDS[record]["inherits"]
    if replacement is None and not hasattr(owner, name):
        raise AttributeError(f"Nothing stands in for {class_name}.{name}.")

    def call(*arguments: Any) -> Any:
        if replacement is not None:
            return wrapped(replacement(owner, *arguments))
        return wrapped(getattr(owner, name)(*unwrapped(arguments)))

    call.__name__ = name
    return call
