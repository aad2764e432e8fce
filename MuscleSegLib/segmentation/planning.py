"""Which network labels each region, with which muscles."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from MuscleSegLib.anatomy import DEFAULT_SET, Label, LabelSet, compounds, label_set_of, members_of, muscles
from MuscleSegLib.errors import LabelSetError
from MuscleSegLib.segmentation.channels import FIRST_OTHER, ChannelMerge
from MuscleSegLib.segmentation.labelling import Plan
from MuscleSegLib.segmentation.models import Models
from MuscleSegLib.segmentation.regions import REGIONS, Region

#: Muscles of the hip reach down to the upper slices of a thigh.
_NEIGHBOUR = {"thigh": "hip"}


@dataclass(frozen=True)
class Plans:
    """How a volume is labelled.

    Attributes:
        by_region: How the slices of each region are.
        labels: All labels that may be given.
        unknown: Labels of the set that the regions may show, and that no network knows.
    """

    by_region: Mapping[Region, Plan]
    labels: LabelSet
    unknown: tuple[Label, ...]


def plan_regions(models: Models, found: Collection[Region], wanted: LabelSet) -> Plans:
    """The model and the labels of each region that was ``found``; every error about models and labels comes from here.

    Args:
        models: Where the networks are from.
        found: The regions.
        wanted: The label set that was asked for; the default one stands for all that the networks tell apart.

    Raises:
        ModelError: There is no model for a region, or it cannot be loaded.
        LabelSetError: The set has no muscle of the regions, or a model cannot tell its muscles apart.
    """
    own = wanted.name == DEFAULT_SET
    if not own and not wanted.for_regions(found).labels:
        raise LabelSetError(
            f'The label set "{wanted.name}" has no muscle of the {" or the ".join(sorted(found))}, which the image '
            "shows. Choose another label set."
        )
    loaded = {name: models.for_region(name) for name in REGIONS if name in found}
    sets = {
        name: label_set_of(model.card.channels) if own else _known(wanted, name, model.card.channels)
        for name, model in loaded.items()
    }
    channels = sorted({channel for model in loaded.values() for channel in model.card.channels})
    others = {channel: FIRST_OTHER + n for n, channel in enumerate(channels)}
    by_region = {
        name: Plan(
            model, ChannelMerge.between(model.card.channels, sets[name], f'the model "{model.card.name}"', others)
        )
        for name, model in loaded.items()
    }
    every = label_set_of(channels) if own else wanted
    given = {label.index for labels in sets.values() for label in labels.labels}
    beside = wanted.for_regions({_NEIGHBOUR[name] for name in found if name in _NEIGHBOUR})
    return Plans(
        by_region,
        replace(every, labels=tuple(label for label in every.labels if label.index in given)),
        tuple(label for label in beside.labels if label.index not in given),
    )


def _known(wanted: LabelSet, region: Region, channels: Sequence[str]) -> LabelSet:
    """The labels of a region, and those of its neighbour that a network with these ``channels`` knows."""
    known = {
        member
        for channel in channels
        if channel in muscles() or channel in compounds()
        for member in members_of(channel)
    }
    beside = {
        label.index
        for label in wanted.for_regions({_NEIGHBOUR.get(region, region)}).labels
        if known.issuperset(label.members)
    }
    return replace(
        wanted, labels=tuple(label for label in wanted.labels if label.region == region or label.index in beside)
    )
