"""``slicer.app``, its main window and modules, over PySide6 and the true MRML of ``slicer-core``."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import slicer
from PySide6 import QtCore, QtWidgets
from vtkmodules.vtkCommonCore import vtkCollection

from MuscleSegLib.slicer.scene import CoreApplication
from Testing.slicer_stand_in.python_qt import implements


@implements("qSlicerModuleManager")
class ModuleManager(QtCore.QObject):
    """The modules that are loaded."""

    moduleLoaded = QtCore.Signal(str)
    moduleAboutToBeUnloaded = QtCore.Signal(str)

    def modulesNames(self):
        return [module.name for module in vars(slicer.modules).values() if hasattr(module, "widgetRepresentation")]

    def module(self, name):
        return getattr(slicer.modules, name.lower(), None)


@implements("ctkDICOMDatabase")
class DicomDatabase(QtCore.QObject):
    """Which file each instance is in; files stay where they are."""

    def __init__(self, parent):
        super().__init__(parent)
        self._files = {}

    def insert(self, path, store_file, _thumbnail):
        import pydicom  # A Slicer without packages starts too.

        assert not store_file
        self._files[str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID)] = path

    def fileForInstance(self, instance):
        return self._files.get(instance, "")


@implements("qMRMLLayoutManager")
class LayoutManager(QtCore.QObject):
    """Which layout is shown, and the logics of its slice views; there are no views in it."""

    layoutChanged = QtCore.Signal(int)

    def __init__(self, core, parent):
        super().__init__(parent)
        self._scene = core.scene
        self._layout = slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView
        self._slice_logics = vtkCollection()
        core.applicationLogic.SetSliceLogics(self._slice_logics)
        for name in self.sliceViewNames():
            logic = slicer.vtkMRMLSliceLogic()
            logic.SetMRMLApplicationLogic(core.applicationLogic)
            self._slice_logics.AddItem(logic)
            logic.SetMRMLScene(core.scene)
            logic.AddSliceNode(name)

    def mrmlScene(self):
        return self._scene

    def mrmlSliceLogics(self):
        return self._slice_logics

    def sliceViewNames(self):
        return ["Red", "Green", "Yellow"]

    def setLayout(self, layout):
        self._layout = layout
        self.layoutChanged.emit(layout)

    def resetThreeDViews(self):
        """There are none."""

    def resetSliceViews(self):
        """There are none."""

    layout = QtCore.Property(int, lambda self: self._layout, setLayout)


@implements("qSlicerApplication")
class Application(QtCore.QObject):
    """The application; what it has of ``QApplication`` is the process's."""

    mrmlSceneChanged = QtCore.Signal(object)
    startupCompleted = QtCore.Signal()

    def __init__(self):
        super().__init__()
        self.core = CoreApplication.start()
        self._folder = tempfile.TemporaryDirectory(prefix="slicer-stand-in-")
        settings = QtCore.QSettings
        settings.setDefaultFormat(settings.Format.IniFormat)
        settings.setPath(settings.Format.IniFormat, settings.Scope.UserScope, self._folder.name)
        qt_application = QtWidgets.QApplication.instance()
        qt_application.setOrganizationName("NA-MIC")
        qt_application.setApplicationName("Slicer")
        self._settings = settings()
        self._module_manager = ModuleManager(self)
        self._layout_manager = LayoutManager(self.core, self)
        self._dicom_database = DicomDatabase(self)
        self._main_window = QtWidgets.QMainWindow()
        self._main_window.setObjectName("qSlicerMainWindow")

    def __getattr__(self, name):
        return getattr(QtWidgets.QApplication.instance(), name)

    def shut_down(self):
        """Take everything away that it made."""
        self._main_window.deleteLater()
        self._folder.cleanup()

    def mrmlScene(self):
        return self.core.scene

    def applicationLogic(self):
        return self.core.applicationLogic

    def moduleManager(self):
        return self._module_manager

    def layoutManager(self):
        return self._layout_manager

    def dicomDatabase(self):
        return self._dicom_database

    def settings(self):
        return self._settings

    userSettings = settings

    def testingEnabled(self):
        return False

    def commandOptions(self):
        return SimpleNamespace(testingEnabled=False)

    def environment(self):
        return QtCore.QProcessEnvironment.systemEnvironment()

    startupEnvironment = environment

    def moduleDocumentationUrl(self, name):
        return f"https://slicer.readthedocs.io/en/latest/user_guide/modules/{name.lower()}.html"

    def setRenderPaused(self, _pause):
        """Nothing is rendered."""

    def pauseRender(self):
        """Nothing is rendered."""

    resumeRender = pauseRender

    temporaryPath = QtCore.Property(str, lambda self: self._folder.name)
    applicationName = QtCore.Property(str, lambda _self: "Slicer")
    slicerHome = QtCore.Property(str, lambda self: str(Path(self._folder.name) / "Slicer"))
    majorVersion = QtCore.Property(int, lambda _self: 5)
    minorVersion = QtCore.Property(int, lambda _self: 10)
    isInstalled = QtCore.Property(bool, lambda _self: True)
