"""A label map of any origin, with what its numbers mean."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from MuscleSegLib.anatomy import members_of, muscles, sided_labels
from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import SimpleITK as sitk

    from MuscleSegLib.anatomy.tables import RGB
    from MuscleSegLib.segmentation.result import Segmentation


_BETWEEN_MODELS = "; "
#: Numbers above it are no labels, but an image's grey values.
LARGEST_VALUE = 65535


@dataclass(frozen=True)
class VolumeLabel:
    """One number of a label map.

    Attributes:
        value: The number, up to :data:`LARGEST_VALUE`; 0 is background.
        name: A muscle's or compound's in lower case, without a side; the user's own name for anything else.
        abbreviation: The muscle's or compound's, e.g. ``VL``; empty for anything else.
        side: The patient's; empty when it is not known.
        color: Red, green and blue from 0 to 255.
        group: Anatomical group or compartment of the muscle, e.g. ``quadriceps``; empty when not known, or when a
            compound's muscles are of several.
        snomed_code, snomed_meaning: SNOMED CT concept; empty when not known.
    """

    value: int
    name: str
    abbreviation: str
    side: Literal["right", "left", ""]
    color: RGB
    group: str = ""
    snomed_code: str = ""
    snomed_meaning: str = ""

    @property
    def title(self) -> str:
        """Name and side, e.g. ``vastus lateralis right``."""
        return f"{self.name} {self.side}".rstrip()

    @property
    def segment_id(self) -> str:
        """The identifier of its segment in Slicer, e.g. ``VL_right``."""
        return f"{self.abbreviation}_{self.side}" if self.abbreviation and self.side else f"Segment_{self.value}"


def check_titles(labels: Iterable[VolumeLabel]) -> None:
    """Make sure that labels are told apart by name and side.

    Raises:
        InputError: Two are called the same.
    """
    for title, count in Counter(label.title for label in labels).items():
        if count > 1:
            raise InputError(f"{count} segments are called {title}. Rename all but one, or join them.")


@dataclass(frozen=True)
class LabelledVolume:
    """A label map and its labels: segmented here, corrected in Slicer, or drawn by hand under any names.

    Attributes:
        image: Three-dimensional, integers (SimpleITK, LPS). Every value but 0 has a label.
        labels: In the order in which tables list them. A label without voxels may be among them.
        models: Name, version and SHA-256 of the models that made the label map, as far as it says so.
        warnings: Sentences about what a person should know before measuring.
        key_slices: By value, the slices that a person drew and from which the label was carried, as far as it says so;
            counted as :data:`MuscleSegLib.propagation.KeySlices` are.
    """

    image: sitk.Image
    labels: tuple[VolumeLabel, ...]
    models: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    key_slices: Mapping[int, Collection[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, segmentation: Segmentation) -> LabelledVolume:
        """The label map that segmenting gave, with the labels of all regions and sides that its label set names."""
        labels = tuple(
            VolumeLabel(
                sided.value,
                sided.label.name,
                sided.label.abbreviation,
                sided.side,
                sided.label.color,
                group_of(sided.label.members),
                sided.label.snomed_code,
                sided.label.snomed_meaning,
            )
            for sided in sided_labels(segmentation.label_set)
        )
        models = tuple(card.identity for card in segmentation.cards)
        return cls(segmentation.label_map, labels, models, tuple(warning.text for warning in segmentation.warnings))


def join_models(models: Iterable[str]) -> str:
    """What files, which hold one text, say of the models of a label map."""
    return _BETWEEN_MODELS.join(models)


def split_models(text: str) -> tuple[str, ...]:
    """The models that :func:`join_models` joined."""
    return tuple(filter(None, text.split(_BETWEEN_MODELS)))


def join_slices(slices: Iterable[int]) -> str:
    """What files say of the slices that a person drew."""
    return " ".join(map(str, sorted(slices)))


def split_slices(text: str) -> tuple[int, ...]:
    """The slices that :func:`join_slices` joined.

    Raises:
        ValueError: The text is another one.
    """
    return tuple(map(int, text.split()))


def group_of(abbreviations: Sequence[str]) -> str:
    """The anatomical group that all of these muscles and compounds belong to; empty when there is none."""
    groups = {muscles()[member].group for abbreviation in abbreviations for member in members_of(abbreviation)}
    return groups.pop() if len(groups) == 1 else ""
