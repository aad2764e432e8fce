"""A first guess of the main field from complex echoes: for each block of voxels, smooth across blocks.

Water in one field looks much like fat in another. What tells them apart is that the field is smooth: the guess
minimises the misfit of all blocks and, for each two neighbours, a penalty on how much their fields differ. Variable
projection gives the misfit for any field (Hernando 2008, Magn Reson Med 59:571); where that paper's successors cut
graphs, paths through the image from all six sides are summed here (semi-global matching: Hirschmüller 2008, IEEE Trans
Pattern Anal Mach Intell 30:328), which takes a few seconds without compiled code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from MuscleSegLib.maps.fat_spectrum import fat_signal, main_shift_hz

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from MuscleSegLib.maps.complex_echoes import ComplexEchoes

#: Voxels are pooled to blocks of about this size in the plane of the slice.
_BLOCK_MM = 4.0
#: Distance of the fields that are tried, Hz.
_STEP_HZ = 8.0
#: The fields that are tried reach this part of the shift of fat, and never beyond half a turn between echoes.
_REACH = 0.9
#: Decay (1/s) that is tried with each field where there are more than three echoes, and that is assumed where not.
_DECAYS = (20.0, 60.0, 150.0)
ASSUMED_DECAY = 40.0
#: Penalty of two neighbours whose fields differ by a step, relative to the median energy of blocks with signal, and of
#: a field as large as the shift of fat, relative to the block's own energy.
_ROUGHNESS = 1e-3
_LARGE_FIELD = 2e-3
#: Echoes whose phases run the other way fit at least this much worse.
_CLEARLY_WORSE = 0.8
#: A block whose field is within this many steps of the end of those tried may lie beyond it.
_EDGE = 2


@dataclass(frozen=True)
class FieldGuess:
    """What is known of the field before it is fitted voxel by voxel.

    Attributes:
        field_hz: (slices, rows, columns).
        reversed_phase: Whether the phase is stored with the other sign than the ISMRM toolbox's, i.e. fat turns forward
            against water: the echoes must be conjugated, to which the field belongs.
        reach_hz: The largest field that was tried, either way.
        at_edge: Part of the bright blocks, 0 to 1, whose field lies at the end of those tried, or beyond.
    """

    field_hz: NDArray[np.float32]
    reversed_phase: bool
    reach_hz: float
    at_edge: float


def decays_for(count: int) -> Sequence[float]:
    """The rates of decay (1/s) to try with ``count`` echoes: three are just enough for water, fat and the field."""
    return _DECAYS if count > 3 else (ASSUMED_DECAY,)


def guess_field(echoes: ComplexEchoes) -> FieldGuess:
    """Guess the field of each voxel, to about :data:`_STEP_HZ` where there is signal."""
    times_s = echoes.times_ms / 1000
    shift = main_shift_hz(echoes.field_strength_t)
    reach = min(_REACH * shift, 0.5 / float(np.diff(times_s).min()))
    fields = np.linspace(-reach, reach, 2 * int(reach / _STEP_HZ) + 1)
    spacing = echoes.grid.GetSpacing()
    blocks = (1, max(1, round(_BLOCK_MM / spacing[1])), max(1, round(_BLOCK_MM / spacing[0])))
    pooled = _pooled_products(echoes.values, blocks)
    misfits = [_misfit(products, times_s, fields, echoes.field_strength_t) for products in (pooled, pooled.conj())]
    totals = [float(misfit.min(-1).sum(dtype=np.float64)) for misfit in misfits]
    reversed_phase = totals[1] < _CLEARLY_WORSE * totals[0]
    misfit = misfits[int(reversed_phase)]
    energy = np.einsum("kkzyx->zyx", pooled).real
    misfit += (_LARGE_FIELD * energy)[..., None] * ((fields / shift) ** 2).astype(np.float32)
    bright = energy >= energy.mean()
    best = _along_all_paths(misfit, _ROUGHNESS * float(np.median(energy[bright]))).argmin(-1)
    at_edge = (best < _EDGE) | (best >= len(fields) - _EDGE)
    return FieldGuess(
        _on_voxels(fields[best], blocks, echoes.values.shape[1:]), reversed_phase, reach, float(at_edge[bright].mean())
    )


def _pooled_products(values: NDArray[np.complex64], blocks: tuple[int, int, int]) -> NDArray[np.complex64]:
    """(echoes, echoes, *blocks) of s_m · conj(s_n), the mean over each block: all that misfits depend on."""
    count, *shape = values.shape
    padded = [-(-size // block) * block for size, block in zip(shape, blocks, strict=True)]
    filled = np.zeros((count, *padded), np.complex64)
    filled[:, : shape[0], : shape[1], : shape[2]] = np.where(np.isfinite(values), values, 0)
    split = [part for size, block in zip(padded, blocks, strict=True) for part in (size // block, block)]
    filled = filled.reshape(count, *split)
    coarse = [size // block for size, block in zip(padded, blocks, strict=True)]
    products = np.empty((count, count, *coarse), np.complex64)
    for m in range(count):
        for n in range(m, count):
            products[m, n] = (filled[m] * filled[n].conj()).mean(axis=(1, 3, 5))
            products[n, m] = products[m, n].conj()
    return products


def _misfit(
    products: NDArray[np.complex64], times_s: NDArray[np.float64], fields: NDArray[np.float64], field_strength_t: float
) -> NDArray[np.float32]:
    """(*blocks, fields) energy that water and fat at a field leave unexplained, with the decay that leaves least."""
    count = len(times_s)
    upper = np.triu_indices(count, 1)
    turns = np.exp(2j * np.pi * np.outer(times_s[upper[0]] - times_s[upper[1]], fields))
    energy = np.einsum("kkzyx->zyx", products).real
    best = np.full((*energy.shape, len(fields)), np.inf, np.float32)
    for decay in decays_for(count):
        basis = np.exp(-decay * times_s)[:, None] * np.stack(
            [np.ones(count), fat_signal(times_s, field_strength_t)], axis=1
        )
        orthonormal, _ = np.linalg.qr(basis)
        projector = orthonormal @ orthonormal.conj().T
        # s^H D P D^H s of demodulated echoes: the diagonal, and twice the real part of what is above it.
        explained = np.einsum("k,kkzyx->zyx", np.diag(projector).real, products).real.astype(np.float32)
        weighted = np.moveaxis(projector[upper][:, None, None, None] * products[upper].conj(), 0, -1)
        parts = np.concatenate([weighted.real, -weighted.imag], -1).astype(np.float32)
        waves = np.concatenate([turns.real, turns.imag]).astype(np.float32)
        np.minimum(best, (energy - explained)[..., None] - 2 * (parts @ waves), out=best)
    return np.maximum(best, 0)


def _along_all_paths(cost: NDArray[np.float32], penalty: float) -> NDArray[np.float32]:
    """Costs (*blocks, labels) summed along paths from six sides, with ``penalty`` for each step between labels."""
    total = np.zeros_like(cost)
    for axis in range(3):
        forward = np.moveaxis(cost, axis, 0)
        out = np.moveaxis(total, axis, 0)
        for order in (range(len(forward)), range(len(forward) - 1, -1, -1)):
            path: NDArray[np.float32] | None = None
            for k in order:
                path = forward[k] if path is None else forward[k] + _best_predecessor(path, penalty)
                path = path - path.min(-1, keepdims=True)
                out[k] += path
    return total


def _best_predecessor(path: NDArray[np.float32], penalty: float) -> NDArray[np.float32]:
    """For each label l the least of path[m] + penalty · |l − m| over all m."""
    slope = np.arange(path.shape[-1], dtype=np.float32) * np.float32(penalty)
    from_below = np.minimum.accumulate(path - slope, axis=-1) + slope
    from_above = np.minimum.accumulate((path + slope)[..., ::-1], axis=-1)[..., ::-1] - slope
    return np.minimum(from_below, from_above)


def _on_voxels(
    coarse: NDArray[np.float64], blocks: tuple[int, int, int], shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Block values on voxels, linear between the middles of blocks."""
    axes = [(np.arange(size) + 0.5) / block - 0.5 for size, block in zip(shape, blocks, strict=True)]
    where = np.meshgrid(*axes, indexing="ij")
    return ndimage.map_coordinates(coarse.astype(np.float32), where, order=1, mode="nearest")
