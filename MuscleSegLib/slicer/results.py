"""The result of one run in the scene: a segmentation node for each side, beside the volume in the subject hierarchy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.anatomy import LEFT_OFFSET
from MuscleSegLib.errors import InputError
from MuscleSegLib.slicer.edits import Edit, LastResult, editsSinceLastResult
from MuscleSegLib.slicer.segmentations import segmentationNodeFromResult, updateSegmentationNode

if TYPE_CHECKING:
    import slicer

    from MuscleSegLib.anatomy import Side
    from MuscleSegLib.segmentation.result import Segmentation

    Nodes = tuple[slicer.vtkMRMLSegmentationNode, ...]

#: Which nodes were made together, and which side each of them shows.
RUN_ATTRIBUTE = "MuscleSeg.Run"
SIDE_ATTRIBUTE = "MuscleSeg.Side"


def addResult(
    segmentation: Segmentation, volumeNode: slicer.vtkMRMLScalarVolumeNode, names: Mapping[Side, str]
) -> Nodes:
    """Add a result to the scene as new nodes, one for each side that was found, the right one first.

    A group for each side can be shown, hidden, exported and measured as one, and painting in one limb cannot touch the
    other.

    Args:
        segmentation: What segmenting ``imageFromVolumeNode(volumeNode)`` gave.
        volumeNode: The volume that was segmented.
        names: What to call the node of each side; a number is added where there is one of that name.

    Raises:
        InputError: No muscle was found, or the segmentation was made from another image.
    """
    run = uuid4().hex
    return tuple(
        _addSide(part, side, run, volumeNode, names[side]) for side, part in _splitBySide(segmentation, volumeNode)
    )


def updateResult(
    nodes: Sequence[slicer.vtkMRMLSegmentationNode],
    segmentation: Segmentation,
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
    names: Mapping[Side, str],
    keep: Mapping[str, Mapping[str, Edit]] | None = None,
) -> Nodes:
    """Put a new result into the nodes of an earlier one of the same volume.

    Args:
        nodes: The earlier nodes, of one run.
        segmentation: The new result.
        volumeNode: The volume that was segmented.
        names: As for :func:`addResult`, for a side that the earlier result did not have.
        keep: Edited segments to leave as they are, as :func:`editsOfResult` gives them; all is replaced when None. A
            node without a part in the new result is removed when nothing of it is to be kept.

    Returns:
        The nodes of the new result.

    Raises:
        InputError: As for :func:`addResult`; nothing was changed.
    """
    parts = dict(_splitBySide(segmentation, volumeNode))
    run = nodes[0].GetAttribute(RUN_ATTRIBUTE)
    updated = {}
    for node in nodes:
        part = parts.pop(node.GetAttribute(SIDE_ATTRIBUTE), None)
        kept = (keep or {}).get(node.GetID(), {})
        if part is not None:
            updateSegmentationNode(node, part, volumeNode, keep=kept)
        elif not kept:
            node.GetScene().RemoveNode(node)
            continue
        updated[node.GetAttribute(SIDE_ATTRIBUTE)] = node
    for side, part in parts.items():
        updated[side] = _addSide(part, side, run, volumeNode, names[side])
    return tuple(updated[side] for side in ("right", "left") if side in updated)


def resultOf(segmentationNode: slicer.vtkMRMLSegmentationNode) -> Nodes:
    """The nodes that were made together with this one, itself included, the right side first.

    A segmentation that was not made here is a result of its own.
    """
    run = segmentationNode.GetAttribute(RUN_ATTRIBUTE)
    if run is None:
        return (segmentationNode,)
    nodes = (
        node for node in _segmentationNodes(segmentationNode.GetScene()) if node.GetAttribute(RUN_ATTRIBUTE) == run
    )
    return tuple(sorted(nodes, key=lambda node: node.GetAttribute(SIDE_ATTRIBUTE) or "", reverse=True))


def latestResultFor(volumeNode: slicer.vtkMRMLScalarVolumeNode) -> Nodes:
    """The nodes of the run in which the network last segmented a volume; empty when there is none.

    What was carried to the volume from elsewhere is none: segmenting again must not replace it.
    """
    for node in reversed(_segmentationNodes(volumeNode.GetScene())):
        if volumeOf(node) == volumeNode and isByNetwork(node):
            return resultOf(node)
    return ()


def isByNetwork(segmentationNode: slicer.vtkMRMLSegmentationNode) -> bool:
    """Whether the network made this node, so that another run may put a new result into it."""
    last = LastResult.of(segmentationNode) if segmentationNode.GetAttribute(RUN_ATTRIBUTE) else None
    return last is not None and last.by_network


def volumeOf(segmentationNode: slicer.vtkMRMLSegmentationNode) -> slicer.vtkMRMLScalarVolumeNode | None:
    """The volume on whose grid a segmentation lies, when it is in the scene."""
    return segmentationNode.GetNodeReference(segmentationNode.GetReferenceImageGeometryReferenceRole())


def editsOfResult(nodes: Sequence[slicer.vtkMRMLSegmentationNode]) -> dict[str, dict[str, Edit]]:
    """What was edited since the last run, by node ID and segment; nodes without edits are left out."""
    edits = {node.GetID(): editsSinceLastResult(node) for node in nodes}
    return {nodeId: found for nodeId, found in edits.items() if found}


def _addSide(
    segmentation: Segmentation, side: Side, run: str, volumeNode: slicer.vtkMRMLScalarVolumeNode, name: str
) -> slicer.vtkMRMLSegmentationNode:
    node = segmentationNodeFromResult(segmentation, volumeNode)
    node.SetName(volumeNode.GetScene().GenerateUniqueName(name))
    node.SetAttribute(RUN_ATTRIBUTE, run)
    node.SetAttribute(SIDE_ATTRIBUTE, side)
    return node


def _splitBySide(
    segmentation: Segmentation, volumeNode: slicer.vtkMRMLScalarVolumeNode
) -> list[tuple[Side, Segmentation]]:
    """The part of each side that was found; warnings that are about no muscle go with the first."""
    values = sitk.GetArrayViewFromImage(segmentation.label_map)
    masks: dict[Side, np.ndarray] = {"right": (values > 0) & (values <= LEFT_OFFSET), "left": values > LEFT_OFFSET}
    found: list[Side] = [side for side, mask in masks.items() if mask.any()]
    if not found:
        raise InputError(
            f"No muscle was found in “{volumeNode.GetName()}”, so nothing was added to the scene. "
            "Does the volume show thighs or legs, and is the region right?"
        )
    parts = []
    for side in found:
        label_map = sitk.GetImageFromArray(np.where(masks[side], values, np.uint8(0)))
        label_map.CopyInformation(segmentation.label_map)
        warnings = tuple(
            warning
            for warning in segmentation.warnings
            if (side == found[0] if warning.value is None else (warning.value > LEFT_OFFSET) == (side == "left"))
        )
        parts.append((side, replace(segmentation, label_map=label_map, warnings=warnings)))
    return parts


def _segmentationNodes(scene: slicer.vtkMRMLScene) -> list[slicer.vtkMRMLSegmentationNode]:
    kind = "vtkMRMLSegmentationNode"
    return [scene.GetNthNodeByClass(index, kind) for index in range(scene.GetNumberOfNodesByClass(kind))]
