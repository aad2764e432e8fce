"""A picture of a segmentation in 3D, without a window.

VTK ends the whole process when it finds no OpenGL, not even one in software, and no way to ask it beforehand is safe.
So the drawing is done by a process of its own, which is this file run as a program.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import slicer
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  (the implementation behind vtkRenderWindow)
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkIOImage import vtkPNGWriter
from vtkmodules.vtkRenderingCore import (
    vtkActor,
    vtkPolyDataMapper,
    vtkRenderer,
    vtkRenderWindow,
    vtkWindowToImageFilter,
)

from MuscleSegLib.errors import MuscleSegError
from MuscleSegLib.slicer.scene import CoreApplication

_WIDTH, _HEIGHT = 1200, 900  # pixels


def renderSegmentationFile(segmentationPath: Path, picturePath: Path) -> None:
    """Draw the closed surfaces of all segments of a ``.seg.nrrd`` file in their colours, seen from the front.

    Needs no screen and no graphics card, but OpenGL in software (Mesa's EGL or OSMesa) where they are missing.

    Args:
        segmentationPath: The segmentation.
        picturePath: The PNG file to write.

    Raises:
        MuscleSegError: Nothing could be drawn on this machine.
    """
    command = [sys.executable, "-m", __name__, str(segmentationPath.resolve()), str(picturePath.resolve())]
    library = Path(__file__).parents[2]  # where the new process finds this package, installed or not
    drawing = subprocess.run(command, cwd=library, capture_output=True, check=False)
    if drawing.returncode != 0 or not picturePath.is_file():
        raise MuscleSegError(
            "Nothing can be drawn in 3D on this machine, probably because it has no OpenGL. Install Mesa's (on Debian: "
            f"apt install libegl1) to get {picturePath.name}."
        )


def _draw(segmentationNode: slicer.vtkMRMLSegmentationNode, picturePath: Path) -> None:
    segmentationNode.CreateClosedSurfaceRepresentation()
    window = vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetSize(_WIDTH, _HEIGHT)
    window.SetMultiSamples(8)
    window.AddRenderer(_scene(segmentationNode))
    window.Render()

    picture = vtkWindowToImageFilter()
    picture.SetInput(window)
    picture.ReadFrontBufferOff()
    writer = vtkPNGWriter()
    writer.SetFileName(str(picturePath))
    writer.SetInputConnection(picture.GetOutputPort())
    writer.Write()


def _scene(segmentationNode: slicer.vtkMRMLSegmentationNode) -> vtkRenderer:
    """One actor a segment, and a camera in front of the patient (RAS: from anterior, superior up)."""
    renderer = vtkRenderer()
    renderer.SetBackground(1.0, 1.0, 1.0)
    segmentation = segmentationNode.GetSegmentation()
    for segmentId in segmentation.GetSegmentIDs():
        surface = vtkPolyData()
        segmentationNode.GetClosedSurfaceRepresentation(segmentId, surface)
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(surface)
        mapper.ScalarVisibilityOff()
        actor = vtkActor()
        actor.SetMapper(mapper)
        actor.GetProperty().SetColor(segmentation.GetSegment(segmentId).GetColor())
        renderer.AddActor(actor)
    camera = renderer.GetActiveCamera()
    camera.SetPosition(0.0, 1.0, 0.0)
    camera.SetFocalPoint(0.0, 0.0, 0.0)
    camera.SetViewUp(0.0, 0.0, 1.0)
    camera.Azimuth(25.0)
    camera.Elevation(15.0)
    renderer.ResetCamera()
    camera.Zoom(1.4)
    return renderer


if __name__ == "__main__":
    core = CoreApplication.start()
    _draw(core.loadSegmentation(Path(sys.argv[1])), Path(sys.argv[2]))
