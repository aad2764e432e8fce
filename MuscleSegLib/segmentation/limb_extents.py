"""One or two limbs on each slice of the coarse grid, followed along the volume."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from MuscleSegLib.segmentation.components import find_pieces
from MuscleSegLib.segmentation.foreground import Foreground
from MuscleSegLib.segmentation.orientation import AxialVolume

#: A second limb has at least this fraction of the area of the first; less is a hand, a cable or the rim of the other.
_SECOND_LIMB = 0.15
#: What is smaller than this on a slice is no limb.
_SMALLEST_LIMB_MM2 = 500.0
#: Two limbs that touch: wider than high by this factor, with a waist of at most this fraction of either's height ...
_TOUCHING_ASPECT, _WAIST = 1.3, 0.8
#: ... or wider than any single limb.
_WIDEST_LIMB_MM = 280.0
#: A volume shows two limbs when at least this fraction of its slices does.
_BILATERAL = 0.1


@dataclass(frozen=True)
class _Piece:
    """A part of the body on a slice of the coarse grid: its area in pixels, its rows and columns (first, end)."""

    area: int
    rows: tuple[int, int]
    columns: tuple[int, int]

    @property
    def width(self) -> int:
        return self.columns[1] - self.columns[0]

    def joined(self, other: "_Piece") -> "_Piece":
        return _Piece(
            self.area + other.area,
            (min(self.rows[0], other.rows[0]), max(self.rows[1], other.rows[1])),
            (min(self.columns[0], other.columns[0]), max(self.columns[1], other.columns[1])),
        )


@dataclass(frozen=True)
class Extent:
    """A limb on a slice of the coarse grid: box (end-exclusive), and the columns that are its own."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    own_columns: tuple[int, int]

    @property
    def centre(self) -> tuple[float, float]:
        """(row, column) of the middle of the box."""
        return (self.rows[0] + self.rows[1] - 1) / 2, (self.columns[0] + self.columns[1] - 1) / 2


@dataclass(frozen=True)
class Tracks:
    """The limbs of a volume, followed along it.

    Attributes:
        limbs: For each limb, by ascending column: its extent on each slice that shows it. No limb, no entry.
        second_on: Slices, from inferior, that show a second one too, where those are too few to count it as a limb.
    """

    limbs: list[dict[int, Extent]]
    second_on: tuple[int, ...] = ()


def follow_limbs(volume: AxialVolume, foreground: Foreground) -> Tracks:
    """Find one or two limbs on each slice and follow them along the volume."""
    groups = [_largest_groups(pieces, volume, foreground) for pieces in _pieces_of_slices(foreground.mask)]
    pairs = [_two_limbs(slice_groups, foreground, k, volume) for k, slice_groups in enumerate(groups)]
    shown = [k for k, slice_groups in enumerate(groups) if slice_groups]
    paired = [k for k, pair in enumerate(pairs) if pair is not None]
    if paired and len(paired) >= _BILATERAL * len(shown):
        return Tracks([track for track in _follow_two(groups, pairs, foreground) if track])
    width = foreground.mask.shape[2]
    track = {k: _whole(max(groups[k], key=lambda g: g.area), (0, width)) for k in shown}
    return Tracks([track] if track else [], tuple(paired))


def _pieces_of_slices(mask: npt.NDArray[np.bool_]) -> list[list[_Piece]]:
    """The connected pieces of each slice."""
    runs = find_pieces(mask.view(np.uint8), across_slices=False)
    found: list[list[_Piece]] = [[] for _ in mask]
    for label, area, box in zip(runs.piece_labels(), runs.sizes(), runs.boxes(), strict=True):
        if label:
            k, _, top, bottom, left, right = (int(value) for value in box)
            found[k].append(_Piece(int(area), (top, bottom), (left, right)))
    return found


def _largest_groups(pieces: list[_Piece], volume: AxialVolume, foreground: Foreground) -> list[_Piece]:
    """At most two limbs of a slice, by column: pieces that lie above one another in the slice belong together."""
    groups: list[_Piece] = []
    for piece in sorted(pieces, key=lambda p: -p.area):
        for n, group in enumerate(groups):
            overlap = min(piece.columns[1], group.columns[1]) - max(piece.columns[0], group.columns[0])
            if overlap > 0.5 * min(piece.width, group.width):
                groups[n] = group.joined(piece)
                break
        else:
            groups.append(piece)
    pixel_mm2 = float(np.prod(volume.spacing[1:]) * np.prod(foreground.factor))
    groups = sorted((g for g in groups if g.area * pixel_mm2 >= _SMALLEST_LIMB_MM2), key=lambda g: -g.area)[:2]
    if len(groups) == 2 and groups[1].area < _SECOND_LIMB * groups[0].area:
        groups.pop()
    return sorted(groups, key=lambda g: g.columns[0])


