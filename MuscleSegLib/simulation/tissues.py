"""What tissues are made of: water and fat, their relaxation times, their magnetisation transfer.

Ranges at 1.5 to 3 T from Gold 2004 (AJR 183:343), Stanisz 2005 (Magn Reson Med 54:507), de Bazelaire 2004 (Radiology
230:652) and Sinclair 2012 (Muscle Nerve 46:220, MTR), widened, because a scan that looks a little too strange costs
less than one that was never seen.
"""

from dataclasses import dataclass
from enum import IntEnum

import torch
from torch import Tensor

from MuscleSegLib.simulation.draws import Draws


class Tissue(IntEnum):
    """Number of a tissue in a tissue map."""

    AIR = 0
    MUSCLE = 1
    FAT = 2
    CORTICAL_BONE = 3
    MARROW = 4
    FASCIA = 5
    SKIN = 6
    VESSEL = 7
    JOINT = 8


@dataclass(frozen=True)
class _Range:
    """Lowest and highest value of each property of a tissue; densities relative to pure water or fat."""

    density: tuple[float, float]
    fat_fraction: tuple[float, float]
    t1_ms: tuple[float, float]
    t2_ms: tuple[float, float]
    mtr: tuple[float, float]


_RANGES = {
    Tissue.AIR: _Range((0, 0), (0, 0), (1000, 1000), (50, 50), (0, 0)),
    Tissue.MUSCLE: _Range((0.75, 0.95), (0, 0), (900, 1450), (28, 45), (34, 46)),
    Tissue.FAT: _Range((0.8, 1.0), (0.88, 0.97), (900, 1400), (35, 60), (5, 20)),
    Tissue.CORTICAL_BONE: _Range((0.02, 0.15), (0.0, 0.3), (300, 900), (2, 12), (0, 20)),
    Tissue.MARROW: _Range((0.7, 1.0), (0.6, 0.95), (700, 1200), (30, 70), (5, 20)),
    Tissue.FASCIA: _Range((0.1, 0.7), (0.0, 0.5), (500, 1100), (8, 30), (20, 40)),
    Tissue.SKIN: _Range((0.3, 0.9), (0.0, 0.4), (700, 1200), (15, 45), (20, 40)),
    Tissue.VESSEL: _Range((0.0, 1.0), (0.0, 0.05), (1000, 1900), (40, 220), (5, 15)),
    Tissue.JOINT: _Range((0.5, 1.0), (0.0, 0.2), (800, 2500), (25, 150), (5, 35)),
}
#: Relaxation of the fat signal wherever it is, ms.
FAT_T1_MS = (260.0, 400.0)
FAT_T2_MS = (60.0, 160.0)


@dataclass(frozen=True)
class TissueProperties:
    """Properties of every tissue in every slice, (N, tissues); relaxation of fat, (N, 1); times in ms, MTR in %."""

    density: Tensor
    fat_fraction: Tensor
    t1_ms: Tensor
    t2_ms: Tensor
    mtr: Tensor
    fat_t1_ms: Tensor
    fat_t2_ms: Tensor


def draw_tissue_properties(draws: Draws) -> TissueProperties:
    """Properties drawn within each tissue's range."""
    count = len(Tissue)

    def within(name: str) -> Tensor:
        ends = torch.tensor([getattr(_RANGES[tissue], name) for tissue in Tissue], device=draws.device)
        return ends[:, 0] + (ends[:, 1] - ends[:, 0]) * draws.uniform(0, 1, count)

    return TissueProperties(
        within("density"),
        within("fat_fraction"),
        within("t1_ms"),
        within("t2_ms"),
        within("mtr"),
        draws.uniform(*FAT_T1_MS, 1),
        draws.uniform(*FAT_T2_MS, 1),
    )
