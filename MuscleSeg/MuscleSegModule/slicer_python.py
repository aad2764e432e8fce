"""How Slicer's Python is started as a process of its own."""

import os
import shutil
import sys
from pathlib import Path

import qt

import MuscleSegLib


def pythonSlicer():
    """The path of Slicer's Python, as ``slicer.util`` finds it; outside Slicer, that of the Python that runs."""
    return shutil.which("PythonSlicer") or sys.executable


def environmentForPython():
    """The environment of this process, in which a Python finds the ``MuscleSegLib`` that this one uses.

    Slicer's launcher has set the rest: where its libraries are, and the packages of its extensions.
    """
    environment = qt.QProcessEnvironment.systemEnvironment()
    library = str(Path(MuscleSegLib.__file__).parents[1])
    before = environment.value("PYTHONPATH", "")
    environment.insert("PYTHONPATH", os.pathsep.join([library, before] if before else [library]))
    # Names of files reach the child, and come back, in any language; a crash leaves a stack in the log.
    environment.insert("PYTHONUTF8", "1")
    environment.insert("PYTHONFAULTHANDLER", "1")
    return environment
