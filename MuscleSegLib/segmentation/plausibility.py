"""Which muscles a person should look at before trusting a segmentation."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from MuscleSegLib.anatomy import LEFT_OFFSET, LabelSet, SidedLabel, sided_labels
from MuscleSegLib.segmentation.limbs import Side
from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.result import SegmentationWarning

#: A muscle is implausibly small when it has less than this volume and the other side's has this many times as much.
_SMALL_MM3, _SMALL_RATIO = 1000.0, 3.0
#: ... or where it makes up less than this of the muscles on the slices where it is. On none of 29 label maps of
#: patients and volunteers does a muscle of thigh or leg make up less than 0.02; a tip at the end of a scan makes 0.003.
_SMALL_SHARE = 0.002
#: A second piece of a muscle of at least this fraction of the whole splits it.
_SPLIT_FRACTION = 0.2

#: For each label of each limb: the volumes of its pieces in mm³, the largest first.
Pieces = Mapping[Side, Mapping[int, Sequence[float]]]


def warnings_of_muscles(
    volume: AxialVolume, labels: npt.NDArray[np.uint8], label_set: LabelSet, pieces: Pieces
) -> list[SegmentationWarning]:
    """Muscles that are absent, implausibly small, split, or cut by the border of the image.

    Args:
        volume: The segmented volume.
        labels: The label map, (slices, rows, columns), right and left told apart.
        label_set: The muscles to expect.
        pieces: What each muscle consists of; only the sides that were segmented.

    Returns:
        The warnings, in the order of the label map's values.
    """
    warnings = []
    at_border = _values_at_border(labels)
    shares = _shares(labels)
    for muscle in sided_labels(label_set):
        if muscle.side not in pieces:
            continue
        volumes = pieces[muscle.side].get(muscle.label.index, ())
        if not volumes:
            warnings.append(_absent(muscle))
            continue
        other_side = pieces.get("left" if muscle.side == "right" else "right", {})
        other = sum(other_side.get(muscle.label.index, ()))
        total = sum(volumes)
        value = muscle.value
        if total < _SMALL_MM3 and other > _SMALL_RATIO * total:
            text = (
                f"The {muscle.name} is implausibly small: {total / 1000:.2f} cm³, {other / 1000:.2f} cm³ on the other "
                "side."
            )
            warnings.append(SegmentationWarning("small", text, value, _middle_slice(volume, labels, value)))
        elif shares[value] < _SMALL_SHARE:
            text = (
                f"The {muscle.name} is implausibly small: {total / 1000:.2f} cm³, {shares[value]:.2%} of the muscles "
                "on the slices where it is."
            )
            warnings.append(SegmentationWarning("small", text, value, _middle_slice(volume, labels, value)))
        if len(muscle.label.members) == 1 and len(volumes) > 1 and volumes[1] >= _SPLIT_FRACTION * total:
            sizes = " and ".join(f"{piece / 1000:.1f} cm³" for piece in volumes[:2])
            text = f"The {muscle.name} is in separate pieces ({sizes})."
            warnings.append(SegmentationWarning("split", text, value, _middle_slice(volume, labels, value)))
        if value in at_border:
            text = f"The {muscle.name} reaches the border of the image and may be cut off."
            warnings.append(SegmentationWarning("border", text, value, volume.stored_slice(at_border[value])))
    return warnings


def _absent(muscle: SidedLabel) -> SegmentationWarning:
    text = f"The {muscle.name} was not found: it may lie outside the slices of this image, or have been missed."
    return SegmentationWarning("absent", text, muscle.value)


def _values_at_border(labels: npt.NDArray[np.uint8]) -> dict[int, int]:
    """For each value on the first or last row or column: one axial slice where it is."""
    found: dict[int, int] = {}
    for edge in (labels[:, 0], labels[:, -1], labels[:, :, 0], labels[:, :, -1]):
        for k, pixels in enumerate(edge):
            for value in np.unique(pixels[pixels > 0]):
                found.setdefault(int(value), k)
    return found


def _shares(labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """(256,) what each value makes up of its limb's labels on the slices where it is; 1 for one that is nowhere."""
    counts = np.stack([np.bincount(pixels.ravel(), minlength=256) for pixels in labels])
    counts[:, 0] = 0
    shares = np.ones(256)
    for own in (slice(0, LEFT_OFFSET), slice(LEFT_OFFSET, 256)):
        of_limb = counts[:, own].sum(1)
        for value in np.flatnonzero(counts[:, own].any(0)) + own.start:
            shares[value] = counts[:, value].sum() / of_limb[counts[:, value] > 0].sum()
    return shares


def _middle_slice(volume: AxialVolume, labels: npt.NDArray[np.uint8], value: int) -> int | None:
    slices = np.flatnonzero((labels == value).any((1, 2)))
    return volume.stored_slice(int(slices[len(slices) // 2]))
