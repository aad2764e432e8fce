"""What CMake installs as a Slicer extension is everything the repository has for it, and works from there."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
STAND_IN = Path(__file__).parent / "slicer-stand-in"


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


def test_the_installed_library_finds_its_data(installed):
    script = (
        "from MuscleSegLib import __file__ as where; from MuscleSegLib.anatomy import label_set;"
        "print(where, label_set('muscleseg').title)"
    )
    # Isolated from the environment, so that only the installed copy can be found.
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(installed)!r}); {script}"]

    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=installed).stdout

    assert answer.startswith(str(installed))
