"""Where the right and the left limb are on each axial slice."""

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from MuscleSegLib.segmentation.foreground import Foreground
from MuscleSegLib.segmentation.limb_extents import Extent, follow_limbs
from MuscleSegLib.segmentation.orientation import AxialVolume

Side = Literal["right", "left"]
OPPOSITE: dict[Side, Side] = {"right": "left", "left": "right"}

#: The centre of a limb is smoothed along it by a Gaussian of this standard deviation.
_CENTRE_SIGMA_MM = 8.0
#: Labels may lie this far outside of what was found to be the limb.
_MARGIN_MM = 12.0
#: A single limb this close to the middle of the scanner could be either, and where one is so far from it that it lies
#: beyond the bore, x is not counted from the middle; of two, the sign of x tells.
_NEAREST_MM, _FURTHEST_MM = 30.0, 250.0


@dataclass(frozen=True)
class LimbSlice:
    """One limb on one axial slice; positions in pixels of the axial slice, pixel centres at whole numbers.

    Attributes:
        slice: Index of the axial slice, from inferior.
        side: Whose limb: the patient's right or left.
        centre: (row, column) of the middle of the limb.
        box: (first row, end row, first column, end column): where its labels may lie. The boxes of the two limbs of
            a slice share no pixel.
        size_mm: (height, width) of the limb.
        at_edge: Whether the limb reaches the border of the slice, and so may be cut off.
    """

    slice: int
    side: Side
    centre: tuple[float, float]
    box: tuple[int, int, int, int]
    size_mm: tuple[float, float]
    at_edge: bool


@dataclass(frozen=True)
class Limbs:
    """The limbs of a volume: for each side that it shows, one :class:`LimbSlice` a slice, from inferior to superior.

    ``side_known`` is False where the position of a single limb in the scanner does not tell its side: it is taken for
    the one that its x hints at.
    """

    by_side: dict[Side, list[LimbSlice]]
    side_known: bool

    def on(self, slices: Container[int]) -> "Limbs":
        """What ``slices`` show of the limbs; a side that they do not show is left out."""
        by_side = {side: [limb for limb in limbs if limb.slice in slices] for side, limbs in self.by_side.items()}
        return Limbs({side: limbs for side, limbs in by_side.items() if limbs}, self.side_known)

    def exchanged(self) -> "Limbs":
        """The same limbs, each taken for the other side's."""
        return Limbs(
            {
                OPPOSITE[side]: [replace(limb, side=OPPOSITE[side]) for limb in limbs]
                for side, limbs in self.by_side.items()
            },
            self.side_known,
        )


def find_limbs(volume: AxialVolume, foreground: Foreground, side: Literal["auto", "right", "left"] = "auto") -> Limbs:
    """Find one or two limbs on each slice, follow them along the volume, and tell right from left.

    Of two limbs, the one with the smaller LPS x is the right. A single limb has the side that ``side`` names; with
    ``"auto"``, the sign of its x tells. ``side`` says nothing about two limbs.
    """
    tracks = follow_limbs(volume, foreground)
    centres = [_centres(track, volume, foreground) for track in tracks]
    sides, known = _sides(centres, volume, side)
    by_side: dict[Side, list[LimbSlice]] = {}
    for name, track, along in zip(sides, tracks, centres, strict=True):
        by_side[name] = [
            LimbSlice(
                slice=k,
                side=name,
                centre=centre,
                box=_box(track[k], volume, foreground),
                size_mm=_size_mm(track[k], volume, foreground),
                at_edge=_at_edge(track[k], foreground),
            )
            for k, centre in along.items()
        ]
    return Limbs(by_side, known)


def _centres(track: dict[int, Extent], volume: AxialVolume, foreground: Foreground) -> dict[int, tuple[float, float]]:
    """The (row, column) of a limb's centre on each slice, by ascending slice, smoothed along the limb."""
    slices = sorted(track)
    z = np.array(slices) * volume.spacing[0]
    weights = np.exp(-(((z[:, None] - z[None, :]) / _CENTRE_SIGMA_MM) ** 2) / 2)
    weights /= weights.sum(1, keepdims=True)
    factor = np.array(foreground.factor)
    centres = weights @ ((np.array([track[k].centre for k in slices]) + 0.5) * factor - 0.5)
    return {k: (float(row), float(column)) for k, (row, column) in zip(slices, centres, strict=True)}


def _box(extent: Extent, volume: AxialVolume, foreground: Foreground) -> tuple[int, int, int, int]:
    """The pixels of the limb and the margin around it, as far as they are its own."""
    box = []
    own_rows = (0, foreground.mask.shape[1])
    for axis, (limb, own) in enumerate(((extent.rows, own_rows), (extent.columns, extent.own_columns))):
        factor, size = foreground.factor[axis], volume.array.shape[axis + 1]
        margin = round(_MARGIN_MM / volume.spacing[axis + 1])
        box.append(max(limb[0] * factor - margin, own[0] * factor))
        box.append(min(limb[1] * factor + margin, own[1] * factor, size))
    return box[0], box[1], box[2], box[3]


def _size_mm(extent: Extent, volume: AxialVolume, foreground: Foreground) -> tuple[float, float]:
    """The height and the width of a limb; its coarse pixels may stand out of the slice, the limb does not."""
    sizes = []
    for axis, (first, end) in enumerate((extent.rows, extent.columns)):
        factor, size = foreground.factor[axis], volume.array.shape[axis + 1]
        sizes.append((min(end * factor, size) - first * factor) * volume.spacing[axis + 1])
    return sizes[0], sizes[1]


def _at_edge(extent: Extent, foreground: Foreground) -> bool:
    rows, columns = foreground.mask.shape[1:]
    return 0 in (extent.rows[0], extent.columns[0]) or extent.rows[1] == rows or extent.columns[1] == columns


def _sides(
    limbs: list[dict[int, tuple[float, float]]], volume: AxialVolume, side: Literal["auto", "right", "left"]
) -> tuple[list[Side], bool]:
    """The side of each limb, and whether it can be relied on."""
    x = [float(np.mean([volume.physical_x((k, *centre)) for k, centre in limb.items()])) for limb in limbs]
    if len(x) == 2:
        return (["right", "left"] if x[0] < x[1] else ["left", "right"]), True
    if len(x) == 0:
        return [], True
    if side != "auto":
        return [side], True
    return ["right" if x[0] < 0 else "left"], _NEAREST_MM < abs(x[0]) < _FURTHEST_MM