def _two_limbs(
    groups: list[_Piece], foreground: Foreground, k: int, volume: AxialVolume
) -> tuple[Extent, Extent] | None:
    """The two limbs of a slice, by ascending column, if it shows two by itself."""
    if len(groups) == 2:
        return _side_by_side(groups[0], groups[1], foreground.mask.shape[2])
    if len(groups) == 1:
        group = groups[0]
        width = group.width * foreground.factor[1] * volume.spacing[2]
        height = (group.rows[1] - group.rows[0]) * foreground.factor[0] * volume.spacing[1]
        heights = _heights(foreground.mask[k], group)
        column = _waist(foreground, k, group, group.columns[0] + group.width // 2)
        at = column - group.columns[0]
        depth = heights[at] / max(1, min(heights[:at].max(initial=0), heights[at:].max(initial=0)))
        if (width > _TOUCHING_ASPECT * height and depth < _WAIST) or width > _WIDEST_LIMB_MM:
            return _split(foreground, k, group, column)
    return None


def _side_by_side(first: _Piece, second: _Piece, width: int) -> tuple[Extent, Extent]:
    border = max(first.columns[0] + 1, (first.columns[1] + second.columns[0] + 1) // 2)
    return _whole(first, (0, border)), _whole(second, (border, width))


def _whole(group: _Piece, own_columns: tuple[int, int]) -> Extent:
    columns = (max(group.columns[0], own_columns[0]), min(group.columns[1], own_columns[1]))
    return Extent(group.rows, columns, own_columns)


def _heights(mask: npt.NDArray[np.bool_], group: _Piece) -> npt.NDArray[np.int64]:
    """From the first to the last row of the body in each column of ``group``; marrow and vessels leave no gap."""
    inside = mask[group.rows[0] : group.rows[1], group.columns[0] : group.columns[1]]
    heights = inside.shape[0] - inside.argmax(0) - inside[::-1].argmax(0)
    return np.where(inside.any(0), heights, 0)


def _waist(foreground: Foreground, k: int, group: _Piece, near: int) -> int:
    """The column where two limbs that touch part: low and dark, within a quarter of the width of column ``near``."""
    rows, columns = slice(*group.rows), slice(*group.columns)
    heights = _heights(foreground.mask[k], group).astype(float)
    brightness = foreground.signal[k, rows, columns].sum(0)
    profile = heights / heights.max() + brightness / max(float(brightness.max()), 1e-6)
    reach = max(1, group.width // 4)
    start = max(1, near - group.columns[0] - reach)
    end = min(group.width - 1, near - group.columns[0] + reach + 1)
    if end <= start:
        return group.columns[0] + group.width // 2
    return group.columns[0] + start + int(profile[start:end].argmin())


def _split(foreground: Foreground, k: int, group: _Piece, column: int) -> tuple[Extent, Extent]:
    """Two limbs of one piece, that part at ``column``."""
    width = foreground.mask.shape[2]
    extents = []
    for own in ((0, column), (column, width)):
        columns = (max(group.columns[0], own[0]), min(group.columns[1], own[1]))
        filled = np.flatnonzero(foreground.mask[k, :, columns[0] : columns[1]].any(1))
        rows = (int(filled[0]), int(filled[-1]) + 1) if filled.size else group.rows
        extents.append(Extent(rows, columns, own))
    return extents[0], extents[1]


def _follow_two(
    groups: list[list[_Piece]], pairs: list[tuple[Extent, Extent] | None], foreground: Foreground
) -> list[dict[int, Extent]]:
    """Both limbs along the volume, by ascending column; a slice that shows one piece is judged by its neighbours."""
    tracks: list[dict[int, Extent]] = [{}, {}]
    known = {k: pair for k, pair in enumerate(pairs) if pair is not None}
    paired = np.array(list(known))
    order = sorted(range(len(groups)), key=lambda k: int(np.abs(paired - k).min()))
    for k in order:
        pair = pairs[k]
        if pair is None and groups[k]:
            group = groups[k][0]
            neighbour = known[min(known, key=lambda p: abs(p - k))]
            centres = [extent.centre[1] for extent in neighbour]
            if all(group.columns[0] <= centre < group.columns[1] for centre in centres):
                pair = _split(foreground, k, group, _waist(foreground, k, group, neighbour[0].own_columns[1]))
                known[k] = pair
            else:
                middle = (group.columns[0] + group.columns[1] - 1) / 2
                nearer = int(abs(middle - centres[1]) < abs(middle - centres[0]))
                tracks[nearer][k] = _whole(group, (0, foreground.mask.shape[2]))
        if pair is not None:
            tracks[0][k], tracks[1][k] = pair
    return tracks
