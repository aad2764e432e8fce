"""The panel opens in a Slicer that has none of the packages that it installs: it could not install them otherwise."""

import subprocess
import sys
from pathlib import Path

#: A path finder that does not find some packages, as where they are not installed; then the panel is opened.
SCRIPT = """
import sys
from importlib.machinery import PathFinder
from pathlib import Path

class Without:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[2].split(","):
            return None
        return PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Without

import slicer
from Testing.slicer_stand_in import load_module, running_slicer

with running_slicer():
    load_module(Path(sys.argv[1]))
    panel = slicer.modules.muscleseg.widgetRepresentation()
    panel._qt.enter()
    print(panel.self().ui.packagesNoteLabel.text)
"""
ROOT = Path(__file__).parents[2]


def test_the_panel_opens_and_says_what_is_missing(application):  # noqa: ARG001
    from MuscleSegModule.packages import REQUIREMENTS

    packages = [name for requirements in REQUIREMENTS.values() for name in requirements]
    module = ROOT / "MuscleSeg" / "MuscleSeg.py"

    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(module), ",".join(packages)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert all(name in ended.stdout for name in packages)
