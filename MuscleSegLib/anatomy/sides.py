"""Left and right in a label map."""

from dataclasses import dataclass
from typing import Literal

from MuscleSegLib.anatomy.label_sets import Label, LabelSet

Side = Literal["right", "left"]

#: Added to a label's index in the left limb.
LEFT_OFFSET = 100


@dataclass(frozen=True)
class SidedLabel:
    """A label of one limb.

    Attributes:
        value: The number in a label map: the label's index, in the left limb plus ``LEFT_OFFSET``.
        side: ``right`` or ``left``, the patient's.
        label: The label without a side.
    """

    value: int
    side: Side
    label: Label

    @property
    def name(self) -> str:
        """E.g. ``vastus lateralis right``."""
        return f"{self.label.name} {self.side}"

    @property
    def segment_id(self) -> str:
        """The identifier of its segment in Slicer, e.g. ``VL_right``."""
        return f"{self.label.abbreviation}_{self.side}"


def sided_labels(label_set: LabelSet) -> list[SidedLabel]:
    """The labels of the right limb, then those of the left, each in the set's order."""
    right = [SidedLabel(label.index, "right", label) for label in label_set.labels]
    left = [SidedLabel(label.index + LEFT_OFFSET, "left", label) for label in label_set.labels]
    return right + left
