"""Which volume a person probably means, by its name."""

import re

import slicer

#: What the names of volumes hold, in lower case and with spaces for what joins words, by the choice that they suit.
_NAMES = {
    "ffMap": r"\b(pd)?ff\b|fat fraction",
    "fat": r"\bfat\b(?! fraction)|\bf$",
    "water": r"\bwater\b|\bw$",
    "t2Map": r"\bt2\b",
    "mtrMap": r"\bmtr\b",
    "withoutPulse": r"\bmt ?off\b|\bno ?mt\b|\bwithout\b",
    "withPulse": r"\bmt ?on\b|\bwith (mt )?pulse\b",
}


def guess(choice):
    """The volume of the scene that is named for a choice; None when there is none, or more than one."""
    pattern = re.compile(_NAMES[choice])
    nodes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    found = [node for node in nodes if pattern.search(re.sub(r"[\W_]+", " ", node.GetName().casefold()))]
    return found[0] if len(found) == 1 else None
