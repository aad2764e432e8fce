"""Segmenting a volume that has a result already: what becomes of that result, and of the edits in it."""

import enum

from slicer.i18n import tr as _

from MuscleSegLib.slicer.results import (
    addResult,
    editsOfResult,
    isByNetwork,
    latestResultFor,
    resultOf,
    updateResult,
    volumeOf,
)


class Again(enum.Enum):
    """What to do with the earlier result of the same volume."""

    Replace = "replace"
    KeepEdited = "keep edited muscles"
    New = "make a new one"


def earlierResult(volumeNode, segmentationNode=None):
    """The result of a volume that another run would replace: the one being corrected, else the last; or none."""
    if (
        segmentationNode is not None
        and volumeOf(segmentationNode) == volumeNode
        and any(isByNetwork(node) for node in resultOf(segmentationNode))
    ):
        return resultOf(segmentationNode)
    return latestResultFor(volumeNode)


def placeResult(segmentation, volumeNode, earlier, again):
    """Put a complete result into the scene.

    Args:
        segmentation: The result.
        volumeNode: The volume that was segmented.
        earlier: The nodes of the earlier result; may be empty.
        again: What becomes of them.

    Returns:
        The nodes that show the result, the right side first.

    Raises:
        MuscleSegError: Nothing was found, or the volume was moved meanwhile; the scene is as it was.
    """
    name = volumeNode.GetName()
    names = {
        "right": _("{volume} muscles right").format(volume=name),
        "left": _("{volume} muscles left").format(volume=name),
    }
    if not earlier or again is Again.New:
        return addResult(segmentation, volumeNode, names)
    keep = editsOfResult(earlier) if again is Again.KeepEdited else None
    return updateResult(earlier, segmentation, volumeNode, names, keep)


def editedMuscles(nodes):
    """The names of the muscles that were edited since the last run, as the user knows them; of removed ones the ID."""
    names = []
    for node in nodes:
        segmentation = node.GetSegmentation()
        for segmentId in editsOfResult((node,)).get(node.GetID(), ()):
            segment = segmentation.GetSegment(segmentId)
            names.append(segment.GetName() if segment is not None else segmentId)
    return sorted(names)
