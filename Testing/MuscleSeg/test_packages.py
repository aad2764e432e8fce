"""Missing packages: asked for once, installed by whatever this Slicer has for it, and without a connection too."""

import ast
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from MuscleSegLib.errors import MuscleSegError
from Testing.slicer_stand_in.python_qt import RECORDS

REPOSITORY = Path(__file__).parents[2]
#: A package that no index has.
NAME = "muscleseg_wheel_of_a_test"


@pytest.fixture
def packages(application, monkeypatch, tmp_path):  # noqa: ARG001  (the package is importable while it runs)
    """The module, in a Slicer whose Python installs into a folder of the test, and from no index."""
    packages = importlib.import_module("MuscleSegModule.packages")
    monkeypatch.setitem(packages.REQUIREMENTS, "segment", {NAME: f"{NAME}>=1"})
    site = tmp_path / "site"
    python_slicer = tmp_path / "bin" / "PythonSlicer"
    python_slicer.parent.mkdir()
    python_slicer.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python_slicer.chmod(0o755)
    monkeypatch.setenv("PATH", f"{python_slicer.parent}{os.pathsep}{os.environ['PATH']}")
    for name, value in {"TARGET": site, "NO_INDEX": "1", "DISABLE_PIP_VERSION_CHECK": "1"}.items():
        monkeypatch.setenv(f"PIP_{name}", str(value))
    monkeypatch.syspath_prepend(str(site))
    return packages


def wheel_in(folder):
    """A wheel of a package with nothing in it."""
    folder.mkdir(parents=True)
    about = f"{NAME}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{NAME}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{NAME}.py", "")
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


def recorded_signature(name, method):
    """The parameters of a Python function in someone else's source, with their defaults, as recorded."""
    declaration = RECORDS[name]["members"][method]["declaration"]
    function = ast.parse(f"{declaration}: ...").body[0]
    return ast.unparse(function.args)


def stand_in_for(monkeypatch, name, record, method, result):
    """Makes a module of that name importable; calls of the method are checked against its recorded signature."""
    calls = []
    namespace = {"calls": calls, "result": result}
    source = (
        f"def {method}({recorded_signature(record, method)}):\n    calls.append(dict(locals()))\n    return result()"
    )
    exec(f"from __future__ import annotations\n{source}", namespace)
    module = ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, loader=None)
    if record == "PyTorchUtilsLogic":
        module.PyTorchUtilsLogic = type(record, (), {method: namespace[method]})
    else:
        setattr(module, method, namespace[method])
    monkeypatch.setitem(sys.modules, name, module)
    return calls


def test_nothing_is_asked_when_nothing_is_missing(packages, monkeypatch):
    monkeypatch.setitem(packages.REQUIREMENTS, "segment", {"numpy": "numpy"})

    assert packages.ensurePackages()


def test_a_user_who_declines_keeps_slicer_as_it_is(packages, application):
    import qt

    application.dialogs.will_be_answered(qt.QMessageBox.Cancel)

    assert not packages.ensurePackages()
    assert NAME in application.dialogs.shown[0]["text"]
    assert packages.missingPackages() == [NAME]


def test_packages_that_were_copied_are_installed_without_a_connection(packages, application):
    import qt

    wheel_in(packages.wheelsFolder())
    application.dialogs.will_be_answered(qt.QMessageBox.Ok)

    assert packages.ensurePackages()
    assert str(packages.wheelsFolder()) in application.dialogs.shown[0]["text"]
    assert packages.missingPackages() == []


def test_without_a_connection_it_is_said_what_to_copy_where(packages, application):
    import qt

    application.dialogs.will_be_answered(qt.QMessageBox.Ok)
    with pytest.raises(MuscleSegError) as error:
        packages.ensurePackages()

    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    for said in (f'pip download --dest packages "{NAME}>=1"', f"Python {python}", str(packages.wheelsFolder())):
        assert said in str(error.value)


def test_slicers_own_installer_is_used_where_there_is_one(packages, application, monkeypatch, tmp_path):
    import qt

    def install():
        (tmp_path / "site").mkdir()
        (tmp_path / "site" / f"{NAME}.py").touch()

    calls = stand_in_for(monkeypatch, "slicer.packaging", "slicer.packaging", "pip_ensure", install)
    application.dialogs.will_be_answered(qt.QMessageBox.Ok)

    assert packages.ensurePackages()
    assert len(calls) == 1
    # The user has been asked once, and is not asked again.
    assert calls[0]["requirements"] == [f"{NAME}>=1"] and calls[0]["prompt_install"] is False


def test_pytorch_comes_by_its_extension_and_is_not_asked_for_twice(packages, application, monkeypatch, tmp_path):
    import qt

    def install():
        (tmp_path / "site").mkdir()
        (tmp_path / "site" / f"{NAME}.py").touch()

    monkeypatch.setattr(packages, "_TORCH", NAME)
    calls = stand_in_for(monkeypatch, "PyTorchUtils", "PyTorchUtilsLogic", "installTorch", install)
    application.dialogs.will_be_answered(qt.QMessageBox.Ok)

    assert packages.ensurePackages()
    assert len(calls) == 1
    assert (calls[0]["askConfirmation"], calls[0]["torchVersionRequirement"]) == (False, ">=1")


def test_without_the_extension_the_user_is_told_of_it(packages, application, monkeypatch):
    import qt

    monkeypatch.setattr(packages, "_TORCH", NAME)
    application.dialogs.will_be_answered(qt.QMessageBox.Cancel)
    packages.ensurePackages()

    assert "“PyTorch”" in application.dialogs.shown[0]["text"]


@pytest.mark.usefixtures("application")
def test_what_is_installed_is_what_the_distribution_asks_for():
    from MuscleSegModule.packages import REQUIREMENTS

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    in_slicer = {"numpy", "SimpleITK"}
    needed = {text for text in project["dependencies"] if text.partition(">")[0] not in in_slicer}

    assert set(REQUIREMENTS["segment"].values()) == needed
    assert set(REQUIREMENTS["measure"].values()) == set(project["optional-dependencies"]["measure"])
    for requirements in REQUIREMENTS.values():
        assert all(importlib.util.find_spec(name) for name in requirements)
