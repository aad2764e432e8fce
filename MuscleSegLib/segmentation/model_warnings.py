"""What a person should know of the models and the label set before trusting a segmentation."""

from collections.abc import Iterable, Sequence

from MuscleSegLib.anatomy import Label, LabelSet
from MuscleSegLib.segmentation.result import SegmentationWarning


def warnings_of_models(left_out: Iterable[str]) -> list[SegmentationWarning]:
    """Models of the chosen name that were not used; each with the sentence that says why."""
    return [SegmentationWarning("model", text) for text in left_out]


def warnings_of_labels(wanted: LabelSet, unknown: Sequence[Label]) -> list[SegmentationWarning]:
    """Labels of the set that the image may show, and that are ``unknown`` to the models."""
    if not unknown:
        return []
    *others, last = (label.name for label in unknown)
    names = f"{', '.join(others)} and {last}" if others else last
    text = (
        f'The models do not know {names} of the label set "{wanted.name}"; what the image shows of them has no labels.'
    )
    return [SegmentationWarning("model", text)]
