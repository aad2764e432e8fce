"""Which muscles a paper, or a model, outlines, and under which numbers."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from MuscleSegLib.anatomy.compounds import compounds, members_of
from MuscleSegLib.anatomy.merging import channels_of_labels
from MuscleSegLib.anatomy.muscles import Region, muscles
from MuscleSegLib.anatomy.tables import RGB
from MuscleSegLib.errors import LabelSetError
from MuscleSegLib.resources import resources_dir

#: The set that stands for all that the models tell apart.
DEFAULT_SET = "muscleseg"


@dataclass(frozen=True)
class Label:
    """One number of a label map and what it stands for.

    Attributes:
        index: The number in the right limb, from 1 to 99 and unique in its set (0 is background).
        abbreviation: The muscle's or the compound's.
        name: In lower case, without a side.
        members: Abbreviations of the finest muscles in it; one, unless the label is a compound.
        region: Part of the limb in which it lies.
        color: Red, green and blue from 0 to 255.
        snomed_code, snomed_meaning: As in :class:`~MuscleSegLib.anatomy.muscles.Muscle`.
    """

    index: int
    abbreviation: str
    name: str
    members: tuple[str, ...]
    region: Region
    color: RGB
    snomed_code: str
    snomed_meaning: str


@dataclass(frozen=True)
class LabelSet:
    """The muscles that a paper outlines.

    Attributes:
        name: Short, as in ``--labels``.
        title: One line for a menu.
        source: Where the list comes from.
        labels: In the source's order.
    """

    name: str
    title: str
    source: str
    labels: tuple[Label, ...]

    def for_regions(self, regions: Collection[str]) -> "LabelSet":
        """The same set without the labels of other regions; the numbers stay."""
        return replace(self, labels=tuple(label for label in self.labels if label.region in regions))

    def merge_from(self, channels: Sequence[str], model: str = "the model") -> Mapping[int, tuple[str, ...]]:
        """Which channels of a model make up each label of this set.

        Args:
            channels: Abbreviations of what the model tells apart. ``background`` and whatever this set does not
                name, bones for one, are left out of the result.
            model: How an error calls the model.

        Returns:
            For each label's index, the abbreviations of the channels to merge into it, in the channels' order.

        Raises:
            LabelSetError: A channel holds more than one label of this set, or muscles that a label leaves out; no
                channel holds a muscle that is asked for; or a channel is no muscle of the table. The text names the
                muscles and says why.
        """
        strange = [channel for channel in channels if channel not in {"background", *muscles(), *compounds()}]
        if strange:
            raise LabelSetError(
                f"No muscle is abbreviated {' or '.join(strange)}, as {model} has it. "
                "Correct the channels of its card to abbreviations of the table of muscles."
            )
        known = {channel: members_of(channel) for channel in channels if channel != "background"}
        wanted = {label.index: label.members for label in self.labels}
        return channels_of_labels(wanted, known, model=model, label_set=self.name)


def label_set_names() -> tuple[str, ...]:
    """The names of the label sets in ``Resources/Anatomy/label_sets``, our own first."""
    names = (path.stem for path in (resources_dir() / "Anatomy" / "label_sets").glob("*.json"))
    return tuple(sorted(names, key=lambda name: (name != DEFAULT_SET, name)))


@cache
def label_set(name: str) -> LabelSet:
    """The label set of ``Resources/Anatomy/label_sets/<name>.json``.

    Raises:
        LabelSetError: There is none of that name.
    """
    if name not in label_set_names():
        raise LabelSetError(f"There is no label set '{name}'. Choose one of {', '.join(label_set_names())}.")
    path = resources_dir() / "Anatomy" / "label_sets" / f"{name}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    labels = tuple(_label(entry["index"], entry["abbreviation"]) for entry in content["labels"])
    return LabelSet(name=name, title=content["title"], source=content["source"], labels=labels)


def label_set_of(channels: Collection[str]) -> LabelSet:
    """All that a model tells apart: the default set with the muscles and compounds among ``channels``, and no others.

    A muscle that the set lacks has the same number whatever else a model knows: they follow the set's own, first the
    muscles and then the compounds, each in the order of its table.
    """
    default = label_set(DEFAULT_SET)
    own = {label.abbreviation for label in default.labels}
    further = [name for name, muscle in muscles().items() if muscle.kind == "muscle"] + list(compounds())
    first = 1 + max(label.index for label in default.labels)
    labels = [*default.labels]
    labels += [_label(first + n, name) for n, name in enumerate(name for name in further if name not in own)]
    return replace(default, labels=tuple(label for label in labels if label.abbreviation in channels))


def _label(index: int, abbreviation: str) -> Label:
    members = members_of(abbreviation)
    entry = compounds().get(abbreviation) or muscles()[abbreviation]
    return Label(
        index=index,
        abbreviation=abbreviation,
        name=entry.name,
        members=members,
        region=muscles()[members[0]].region,
        color=entry.color,
        snomed_code=entry.snomed_code,
        snomed_meaning=entry.snomed_meaning,
    )
