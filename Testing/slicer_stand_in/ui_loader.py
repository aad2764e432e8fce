"""``qt.QUiLoader``: Qt's own, which knows the stand-ins of CTK's and Slicer's widgets and checks what a file asks."""

from __future__ import annotations

from xml.etree import ElementTree

from PySide6 import QtCore, QtUiTools

from Testing.slicer_stand_in.python_qt import (
    IMPLEMENTATIONS,
    RECORDS,
    StandIn,
    implements,
    recorded,
    stand_in_class,
    wrapped,
)

#: What Qt's loader takes for properties though the class has none; ``stdset="0"`` marks a dynamic property.
_OF_QT_DESIGNER = {("QLabel", "buddy")}


@implements("QUiLoader")
class UiLoader(QtUiTools.QUiLoader):
    """Loads a .ui file as Slicer would, or says what Slicer would not know."""

    def load(self, device, parent=None):
        """The widget of a file.

        Raises:
            AttributeError: A class, property or signal in it is not recorded.
        """
        root = ElementTree.fromstring(bytes(device.readAll().data()))
        for widget in root.iter("widget"):
            _check(widget)
        # Qt knows a class by its name, and PySide6 does not keep it alive.
        used = {widget.get("class") for widget in root.iter("widget")} & set(IMPLEMENTATIONS)
        self._classes = [type(name, (IMPLEMENTATIONS[name],), {}) for name in used]
        for widget_class in self._classes:
            self.registerCustomWidget(widget_class)
        # PySide6 has no signals with Slicer's types, so the connections are made here.
        connections = root.find("connections")
        if connections is not None:
            root.remove(connections)
        buffer = QtCore.QBuffer()
        buffer.setData(ElementTree.tostring(root))
        loaded = super().load(buffer, parent)
        if loaded is None:
            raise RuntimeError(self.errorString())
        for connection in () if connections is None else connections:
            _connect(loaded, connection)
        return loaded


def _check(widget: ElementTree.Element) -> None:
    name = widget.get("class")
    if name not in RECORDS:
        raise AttributeError(f"{name} is no class of recorded_api.json: would Slicer know this widget?")
    stand_in_class(name)
    for stated in widget.findall("property"):
        record = recorded(name, stated.get("name"))
        if (record is None and stated.get("stdset") == "0") or (name, stated.get("name")) in _OF_QT_DESIGNER:
            continue
        if record is None or record["kind"] != "property":
            raise AttributeError(f"{name} has no property {stated.get('name')} in recorded_api.json.")


def _connect(root, connection: ElementTree.Element) -> None:
    def named(tag: str) -> StandIn:
        name = connection.findtext(tag)
        found = root if root.objectName() == name else root.findChild(QtCore.QObject, name)
        if found is None:
            raise AttributeError(f"The .ui file connects {name}, which is not in it.")
        return wrapped(found)

    receiver, slot = named("receiver"), connection.findtext("slot", "").partition("(")[0]
    named("sender").connect(connection.findtext("signal", ""), getattr(receiver, slot))
