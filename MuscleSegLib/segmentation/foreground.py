"""The body on each axial slice, apart from the air around it, on a coarse grid."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.resampling import interpolation_matrices

#: Pixels of the coarse grid are at most this wide: fine enough for the border of a limb, coarse enough to drown noise.
_COARSE_MM = 5.0
#: Noise is averaged over this distance to either side.
_REACH_MM = 8.0
#: Values above this fraction of the foreground's mean are body for certain, be it muscle beside bright fat.
_CERTAIN = 0.5
#: The threshold lies at this fraction of the way from air to what is body for certain.
_THRESHOLD = 0.4
#: A slice darker than this fraction of the volume's bright slices holds no body (padding, air beyond the foot).
_EMPTY_SLICE = 0.06
#: Air stands apart from what is body for certain by at least this factor ...
_CONTRAST = 1.8
#: ... and the foreground of a slice that holds nothing but air is less than this factor brighter than air.
_NOISE = 1.4
#: A slice wider than this with so much body along its border shows no limb in air, but noise, say, or air that shines.
_WIDEST_FILLED_MM, _FILLED = 300.0, 0.9
_BINS = 64
#: Slices worked on together.
_BATCH = 8


@dataclass(frozen=True)
class Foreground:
    """Body and air on a coarse grid.

    Attributes:
        mask: bool, (slices, coarse rows, coarse columns): the body.
        signal: float32, like ``mask``: the image, 0 is air and 1 is body for certain (clipped there).
        factor: (rows, columns): image pixels per coarse pixel.
        floor: The value that stands for no signal: 0, or less where the image has negative values.
    """

    mask: npt.NDArray[np.bool_]
    signal: npt.NDArray[np.float32]
    factor: tuple[int, int]
    floor: float


def find_foreground(volume: AxialVolume) -> Foreground:
    """Tell the body from the air, slice by slice.

    Each slice has its own threshold, relative to its own foreground, so that slices at the end of the coil are found as
    well as those in its middle; a slice without a body is told from the level of the whole volume.
    """
    factor = (_factor(volume, 1), _factor(volume, 2))
    coarse = _coarse(volume, factor)
    floor = min(0.0, float(np.percentile(coarse, 1))) if coarse.min() < 0 else 0.0
    coarse -= np.float32(floor)
    levels = np.array([_foreground_level(pixels) for pixels in coarse])
    air = _air_levels(coarse, levels)
    mask = np.zeros(coarse.shape, bool)
    wide = max(np.multiply(volume.array.shape[1:], volume.spacing[1:])) > _WIDEST_FILLED_MM
    empty = _EMPTY_SLICE * float(np.percentile(levels, 90))
    for k, level in enumerate(levels):
        certain = _CERTAIN * level if _CERTAIN * level > _CONTRAST * air[k] else level
        if level <= max(empty, _NOISE * air[k]):
            coarse[k] = 0
            continue
        coarse[k] = (coarse[k] - air[k]).clip(0, certain - air[k]) / (certain - air[k])
        body = coarse[k] > _THRESHOLD
        border = np.concatenate([body[0], body[-1], body[:, 0], body[:, -1]])
        if not wide or border.mean() < _FILLED:
            mask[k] = body
    return Foreground(mask, coarse, factor, floor)


def _air_levels(coarse: npt.NDArray[np.float32], levels: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """The level of the air on each slice: its own where it stands apart from the body, else that of the other slices.

    Where it does so on no slice, there is no air in the image, and its level is 0.
    """
    certain = _CERTAIN * levels
    own = np.array([_air_level(np.clip(pixels, 0, top)) for pixels, top in zip(coarse, certain, strict=True)])
    apart = certain > _CONTRAST * own
    return np.where(apart, own, np.median(own[apart]) if apart.any() else 0.0)


def _factor(volume: AxialVolume, axis: int) -> int:
    size: int = volume.array.shape[axis]
    return max(1, min(int(_COARSE_MM / volume.spacing[axis]), size))


def _coarse(volume: AxialVolume, factor: tuple[int, int]) -> npt.NDArray[np.float32]:
    """The slices on the coarse grid, each of its pixels a weighted mean over its surroundings."""
    rows, columns = (
        _averaging(volume.array.shape[axis + 1], factor[axis], _REACH_MM / volume.spacing[axis + 1]) for axis in (0, 1)
    )
    coarse = []
    for start in range(0, volume.array.shape[0], _BATCH):
        pixels = torch.from_numpy(volume.array[start : start + _BATCH].astype(np.float32, order="C"))
        torch.nan_to_num(pixels, nan=0.0, posinf=0.0, neginf=0.0, out=pixels)
        coarse.append(rows @ pixels @ columns.T)
    return torch.cat(coarse).numpy()


def _averaging(length: int, factor: int, reach: float) -> torch.Tensor:
    """The matrix that averages ``length`` pixels along an axis, ``reach`` of them to either side."""
    positions = (torch.arange(-(-length // factor), dtype=torch.float64) + 0.5) * factor - 0.5
    return interpolation_matrices(positions[None], length, max(2.0 * factor, reach))[0]


def _foreground_level(pixels: npt.NDArray[np.float32]) -> float:
    """The mean of what is brighter than the mean; 0 where nothing is."""
    bright = pixels[pixels > pixels.mean()]
    return float(bright.mean()) if bright.size else 0.0


def _air_level(clipped: npt.NDArray[np.float32]) -> float:
    """The mean of the darker of the two classes that Otsu's threshold makes (Otsu 1979, IEEE Trans SMC 9:62)."""
    low, high = float(clipped.min()), float(clipped.max())
    if low == high:
        return low
    width = (high - low) / _BINS
    counts = np.bincount(((clipped - low) * (0.9999 / width)).astype(np.intp).ravel(), minlength=_BINS)
    centres = low + (np.arange(_BINS) + 0.5) * width
    weight = np.cumsum(counts)
    moment = np.cumsum(counts * centres)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (moment[-1] * weight - moment * weight[-1]) ** 2 / (weight * (weight[-1] - weight))
    best = int(np.nanargmax(np.where(np.isfinite(between), between, -1)))
    return float(moment[best] / weight[best]) if weight[best] else 0.0
