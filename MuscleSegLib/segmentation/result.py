"""What segmenting a volume gives: a label map that carries its meaning, and what a person should look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import SimpleITK as sitk

    from MuscleSegLib.anatomy import LabelSet
    from MuscleSegLib.networks import ModelCard

#: Why a muscle deserves a look: not found, implausibly small, in several pieces, cut by the border of the image; or
#: ``image``: tilted, too coarse, too few slices, voxels without a value, slices that show neither thigh nor leg, a limb
#: wider than what the model looks at, or of which it is unsure; ``side``: right or left was guessed, is contradicted by
#: the anatomy, or something beside the limb was left out; ``model``: what the models do not know, or one of the chosen
#: name that was left out.
WarningKind = Literal["absent", "small", "split", "border", "image", "side", "model"]


@dataclass(frozen=True)
class SegmentationWarning:
    """One thing that a person should check before trusting the result.

    Attributes:
        kind: The sort of thing, for sorting and counting.
        text: A sentence that names the muscle and its side.
        value: The value of the muscle in the label map (see :class:`MuscleSegLib.anatomy.SidedLabel`); None when the
            warning is about no single muscle.
        slice: The slice of the input to look at, counted from 0; None when there is no single slice.
    """

    kind: WarningKind
    text: str
    value: int | None = None
    slice: int | None = None


@dataclass(frozen=True)
class Segmentation:
    """A segmented volume.

    Attributes:
        label_map: UInt8 image in exactly the input's geometry (SimpleITK, LPS). 0 is background; a muscle of the right
            limb has its label's index, of the left limb its index + ``LEFT_OFFSET``.
        label_set: What the numbers mean, restricted to the regions that were found.
        cards: The models that were used.
        warnings: What to check, in the order of the label map's values.
    """

    label_map: sitk.Image
    label_set: LabelSet
    cards: tuple[ModelCard, ...]
    warnings: tuple[SegmentationWarning, ...] = ()
