"""A coarser label set made from what a model tells apart, or the reason why it cannot be."""

from collections.abc import Iterable, Mapping

from MuscleSegLib.anatomy.muscles import muscles
from MuscleSegLib.errors import LabelSetError

Members = tuple[str, ...]


def channels_of_labels(
    labels: Mapping[int, Members], channels: Mapping[str, Members], *, model: str, label_set: str
) -> dict[int, tuple[str, ...]]:
    """The channels whose muscles together are exactly the muscles of each label.

    Args:
        labels: The muscles of each label.
        channels: The muscles of each channel of the model.
        model, label_set: How an error calls the two.

    Returns:
        The channels of each label, in the channels' order.

    Raises:
        LabelSetError: Some label cannot be made; the text gives every reason.
    """
    known = {member for members in channels.values() for member in members}
    wanted = {member for members in labels.values() for member in members}
    unknown = [member for member in _in_table_order(wanted) if member not in known]
    merged = {
        label: tuple(channel for channel, members in channels.items() if set(members) & set(wanted_members))
        for label, wanted_members in labels.items()
    }
    # A channel that reaches beyond a label sees muscles as one that the label set keeps apart.
    inseparable = {
        channel: channels[channel]
        for label, used in merged.items()
        for channel in used
        if not set(channels[channel]) <= set(labels[label])
    }
    if unknown or inseparable:
        reasons = [f"sees {_names(members)} as one" for members in inseparable.values()]
        if unknown:
            reasons.append(f"does not know {_names(unknown)}")
        raise LabelSetError(
            f"The label set '{label_set}' cannot be made by {model}, which {' and '.join(reasons)}. "
            "Choose another label set, or another model."
        )
    return merged


def _in_table_order(members: Iterable[str]) -> list[str]:
    return sorted(members, key=list(muscles()).index)


def _names(members: Iterable[str]) -> str:
    *others, last = (muscles()[member].name for member in members)
    return f"{', '.join(others)} and {last}" if others else last
