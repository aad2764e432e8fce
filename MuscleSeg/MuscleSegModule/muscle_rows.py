"""What the table of muscles says, row by row; from the nodes, without a widget."""

from dataclasses import dataclass

from slicer.i18n import tr as _

from MuscleSegLib.slicer import warningsFromSegmentationNode
from MuscleSegLib.slicer.edits import Edit, LastResult, editsSinceLastResult
from MuscleSegLib.slicer.locks import isLocked
from MuscleSegLib.slicer.results import SIDE_ATTRIBUTE
from MuscleSegModule.slice_ranges import slicesTitle


@dataclass(frozen=True)
class MuscleRow:
    """A segment as the table shows it.

    Attributes:
        nodeId: The segmentation node that it is in.
        segmentId: The segment.
        name: Without the side.
        side: The patient's, translated; empty when it is not known.
        color: Red, green and blue, 0 to 1.
        visible: Whether it is shown.
        problem: What is wrong with it in a word or two; empty when nothing is.
        sentences: The same in sentences, one a line.
        edited: Which slices were edited since the last run; empty when none was.
        locked: Whether propagation leaves it as it is.
    """

    nodeId: str
    segmentId: str
    name: str
    side: str
    color: tuple
    visible: bool
    problem: str
    sentences: str
    edited: str
    locked: bool


def muscleRows(nodes):
    """The segments of a result, one a row, in the order of the nodes."""
    return [row for node in nodes for row in _rowsOf(node)]


def _rowsOf(node):
    segmentation, display = node.GetSegmentation(), node.GetDisplayNode()
    edits = editsSinceLastResult(node)
    last = LastResult.of(node)
    segmentIds = last.segment_ids if last is not None else {}
    warnings = {}
    for warning in warningsFromSegmentationNode(node):
        warnings.setdefault(segmentIds.get(warning.value), []).append(warning)
    side = {"right": _("right"), "left": _("left")}.get(node.GetAttribute(SIDE_ATTRIBUTE), "")
    for segmentId in segmentation.GetSegmentIDs():
        segment = segmentation.GetSegment(segmentId)
        found = warnings.get(segmentId, [])
        yield MuscleRow(
            nodeId=node.GetID(),
            segmentId=segmentId,
            name=segment.GetName().removesuffix(f" {node.GetAttribute(SIDE_ATTRIBUTE)}"),
            side=side,
            color=segment.GetColor(),
            visible=display is None or display.GetSegmentVisibility(segmentId),
            problem=", ".join(dict.fromkeys(problemTitle(warning.kind) for warning in found)),
            sentences="\n".join(warning.text for warning in found),
            edited=editTitle(edits[segmentId]) if segmentId in edits else "",
            locked=isLocked(segment),
        )


def problemTitle(kind):
    """What is wrong, in a word or two."""
    return {
        "absent": _("not found"),
        "small": _("very small"),
        "split": _("in pieces"),
        "border": _("cut off"),
        "image": _("image"),
        "side": _("side"),
        "model": _("model"),
    }.get(kind, kind)


def editTitle(edit: Edit):
    """Which slices were edited."""
    return _("added") if edit.kind == "added" else slicesTitle(edit.slices)
