"""What CMake installs as a Slicer extension is everything the repository has for it, and works from there."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
STAND_IN = Path(__file__).parent / "slicer-stand-in"

#: What Slicer's Schemas/slicer-extension-catalog-entry-schema-v1.0.1.json allows in an entry; it allows nothing else.
SCHEMA = (
    "https://raw.githubusercontent.com/Slicer/Slicer/main/Schemas/slicer-extension-catalog-entry-schema-v1.0.1.json#"
)
ENTRY = {
    "$schema": str,
    "build_dependencies": list,
    "build_subdirectory": str,
    "category": str,
    "enabled": bool,
    "scm_revision": str,
    "scm_type": str,
    "scm_url": str,
    "tier": int,
}


def files_under(folder, pattern="*"):
    found = (path.relative_to(folder) for path in folder.rglob(pattern) if path.is_file())
    return {path.as_posix() for path in found if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The extension's qt-scripted-modules folder, configured and installed by CMake."""
    cmake = shutil.which("cmake")
    if cmake is None:
        pytest.skip("CMake is not installed")
    folder = tmp_path_factory.mktemp("extension")
    build, prefix = folder / "build", folder / "installed"
    configure = [cmake, "-S", REPOSITORY, "-B", build, f"-DSlicer_DIR={STAND_IN}"]
    for command in (configure, [cmake, "--install", build, "--prefix", prefix]):
        subprocess.run(command, check=True, capture_output=True)
    return prefix / "lib" / "qt-scripted-modules"


def test_every_file_is_installed_and_nothing_else(installed):
    expected = {f"MuscleSegLib/{name}" for name in files_under(REPOSITORY / "MuscleSegLib", "*.py")}
    expected |= {f"Resources/{name}" for name in files_under(REPOSITORY / "Resources")}
    expected |= files_under(REPOSITORY / "MuscleSeg") - {"CMakeLists.txt"}

    assert files_under(installed) == expected


def test_the_installed_panel_opens_and_finds_the_installed_library(installed):
    script = """
import sys
installed, repository = sys.argv[1:]
sys.path[:0] = [installed]
sys.path.append(repository)  # For the stand-in alone.
from pathlib import Path
from Testing.slicer_stand_in import load_module, running_slicer
with running_slicer():
    import slicer
    load_module(Path(installed) / "MuscleSeg.py")
    panel = slicer.modules.muscleseg.widgetRepresentation().self()
    import MuscleSegLib, MuscleSegModule
    print(MuscleSegLib.__file__, MuscleSegModule.__file__, panel.ui.segmentButton.text, sep="\\n")
"""
    command = [sys.executable, "-c", script, installed, REPOSITORY]

    finished = subprocess.run(command, check=False, capture_output=True, text=True, cwd=installed)

    assert finished.returncode == 0, finished.stderr
    library, module, button = finished.stdout.splitlines()[-3:]
    assert Path(library).parent == installed / "MuscleSegLib"
    assert Path(module).parent == installed / "MuscleSegModule"
    assert "Segment" in button


def test_the_catalogue_and_the_extension_say_the_same():
    cmake = (REPOSITORY / "CMakeLists.txt").read_text(encoding="utf-8")
    said = dict(re.findall(r'^set\(EXTENSION_(\w+) "(.*)"\)', cmake, flags=re.MULTILINE))
    entry = json.loads((REPOSITORY / "MuscleSeg.json").read_text(encoding="utf-8"))

    assert entry["category"] == said["CATEGORY"]
    assert entry["build_dependencies"] == said["DEPENDS"].split()


def test_the_catalogue_entry_is_as_its_schema_asks():
    entry = json.loads((REPOSITORY / "MuscleSeg.json").read_text(encoding="utf-8"))

    assert entry["$schema"] == SCHEMA
    assert {"$schema", "category", "scm_url"} <= set(entry) <= set(ENTRY)
    for name, value in entry.items():
        assert isinstance(value, ENTRY[name]), name
    assert entry["scm_type"] in ("git", "local")
    assert all(isinstance(name, str) for name in entry["build_dependencies"])
    assert entry["tier"] in (1, 3, 5)


def test_the_installed_library_finds_its_data(installed):
    script = (
        "from MuscleSegLib import __file__ as where; from MuscleSegLib.anatomy import label_set;"
        "print(where, label_set('muscleseg').title)"
    )
    # Isolated from the environment, so that only the installed copy can be found.
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(installed)!r}); {script}"]

    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=installed).stdout

    assert answer.startswith(str(installed))
