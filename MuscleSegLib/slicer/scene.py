"""A MRML scene outside the application, and the files that go in and out of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import slicer
from vtkmodules.vtkCommonCore import vtkOutputWindow

from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.errors import InputError, MuscleSegError


@dataclass(frozen=True)
class CoreApplication:
    """What of the Slicer application is needed to load, convert and save: keep it for as long as its scene is used.

    Attributes:
        scene: The MRML scene.
        applicationLogic: Finds the logics below for the nodes that ask for them.
        volumesLogic: Reads images with the display that the application gives them.
        segmentationsLogic: Registers the conversions between the representations of segments.
    """

    scene: slicer.vtkMRMLScene
    applicationLogic: slicer.vtkSlicerApplicationLogic
    volumesLogic: slicer.vtkSlicerVolumesLogic
    segmentationsLogic: slicer.vtkSlicerSegmentationsModuleLogic

    @classmethod
    def start(cls) -> CoreApplication:
        """A new, empty scene with the logics attached (as trame-slicer's ``SlicerApp`` does it)."""
        scene = slicer.vtkMRMLScene()
        applicationLogic = slicer.vtkSlicerApplicationLogic()
        applicationLogic.SetMRMLScene(scene)
        colorLogic = applicationLogic.GetColorLogic()
        colorLogic.SetMRMLScene(scene)
        colorLogic.AddDefaultColorNodes()
        applicationLogic.SetModuleLogic("Colors", colorLogic)
        volumesLogic = slicer.vtkSlicerVolumesLogic()
        segmentationsLogic = slicer.vtkSlicerSegmentationsModuleLogic()
        for name, logic in (("Volumes", volumesLogic), ("Segmentations", segmentationsLogic)):
            logic.SetMRMLApplicationLogic(applicationLogic)
            logic.SetMRMLScene(scene)
            applicationLogic.SetModuleLogic(name, logic)
        return cls(scene, applicationLogic, volumesLogic, segmentationsLogic)

    def loadVolume(self, path: Path) -> slicer.vtkMRMLScalarVolumeNode:
        """Read an image file into a volume node named after it.

        Raises:
            InputError: There is no such file, or Slicer reads no volume from it.
        """
        if not path.is_file():
            raise InputError(f"There is no image file {path}.")
        name = path.name.split(".")[0]
        volumeNode = self.volumesLogic.AddArchetypeVolume(str(path), name)
        if volumeNode is None:
            raise InputError(f"Slicer cannot read {path} as a volume.")
        return volumeNode

    def loadSegmentation(self, path: Path) -> slicer.vtkMRMLSegmentationNode:
        """Read a ``.seg.nrrd`` file into a segmentation node named after it.

        Raises:
            InputError: There is no such file, or Slicer reads no segmentation from it.
        """
        if not path.is_file():
            raise InputError(f"There is no segmentation file {path}.")
        segmentationNode = self.segmentationsLogic.LoadSegmentationFromFile(str(path), False, path.name.split(".")[0])
        if segmentationNode is None:
            raise InputError(f"Slicer cannot read {path} as a segmentation.")
        return segmentationNode

    def saveScene(self, path: Path) -> None:
        """Write the scene with all its data into one bundle (``.mrb``) that the application opens.

        Raises:
            MuscleSegError: It could not be written.
        """
        problem = MuscleSegError(
            f"The scene could not be written to {path}. Is the disk full, or the folder read-only?"
        )
        try:
            # A folder, because the bundle's contents are named after the file. Slicer's core wants the complete path.
            with TemporaryDirectory(dir=path.absolute().parent, prefix=".") as folder:
                temporary = Path(folder) / path.name
                with _quiet():
                    written = self.scene.WriteToMRB(str(temporary))
                if not written:
                    raise problem
                temporary.replace(path)
        except OSError:
            raise problem from None


def saveSegmentation(segmentationNode: slicer.vtkMRMLSegmentationNode, path: Path) -> None:
    """Write a segmentation node as ``.seg.nrrd`` with Slicer's own writer.

    Raises:
        MuscleSegError: It could not be written.
    """
    storageNode = slicer.vtkMRMLSegmentationStorageNode()
    with written_atomically(path) as temporary:
        storageNode.SetFileName(str(temporary))
        if not storageNode.WriteData(segmentationNode):
            raise MuscleSegError(f"The segmentation could not be written to {path}. Is the disk full or read-only?")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without VTK's messages: the bundle's writer announces every file it packs."""
    shown = vtkOutputWindow.GetInstance()
    silent = vtkOutputWindow()
    silent.SetDisplayModeToNever()
    vtkOutputWindow.SetInstance(silent)
    try:
        yield
    finally:
        vtkOutputWindow.SetInstance(shown)
