"""What a node was made from, kept with it: made again only when that is other than it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import slicer

_INPUT = "MuscleSeg.Input."
#: A file or folder that it was made from.
_FILE = "MuscleSeg.InputFile"


def rememberInputs(node: slicer.vtkMRMLNode, inputs: Mapping[str, slicer.vtkMRMLNode], file: str = "") -> None:
    """Keep with a node what it was made from.

    Args:
        node: What was made.
        inputs: The nodes by their role, such as ``Fat`` and ``Water``.
        file: A file or folder that it was made from as well; empty when there was none.
    """
    for role, inputNode in inputs.items():
        node.SetNodeReferenceID(_INPUT + role, inputNode.GetID())
    node.SetAttribute(_FILE, file)


def isMadeFrom(node: slicer.vtkMRMLNode, inputs: Mapping[str, slicer.vtkMRMLNode], file: str = "") -> bool:
    """Whether a node was made from these, and perhaps others besides."""
    return (node.GetAttribute(_FILE) or "") == file and all(
        node.GetNodeReference(_INPUT + role) is inputNode for role, inputNode in inputs.items()
    )


def isMade(node: slicer.vtkMRMLNode) -> bool:
    """Whether a node was made here, from anything; others are the user's own."""
    return node.GetAttribute(_FILE) is not None
