"""``slicer.ScriptedLoadableModule``: the base classes of a scripted module, and the C++ objects that hold instances.

What they do is what ``Base/Python/slicer/ScriptedLoadableModule.py`` in Slicer's source does, without the section for
developers.
"""

from __future__ import annotations

import importlib.util
import sys
import unittest
from pathlib import Path
from types import ModuleType
from typing import Any

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from Testing.slicer_stand_in.mrml_widgets import MRMLWidget
from Testing.slicer_stand_in.python_qt import implements, wrapped


@implements("qSlicerScriptedLoadableModule")
class Module(QtCore.QObject):
    """A module as the module manager holds it."""

    def __init__(self, name, path):
        super().__init__()
        self._values = {"name": name, "path": path, "title": "", "helpText": "", "acknowledgementText": ""}
        self._values |= {"categories": [], "contributors": [], "dependencies": [], "associatedNodeTypes": []}
        self._values |= {"icon": QtGui.QIcon(), "hidden": False, "index": -1}
        self.widget = None

    def widgetRepresentation(self):
        if self.widget is None:
            self.widget = ModuleWidget(self._values["name"])
        return self.widget

    def _value(kind, name):
        return QtCore.Property(
            kind, lambda self: self._values[name], lambda self, value: self._values.__setitem__(name, value)
        )

    name = _value(str, "name")
    path = _value(str, "path")
    title = _value(str, "title")
    helpText = _value(str, "helpText")
    acknowledgementText = _value(str, "acknowledgementText")
    categories = _value("QStringList", "categories")
    contributors = _value("QStringList", "contributors")
    dependencies = _value("QStringList", "dependencies")
    associatedNodeTypes = _value("QStringList", "associatedNodeTypes")
    icon = _value(QtGui.QIcon, "icon")
    hidden = _value(bool, "hidden")
    index = _value(int, "index")


@implements("qSlicerScriptedLoadableModuleWidget")
class ModuleWidget(MRMLWidget):
    """The panel of a module: it makes the Python widget, and tells it when the user comes and goes."""

    def __init__(self, name):
        super().__init__()
        self._name = name
        self._entered = False
        QtWidgets.QVBoxLayout(self)
        self.setMRMLScene(slicer.mrmlScene)
        self._make()

    def _make(self):
        self._python = getattr(sys.modules[self._name], f"{self._name}Widget")(wrapped(self))
        setattr(slicer.modules, f"{self._name}Widget", self._python)
        self._python.setup()

    def self(self):
        return self._python

    def enter(self):
        self._entered = True
        if hasattr(self._python, "enter"):
            self._python.enter()

    def exit(self):
        self._entered = False
        if hasattr(self._python, "exit"):
            self._python.exit()

    def reload(self):
        """Make the Python widget again, from the module as it is now."""
        self._make()

    isEntered = QtCore.Property(bool, lambda self: self._entered)
    moduleName = QtCore.Property(str, lambda self: self._name)


def load_module(path: Path) -> ModuleType:
    """Load a scripted module from its file, as the module manager does; ``slicer.modules.<name>`` is there then."""
    name = path.stem
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    held = wrapped(Module(name, str(path)))
    setattr(slicer.modules, name.lower(), held)
    getattr(module, name)(held)
    return module


def unload_module(name: str) -> None:
    """Unload a module, as the application does when it exits."""
    held = getattr(slicer.modules, name.lower())
    slicer.app.moduleManager()._qt.moduleAboutToBeUnloaded.emit(name)
    if held._qt.widget is not None:
        held._qt.widget.deleteLater()
    delattr(slicer.modules, name.lower())
    sys.modules.pop(name, None)


class ScriptedLoadableModule:
    """What a module tells about itself."""

    def __init__(self, parent):
        super().__init__()
        self.parent = parent
        self.moduleName = type(self).__name__
        for ending in (".svg", ".png"):
            icon = Path(parent.path).parent / "Resources" / "Icons" / f"{self.moduleName}{ending}"
            if icon.is_file():
                parent.icon = wrapped(QtGui.QIcon(str(icon)))
                break

    def resourcePath(self, filename):
        return str(Path(self.parent.path).parent / "Resources" / filename)

    def getDefaultModuleDocumentationLink(self, docPage=None):
        url = docPage or slicer.app.moduleDocumentationUrl(self.moduleName)
        return f'<p>For more information see the <a href="{url}">online documentation</a>.</p>'

    def runTest(self, msec=100, **arguments):
        test = getattr(sys.modules[type(self).__module__], f"{self.moduleName}Test")()
        test.messageDelay = msec
        test.runTest(**arguments)


class ScriptedLoadableModuleWidget:
    """A module's panel."""

    def __init__(self, parent=None):
        super().__init__()
        self.moduleName = type(self).__name__.removesuffix("Widget")
        self.developerMode = False
        self.parent = parent
        self.layout = parent.layout()
        slicer.app.moduleManager().connect("moduleAboutToBeUnloaded(QString)", self._onModuleAboutToBeUnloaded)

    def resourcePath(self, filename):
        return str(Path(slicer.util.modulePath(self.moduleName)).parent / "Resources" / filename)

    def setup(self):
        """The section for developers is the application's."""

    def cleanup(self):
        """For the module to override."""

    def onReload(self):
        slicer.util.reloadScriptedModule(self.moduleName)

    def _onModuleAboutToBeUnloaded(self, moduleName):
        if moduleName == self.moduleName:
            self.cleanup()
            slicer.app.moduleManager().disconnect("moduleAboutToBeUnloaded(QString)", self._onModuleAboutToBeUnloaded)


class ScriptedLoadableModuleLogic:
    """What a module does, without a panel."""

    def __init__(self, parent=None):
        super().__init__()
        self.moduleName = type(self).__name__.removesuffix("Logic")
        self.isSingletonParameterNode = True

    def getParameterNode(self):
        node = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        if node is not None:
            # Closing the scene may have removed it.
            node.SetAttribute("ModuleName", self.moduleName)
            return node
        return slicer.mrmlScene.AddNode(self.createParameterNode())

    def createParameterNode(self):
        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
        node.UnRegister(None)
        if self.isSingletonParameterNode:
            node.SetSingletonTag(self.moduleName)
        node.SetAttribute("ModuleName", self.moduleName)
        node.SetName(slicer.mrmlScene.GenerateUniqueName(self.moduleName))
        return node


class ScriptedLoadableModuleTest(unittest.TestCase):
    """The test of a module."""

    def __init__(self, methodName="runTest", *arguments: Any):
        super().__init__(methodName, *arguments)
        self.messageDelay = 0

    def delayDisplay(self, message, requestedDelay=None, msec=None):
        """A person would read the message."""

    def runTest(self):
        for name in unittest.TestLoader().getTestCaseNames(type(self)):
            self.setUp()
            getattr(self, name)()
            self.tearDown()
