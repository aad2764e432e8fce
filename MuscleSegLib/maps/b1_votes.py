"""B1 by a vote of neighbours.

B1 and T2 both shape the first echoes, and the noise of one voxel mixes them up. B1 changes slowly from place to place,
so all voxels around a place tell it together: each says how well its echoes fit for every B1, whatever its T2 and fat,
and the B1 that suits the neighbourhood best is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from MuscleSegLib.maps.epg_signals import EchoSignals

#: Voxels compared with the dictionary at once.
_BLOCK = 4096
#: What a misfit cannot be told from, as a part of the signal's power: keeps noiseless voxels from voting with infinity.
_LEAST_MISFIT = 1e-6


@dataclass(frozen=True)
class EchoDictionary:
    """Echoes at every B1 and T2 of a grid, as orthonormal pairs: the water, and what fat adds to it.

    Attributes:
        b1: (B,) ascending, evenly spaced.
        log_t2: (T,) logarithms of T2 in ms.
        water: (echoes, B x T).
        beyond_water: (echoes, B x T) fat with the part taken out that looks like water.
        fat: (echoes, B).
    """

    b1: Tensor
    log_t2: Tensor
    water: Tensor
    beyond_water: Tensor
    fat: Tensor

    @classmethod
    def of(cls, water: EchoSignals, fat: EchoSignals, b1: Tensor, log_t2: Tensor) -> EchoDictionary:
        """The dictionary of two tissues on a grid."""
        every_b1, every_t2 = b1.repeat_interleave(len(log_t2)), log_t2.repeat(len(b1))
        water_echoes = _unit(water.at(every_b1)(every_t2))
        fat_echoes = _unit(fat.at(b1)(torch.zeros_like(b1)))
        every_fat = fat_echoes.repeat_interleave(len(log_t2), 0)
        beyond = _unit(every_fat - (every_fat * water_echoes).sum(1, keepdim=True) * water_echoes)
        return cls(b1, log_t2, water_echoes.T.contiguous(), beyond.T.contiguous(), fat_echoes.T.contiguous())

    def votes(self, echoes: Tensor) -> tuple[Tensor, Tensor]:
        """What voxels say about B1.

        Args:
            echoes: (N, echoes).

        Returns:
            (N, B) negative log-likelihoods when noise, T2 and fat are unknown, and (N, B) the place in ``log_t2`` of
            the T2 that suits best.
        """
        blocks = [self._block(block) for block in echoes.split(_BLOCK)]
        return torch.cat([votes for votes, _ in blocks]), torch.cat([t2 for _, t2 in blocks])

    def _block(self, echoes: Tensor) -> tuple[Tensor, Tensor]:
        # Water is not below 0; fat may be, as in the fit. Where water would be, there is only fat.
        explained = (echoes @ self.water).clamp_(min=0).square_()
        explained += (echoes @ self.beyond_water).square_()
        best, t2 = _highest(explained.unflatten(1, (len(self.b1), len(self.log_t2))))
        best = torch.maximum(best, (echoes @ self.fat).clamp_(min=0).square_())
        power = echoes.square().sum(1, keepdim=True)
        misfit = (1 - best / power.clamp(min=1e-30)).clamp_(min=_LEAST_MISFIT)
        return misfit.log_().mul_(echoes.shape[1] / 2), t2


def lowest(votes: Tensor, b1: Tensor) -> Tensor:
    """(N,) B1 where votes (N, B) are lowest, between the values of the grid.

    A B1 too high looks much like one too low, so lows that lie between values of the grid must not lose against one
    that happens to lie on one: all are compared on the parabolas through three values.
    """
    before, here, after = votes[:, :-2], votes[:, 1:-1], votes[:, 2:]
    slope, curvature = (after - before) / 2, (before - 2 * here + after).clamp(min=1e-12)
    offset = (-slope / curvature).clamp(-1, 1)
    at = (here + (slope + curvature * offset / 2) * offset).argmin(1, keepdim=True)
    return b1[1:-1][at[:, 0]] + offset.gather(1, at)[:, 0] * (b1[1] - b1[0])


def _highest(values: Tensor) -> tuple[Tensor, Tensor]:
    """(N, B) the highest of values (N, B, T), on the parabola through it and those beside; and where it is.

    A true T2 between two of the grid fits either of them worse than noise would let it, and some B1 makes up for that.
    """
    at = values.argmax(2, keepdim=True)
    inside = at.clamp(1, values.shape[2] - 2)
    before, here, after = (values.gather(2, inside + offset) for offset in (-1, 0, 1))
    curvature = (2 * here - before - after).clamp(min=1e-30)
    offset = ((after - before) / 2 / curvature).clamp(-1, 1)
    return (here + ((after - before) / 2 - curvature * offset / 2) * offset)[..., 0], at[..., 0]


def _unit(echoes: Tensor) -> Tensor:
    return echoes / echoes.norm(dim=1, keepdim=True)
