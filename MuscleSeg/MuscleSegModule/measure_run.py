"""One measuring of a result in maps: what the child processes are given, and what they gave. Changes no scene."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError
from MuscleSegLib.slicer.exchange import writeVolumeNode


@dataclass(frozen=True)
class Sources:
    """What the maps are made of; each is None, or empty, where it is not measured.

    Attributes:
        ffMap: A volume with the fat fraction.
        fat, water: The images of which it is computed otherwise.
        t2Map: A volume with T2 in ms.
        t2Echoes: The file or folder of the multi-echo series of which it is computed otherwise.
        mtrMap: A volume with the magnetisation transfer ratio.
        withoutPulse, withPulse: The images of which it is computed otherwise.
    """

    ffMap: Any = None
    fat: Any = None
    water: Any = None
    t2Map: Any = None
    t2Echoes: str = ""
    mtrMap: Any = None
    withoutPulse: Any = None
    withPulse: Any = None


class MeasureRun:
    """A result on its way through ``muscleseg map`` and ``muscleseg measure``.

    Args:
        writeLabels: Writes the muscles as they are now to the path that it is given.
        volumeNode: The volume that was segmented.
        sources: What the maps are made of.
        erosionMm: How far from the border of a muscle its values are taken.
        temporaryFolder: Where the folder of this run is made; :meth:`close` removes it. It names no patient.

    Raises:
        MuscleSegError: A volume cannot be written, or one of a pair is missing.
    """

    def __init__(self, writeLabels, volumeNode, sources, erosionMm, temporaryFolder=None):
        self._directory = TemporaryDirectory(prefix="muscleseg-", dir=temporaryFolder)
        self._folder = Path(self._directory.name)
        self.measures = self._folder / "measures.json"
        self.labels = self._folder / "muscles.seg.nrrd"
        self.image = self._folder / "image.nrrd"
        try:
            writeLabels(self.labels)
            writeVolumeNode(volumeNode, self.image)
            self.commands, maps = self._mapCommands(sources)
        except BaseException:
            self.close()
            raise
        measure = ["measure", str(self.labels), "--output", str(self.measures), "--erode", f"{erosionMm:g}"]
        for quantity, path in maps.items():
            measure += ["--map", f"{quantity}={path}"]
        if maps:
            measure += ["--register", str(self.image)]
        self.commands.append(measure)

    def close(self):
        """Remove the run's files."""
        self._directory.cleanup()

    def _mapCommands(self, sources):
        """The commands that compute maps, and where each map is, or will be, by quantity."""
        commands, maps = [], {}
        if sources.ffMap is not None:
            maps["FF"] = self._written(sources.ffMap, "ff-map")
        elif _both(sources.fat, sources.water, _("For the fat fraction, choose the fat and the water image.")):
            maps["FF"] = self._folder / "ff.nrrd"
            fat, water = self._written(sources.fat, "fat"), self._written(sources.water, "water")
            commands.append(["map", "ff", "--fat", str(fat), "--water", str(water), "--output", str(maps["FF"])])
        if sources.t2Map is not None:
            maps["T2"] = self._written(sources.t2Map, "t2-map")
        elif sources.t2Echoes:
            maps["T2"] = self._folder / "t2.nrrd"
            commands.append(["map", "t2", sources.t2Echoes, "--output", str(maps["T2"])])
        if sources.mtrMap is not None:
            maps["MTR"] = self._written(sources.mtrMap, "mtr-map")
        elif _both(
            sources.withoutPulse, sources.withPulse, _("For MTR, choose the images without and with the pulse.")
        ):
            maps["MTR"] = self._folder / "mtr.nrrd"
            without, withPulse = (
                self._written(sources.withoutPulse, "mt-off"),
                self._written(sources.withPulse, "mt-on"),
            )
            pair = ["--without-pulse", str(without), "--with-pulse", str(withPulse)]
            commands.append(["map", "mtr", *pair, "--output", str(maps["MTR"])])
        return commands, maps

    def _written(self, volumeNode, name):
        path = self._folder / f"{name}.nrrd"
        writeVolumeNode(volumeNode, path)
        return path


def _both(one, other, otherwise):
    """Whether both of a pair are given; one alone is an error."""
    if (one is None) != (other is None):
        raise InputError(otherwise)
    return one is not None
