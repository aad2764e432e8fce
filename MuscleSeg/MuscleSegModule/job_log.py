"""What a child process said, kept in a file for the report of a bug. Names no file of the user's, so no patient."""

import platform
from datetime import datetime
from pathlib import Path

import slicer

from MuscleSegLib import __version__

#: How many logs are kept.
_KEPT = 10


class JobLog:
    """The log of one run.

    Args:
        arguments: Those of the command. Paths among them, and their names, are left out of everything that is written:
            files are often named after patients.
    """

    def __init__(self, arguments):
        folder = Path(slicer.app.temporaryPath) / "MuscleSeg-logs"
        folder.mkdir(parents=True, exist_ok=True)
        self._hidden = sorted(_namesIn(arguments), key=len, reverse=True)
        self.path = folder / f"{datetime.now():%Y-%m-%d_%H-%M-%S-%f}.log"
        self.write(f"MuscleSeg {__version__}, Slicer {slicer.app.applicationVersion}, {platform.platform()}\n")
        self.write(f"muscleseg {' '.join(arguments)}\n")
        for old in sorted(folder.glob("*.log"))[:-_KEPT]:
            old.unlink(missing_ok=True)

    def write(self, text):
        """Append text, without the names that are left out."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(self.withoutNames(text))

    def withoutNames(self, text):
        """The text with ``[…]`` in the place of each name that is left out."""
        for name in self._hidden:
            text = text.replace(name, "[…]")
        return text


def _namesIn(arguments):
    """The paths among the arguments, and the names of what they lead to and through, as far as these tell anything."""
    common = {part for folder in (Path.home(), Path(slicer.app.temporaryPath)) for part in folder.parts}
    names = set()
    for argument in arguments:
        path = Path(argument)
        if len(path.parts) > 1:
            names |= {argument, str(path)} | {part for part in path.parts if part not in common and len(part) > 1}
            names |= {path.name.split(".")[0]} - {""}
    return names
