"""One run of a network on a volume: what the child process is given, and what it gave. Touches no scene."""

from pathlib import Path

from MuscleSegLib.segmentation.result import SegmentationWarning
from MuscleSegLib.slicer.exchange import readResult, writeVolumeNode
from MuscleSegModule.run_folder import runFolder


class SegmentRun:
    """A volume on its way through ``muscleseg segment``.

    The files are in a folder of their own that :meth:`close` removes; they name no patient.

    Args:
        volumeNode: The volume to segment; it is copied, so that it may change while the network works.
        model: A family, or one model by name.
        region: ``auto``, ``thigh`` or ``leg``.
        labels: The label set, by name.
        device: ``auto``, ``cpu`` or ``cuda``.
        modelsDir: Where the user keeps models; None for the usual folder.

    Raises:
        MuscleSegError: The volume cannot be segmented, or written.
    """

    def __init__(self, volumeNode, *, model, region, labels, device, modelsDir=None):
        self.volumeId = volumeNode.GetID()
        self._labels = labels
        self._modelsDir = modelsDir
        self._warnings = []
        self._folder = runFolder()
        folder = Path(self._folder.name)
        self._output = folder / "result.seg.nrrd"
        try:
            self._image = writeVolumeNode(volumeNode, folder / "image.nrrd")
        except BaseException:
            self.close()
            raise
        self.arguments = ["segment", str(folder / "image.nrrd"), "--output", str(self._output)]
        self.arguments += ["--model", model, "--region", region, "--labels", labels, "--device", device]
        if modelsDir is not None:
            self.arguments += ["--models-dir", str(modelsDir)]

    def addWarning(self, warning):
        """Take down a warning as the child process sends it: ``text``, ``kind``, ``label`` and ``slice``."""
        self._warnings.append(
            SegmentationWarning(warning["kind"], warning["text"], warning.get("label"), warning.get("slice"))
        )

    def result(self):
        """The segmentation that the child process wrote.

        Raises:
            MuscleSegError: It cannot be read.
        """
        return readResult(self._output, self._image, self._labels, self._modelsDir, self._warnings)

    def close(self):
        """Remove the run's files."""
        self._folder.cleanup()
