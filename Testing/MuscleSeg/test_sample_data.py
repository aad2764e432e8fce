"""The sample is offered in Slicer's Sample Data module, and what is registered there leads to a volume."""

import ast
import sys
import urllib.request
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import slicer

from Testing.MuscleSeg.conftest import MODULE
from Testing.slicer_stand_in import load_module
from Testing.slicer_stand_in.python_qt import RECORDS


@pytest.fixture
def registered(application, monkeypatch):  # noqa: ARG001  (the module is loaded into it)
    """What the module registers when Slicer has started; the names of arguments are held against the recorded ones."""
    declaration = RECORDS["SampleDataLogic"]["members"]["registerCustomSampleDataSource"]["declaration"]
    names = {argument.arg for argument in ast.parse(f"{declaration}: ...").body[0].args.args}
    sources = []

    def register(**arguments):
        assert set(arguments) <= names
        sources.append(arguments)

    module = ModuleType("SampleData")
    module.SampleDataLogic = SimpleNamespace(registerCustomSampleDataSource=register)
    monkeypatch.setitem(sys.modules, "SampleData", module)
    load_module(MODULE)
    assert sources == []
    slicer.app._qt.startupCompleted.emit()
    (source,) = sources
    return source


def test_what_is_registered_is_retrieved_without_a_network_and_loads(registered, application, tmp_path):
    path = tmp_path / registered["fileNames"]
    assert registered["uris"].startswith("file:///")
    urllib.request.urlretrieve(registered["uris"], path)

    algorithm, digest = slicer.util.extractAlgoAndDigest(registered["checksums"])
    assert slicer.util.computeChecksum(algorithm, str(path)) == digest
    volume = slicer.app._qt.core.loadVolume(path)
    assert application.scene.GetNodeByID(volume.GetID()).GetImageData().GetDimensions()[2] > 1


def test_its_picture_is_there(registered):
    import qt

    assert Path(registered["thumbnailFileName"]).is_file()
    assert not qt.QPixmap(registered["thumbnailFileName"]).isNull()
