"""Where the right and the left limb are on each axial slice."""

from collections.abc import Container, Sequence
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
#: Two limbs of one person fill boxes of sizes alike by this factor, the one of an atrophy too. A bottle, a phantom or a
#: folded cushion beside a thigh is smaller.
_ALIKE = 0.5


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

    Attributes:
        by_side: The limbs.
        side_known: False where the position of a single limb in the scanner does not tell its side: it is taken for the
            one that its x hints at.
        doubtful: The side of what may be no limb, but something that lies beside the only one.
        beside_mm: The width of what lies beside the only limb and was left out; None for nothing.
        second_on: Slices that show a second limb, too few to follow it.
    """

    by_side: dict[Side, list[LimbSlice]]
    side_known: bool
    doubtful: Side | None = None
    beside_mm: float | None = None
    second_on: tuple[int, ...] = ()

    def on(self, slices: Container[int]) -> "Limbs":
        """What ``slices`` show of the limbs; a side that they do not show is left out."""
        by_side = {side: [limb for limb in limbs if limb.slice in slices] for side, limbs in self.by_side.items()}
        return replace(self, by_side={side: limbs for side, limbs in by_side.items() if limbs})

    def exchanged(self) -> "Limbs":
        """The same limbs, each taken for the other side's."""
        return replace(
            self, by_side={OPPOSITE[side]: _named(OPPOSITE[side], limbs) for side, limbs in self.by_side.items()}
        )

    def without_doubtful(self, volume: AxialVolume) -> "Limbs":
        """The other one of two limbs by itself, on the side of a single limb where it lies; ``doubtful`` is no limb."""
        sides = list(self.by_side)
        sides.sort(key=lambda side: side == self.doubtful)
        limb, other = (self.by_side[side] for side in sides)
        return _single(limb, _x(limb, volume), "auto", beside=other)


def find_limbs(volume: AxialVolume, foreground: Foreground, side: Literal["auto", "right", "left"] = "auto") -> Limbs:
    """Find one or two limbs on each slice, follow them along the volume, and tell right from left.

    Of two limbs, the one with the smaller LPS x is the right. A single limb has the side that ``side`` names; with
    ``"auto"``, the sign of its x tells. A ``side`` that is named means one limb. Of two of unlike size, it is the
    larger, wherever that lies; of two on either side of the scanner's middle, the one that lies on this side.
    """
    tracks = follow_limbs(volume, foreground)
    limbs = [_limb(track, volume, foreground) for track in tracks.limbs]
    x = [_x(limb, volume) for limb in limbs]
    if len(limbs) == 2:
        smaller = _smaller_of_unlike(limbs)
        if side != "auto":
            own = _named_one(limbs, x, smaller, side)
            return _single(limbs[own], x[own], side, beside=limbs[1 - own])
        names: list[Side] = ["right", "left"] if x[0] < x[1] else ["left", "right"]
        if smaller is None and _on_one_side(x):
            smaller = int(_volume(limbs[1]) < _volume(limbs[0]))
        by_side = {name: _named(name, limb) for name, limb in zip(names, limbs, strict=True)}
        return Limbs(by_side, True, doubtful=None if smaller is None else names[smaller])
    if len(limbs) == 1:
        return replace(_single(limbs[0], x[0], side), second_on=tracks.second_on)
    return Limbs({}, True)


def _limb(track: dict[int, Extent], volume: AxialVolume, foreground: Foreground) -> list[LimbSlice]:
    """The slices of a limb that is not given a side yet."""
    return [
        LimbSlice(
            slice=k,
            side="right",
            centre=centre,
            box=_box(track[k], volume, foreground),
            size_mm=_size_mm(track[k], volume, foreground),
            at_edge=_at_edge(track[k], foreground),
        )
        for k, centre in _centres(track, volume, foreground).items()
    ]


def _named(side: Side, limbs: Sequence[LimbSlice]) -> list[LimbSlice]:
    return [replace(limb, side=side) for limb in limbs]


def _single(
    limb: Sequence[LimbSlice],
    x: float,
    side: Literal["auto", "right", "left"],
    beside: Sequence[LimbSlice] = (),
) -> Limbs:
    """The only limb, at ``x``, on the ``side`` that is said or that its position tells, and what lies ``beside`` it."""
    known = side != "auto" or _tells_side(x)
    name: Side = side if side != "auto" else "right" if x < 0 else "left"
    width = float(np.median([other.size_mm[1] for other in beside])) if beside else None
    return Limbs({name: _named(name, limb)}, known, beside_mm=width)


def _x(limb: Sequence[LimbSlice], volume: AxialVolume) -> float:
    """Where a limb lies from right to left: the LPS x of its centres (mm)."""
    return float(np.mean([volume.physical_x((one.slice, *one.centre)) for one in limb]))


def _tells_side(x: float) -> bool:
    return _NEAREST_MM < abs(x) < _FURTHEST_MM


def _on_one_side(x: Sequence[float]) -> bool:
    """Whether two limbs both lie clearly on one side of the scanner's middle."""
    return all(map(_tells_side, x)) and x[0] * x[1] > 0


def _volume(limb: Sequence[LimbSlice]) -> float:
    """What the boxes of a limb fill, in mm² times slices."""
    return float(sum(np.prod(one.size_mm) for one in limb))


def _smaller_of_unlike(limbs: Sequence[Sequence[LimbSlice]]) -> int | None:
    """The one of two that is too small to be the other's counterpart; None where they are alike."""
    volumes = [_volume(limb) for limb in limbs]
    smaller = int(volumes[1] < volumes[0])
    return smaller if volumes[smaller] < _ALIKE * volumes[1 - smaller] else None


def _named_one(limbs: Sequence[Sequence[LimbSlice]], x: Sequence[float], smaller: int | None, side: Side) -> int:
    """Which of two is the limb that ``side`` names."""
    if smaller is not None:
        return 1 - smaller
    if all(map(_tells_side, x)) and not _on_one_side(x):
        return int((x[1] < 0) == (side == "right"))
    return int(_volume(limbs[1]) > _volume(limbs[0]))


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
