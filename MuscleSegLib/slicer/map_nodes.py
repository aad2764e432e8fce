"""Parameter maps as volume nodes: computed once, shown, saved with the scene, measured again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from MuscleSegLib.maps.parameter_map import read_map, sidecar_path
from MuscleSegLib.slicer.derivation import isMadeFrom
from MuscleSegLib.slicer.exchange import writeVolumeNode
from MuscleSegLib.slicer.volumes import volumeNodeFromImage

if TYPE_CHECKING:
    import slicer

#: What made the map, as the file beside it says.
_SIDECAR, _QUANTITY = "MuscleSeg.Map", "MuscleSeg.Quantity"
#: What is shown from black to white, in the unit of the map.
_SHOWN = {"FF": (0.0, 100.0), "T2": (0.0, 100.0), "MTR": (0.0, 60.0)}


def mapNodeFromFile(path: Path, scene: slicer.vtkMRMLScene, name: str) -> slicer.vtkMRMLScalarVolumeNode:
    """Add a map that ``muscleseg map`` wrote to a scene.

    Raises:
        InputError: It cannot be read.
    """
    parameterMap = read_map(path)
    node = volumeNodeFromImage(parameterMap.image, scene, name)
    node.SetAttribute(_QUANTITY, parameterMap.quantity)
    node.SetAttribute(_SIDECAR, sidecar_path(path).read_text(encoding="utf-8"))
    display = node.GetVolumeDisplayNode()
    display.SetAutoWindowLevel(False)  # Voxels without a value would confuse it.
    display.SetWindowLevelMinMax(*_SHOWN[parameterMap.quantity])
    return node


def isComputed(node: slicer.vtkMRMLScalarVolumeNode) -> bool:
    """Whether a map was computed here, and so says its own unit; a ready-made one does not."""
    return node.GetAttribute(_SIDECAR) is not None


def writeMapNode(node: slicer.vtkMRMLScalarVolumeNode, path: Path) -> None:
    """Write a map from the scene for ``muscleseg measure``: with what made it, where it was computed here.

    Raises:
        InputError: It holds no voxels, or cannot be written.
    """
    writeVolumeNode(node, path)
    sidecar = node.GetAttribute(_SIDECAR)
    if sidecar is not None:
        sidecar_path(path).write_text(sidecar, encoding="utf-8")


def mapNodeMadeFrom(
    scene: slicer.vtkMRMLScene, quantity: str, inputs: Mapping[str, slicer.vtkMRMLNode], file: str = ""
) -> slicer.vtkMRMLScalarVolumeNode | None:
    """The map of a quantity that was computed from these before; None when there is none."""
    kind = "vtkMRMLScalarVolumeNode"
    nodes = (scene.GetNthNodeByClass(index, kind) for index in range(scene.GetNumberOfNodesByClass(kind)))
    made = (node for node in nodes if node.GetAttribute(_QUANTITY) == quantity)
    return next((node for node in made if isMadeFrom(node, inputs, file)), None)
