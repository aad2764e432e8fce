"""What the tests of the panel share: Slicer, stood in for; the panel in it; volumes; and runs that end when told to."""

from pathlib import Path

import numpy as np
import pytest
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData

from MuscleSegLib.slicer.results import latestResultFor
from Testing.MuscleSeg.held_jobs import HeldJobs
from Testing.slicer_stand_in import load_module, running_slicer

MODULE = Path(__file__).parents[2] / "MuscleSeg" / "MuscleSeg.py"


@pytest.fixture
def application(tmp_path, monkeypatch):
    """Slicer with an empty scene, and a user who keeps no models."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.syspath_prepend(str(MODULE.parent))
    with running_slicer() as application:
        yield application


@pytest.fixture
def jobs(application, monkeypatch):  # noqa: ARG001  (the package is importable while it runs)
    """In the place of child processes, what ends when the test says so; PyTorch is said to be installed."""
    import MuscleSegModule.biomarkers_section
    import MuscleSegModule.image_section
    import MuscleSegModule.job_chain
    import MuscleSegModule.logic
    import MuscleSegModule.propagate_section
    import MuscleSegModule.propagating
    import MuscleSegModule.saving

    held = HeldJobs()
    for module in ("image_section", "job_chain", "logic", "propagating", "saving"):
        monkeypatch.setattr(getattr(MuscleSegModule, module), "Job", held.start)
    monkeypatch.setattr(MuscleSegModule.image_section, "missingPackages", list)
    for name in ("biomarkers_section", "image_section", "propagate_section"):
        monkeypatch.setattr(getattr(MuscleSegModule, name), "ensurePackages", lambda _purpose="segment": True)
    return held


@pytest.fixture
def representation(application, jobs):  # noqa: ARG001
    """The module's panel as Slicer holds it, opened."""
    load_module(MODULE)
    representation = slicer.modules.muscleseg.widgetRepresentation()
    representation._qt.enter()
    return representation


@pytest.fixture
def panel(representation):
    """The module's widget: ``panel.ui``, ``panel.logic``."""
    return representation.self()


@pytest.fixture
def add_volume(application):
    """Adds a small volume to the scene."""

    def add(name="T1", shape=(6, 20, 30)):
        image = vtkImageData()
        image.SetDimensions(*reversed(shape))
        voxels = np.arange(np.prod(shape), dtype=np.int16)
        image.GetPointData().SetScalars(numpy_to_vtk(voxels, deep=True))
        node = application.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
        node.SetAndObserveImageData(image)
        node.SetSpacing(2.0, 2.0, 5.0)
        node.SetOrigin(-29.0, -19.0, -12.5)
        return node

    return add


@pytest.fixture
def volume(add_volume):
    return add_volume()


@pytest.fixture
def segmented(panel, volume, jobs):
    """The panel after a run on the volume: the nodes, right and left."""
    panel.ui.segmentButton.click()
    jobs.last.finish()
    return latestResultFor(volume)
