"""A stand-in for what only the Slicer application has, so that its modules are tested without it.

Qt is real (PySide6, offscreen), MRML is real (``slicer-core``), and so are ``slicer.util`` and ``VTKObservationMixin``,
which ``slicer-core`` ships. Stood in for are, each as small as it can be:

==========================================  ====================================================================
``qt``, ``ctk``                             as PythonQt spells them: properties are attributes, ``connect`` takes
                                            a signature, enumerators are ``qt.Qt.AlignLeft``
``slicer.qMRML…``, ``slicer.qSlicer…``      the widgets and objects of ``recorded_api.json``
``slicer.app``                              a true scene, temporary settings and folder, a main window
``slicer.modules``                          what :func:`load_module` loaded
``slicer.ScriptedLoadableModule``           the base classes of a module
``slicer.parameterNodeWrapper``             ``parameterNodeWrapper``, ``Default``, ``Choice``, ``WithinRange``;
                                            ``connectGui`` with ``SlicerParameterName`` in the ``.ui`` file
``slicer.i18n``                             ``tr`` and ``translate``: what Slicer does without a translation
==========================================  ====================================================================

It refuses, with an ``AttributeError``, every class, property, method, signal and enumerator that is not in
``recorded_api.json``, in Python and in ``.ui`` files alike. That file says of each where it stands in Qt's, CTK's or
Slicer's source; ``test_recorded_api.py`` holds it to that.

Example:
    >>> with running_slicer() as application:
    ...     module = load_module(Path("MuscleSeg/MuscleSeg.py"))
    ...     widget = slicer.modules.muscleseg.widgetRepresentation().self()
    ...     application.dialogs.will_be_answered(qt.QMessageBox.Ok)
    ...     widget.ui.segmentButton.click()
    ...     application.dialogs.shown  # the texts of what was opened
    ...     application.process_events()

A dialog that no answer was given for is an error, and so is an exception in a function that a signal called: the block
raises it at its end.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import slicer
import slicer.util
from PySide6 import QtCore, QtWidgets

from Testing.slicer_stand_in import ctk_widgets, mrml_widgets, parameter_nodes, scripted_module, ui_loader  # noqa: F401
from Testing.slicer_stand_in.application import Application
from Testing.slicer_stand_in.dialogs import Dialogs, dialogs
from Testing.slicer_stand_in.python_qt import IMPLEMENTATIONS, RECORDS, slot_errors, stand_in_class, wrapped
from Testing.slicer_stand_in.scripted_module import load_module, unload_module

__all__ = ["RunningSlicer", "load_module", "running_slicer", "unload_module"]


@dataclass(frozen=True)
class RunningSlicer:
    """What a test asks of the application.

    Attributes:
        scene: The MRML scene, ``slicer.mrmlScene``.
        dialogs: What is shown to the user, and what the user answers.
    """

    scene: slicer.vtkMRMLScene
    dialogs: Dialogs

    def process_events(self) -> None:
        """Let Qt do what is waiting to be done, deletions included."""
        QtWidgets.QApplication.processEvents()
        QtWidgets.QApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)

    def wait_until(self, condition: Any, seconds: float = 30.0) -> None:
        """Let Qt work until something is so.

        Raises:
            AssertionError: It was not so in time.
        """
        loop = QtCore.QEventLoop()
        look, deadline = QtCore.QTimer(), QtCore.QDeadlineTimer(int(1000 * seconds))
        look.timeout.connect(lambda: loop.quit() if condition() or deadline.hasExpired() else None)
        look.start(5)
        loop.exec()
        look.stop()
        assert condition(), "It did not come about in time."


@contextmanager
def running_slicer() -> Iterator[RunningSlicer]:
    """Have ``qt``, ``ctk``, ``slicer.app`` and the rest importable within the block, with an empty scene.

    Raises:
        BaseException: What a function that a signal called raised, or a dialog that no one answered.
    """
    if QtWidgets.QApplication.instance() is None:
        running_slicer.qt_application = QtWidgets.QApplication([])  # type: ignore[attr-defined]
    application = Application()
    modules = {
        "qt": _module("qt", "qt"),
        "ctk": _module("ctk", "ctk"),
        "slicer.ScriptedLoadableModule": _module_with(
            scripted_module,
            "ScriptedLoadableModule",
            "ScriptedLoadableModuleWidget",
            "ScriptedLoadableModuleLogic",
            "ScriptedLoadableModuleTest",
        ),
        "slicer.parameterNodeWrapper": _module_with(
            parameter_nodes,
            "parameterNodeWrapper",
            "Default",
            "Choice",
            "WithinRange",
            "SlicerParameterNamePropertyName",
        ),
        "slicer.i18n": _translation(),
    }
    attributes = {"app": wrapped(application), "mrmlScene": application.core.scene, "modules": SimpleNamespace()}
    attributes |= {name: stand_in_class(name) for name in IMPLEMENTATIONS if RECORDS[name]["module"] == "slicer"}
    attributes |= {name.partition(".")[2]: module for name, module in modules.items() if "." in name}
    known_modules, known_path = dict(sys.modules), list(sys.path)
    sys.modules.update(modules)
    for name, value in attributes.items():
        setattr(slicer, name, value)
    slot_errors.clear()
    try:
        yield RunningSlicer(application.core.scene, dialogs)
        for name in [
            module.name for module in vars(slicer.modules).values() if hasattr(module, "widgetRepresentation")
        ]:
            unload_module(name)
        QtWidgets.QApplication.processEvents()
        if slot_errors:
            raise slot_errors[0]
        dialogs.clear()
    finally:
        dialogs._answers.clear()
        dialogs.shown.clear()
        for name in attributes:
            delattr(slicer, name)
        # A module of the extension is loaded anew in each test, as in each start of Slicer.
        packages = _of_the_extension(sys.modules)
        ours = set(modules) | {name for name in sys.modules if name.partition(".")[0] in packages}
        for name in ours - set(known_modules):
            sys.modules.pop(name, None)
        sys.path[:] = known_path
        application.shut_down()
        QtWidgets.QApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)


def _of_the_extension(modules: dict[str, ModuleType]) -> set[str]:
    folder = Path(__file__).parents[2] / "MuscleSeg"
    return {
        name
        for name, module in list(modules.items())
        if "." not in name and folder in Path(getattr(module, "__file__", None) or "/").parents
    }


def _module(name: str, recorded_as: str) -> ModuleType:
    """A module whose attributes are the recorded classes of one of Slicer's Python modules."""
    module = ModuleType(name)

    def attribute(wanted: str) -> Any:
        if wanted.startswith("__") or RECORDS.get(wanted, {}).get("module") != recorded_as:
            raise AttributeError(f"{name} has no {wanted} in recorded_api.json: would Slicer's Python find it?")
        return stand_in_class(wanted)

    module.__getattr__ = attribute  # type: ignore[method-assign]
    return module


def _module_with(source: ModuleType, *names: str) -> ModuleType:
    module = ModuleType(source.__name__)
    module.__all__ = list(names)  # type: ignore[attr-defined]
    for name in names:
        setattr(module, name, getattr(source, name))
    return module


def _translation() -> ModuleType:
    module = ModuleType("slicer.i18n")
    module.tr = lambda text: text  # type: ignore[attr-defined]
    module.translate = lambda _context, text: text  # type: ignore[attr-defined]
    return module
