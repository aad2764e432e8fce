"""Whether what lies beside a limb is one too, by what a network sees in it."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from MuscleSegLib.segmentation.certainty import Certainty
from MuscleSegLib.segmentation.channels import FIRST_OTHER
from MuscleSegLib.segmentation.crops import CropGrid
from MuscleSegLib.segmentation.inference import predict
from MuscleSegLib.segmentation.labelling import Plan
from MuscleSegLib.segmentation.limbs import LimbSlice
from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.regions import Other, Region

#: So many slices, evenly along what is doubtful, are looked at.
_SLICES = 5
#: Of bottles of 60 to 90 mm beside a real thigh, the networks are sure by 0.71 at most, or find no muscle in them; of
#: the thigh, by 0.93, and of it at half its size, by 0.79. Muscles fill a third of the box around it, then a fifth.
_LEAST_CERTAIN = 0.75
_LEAST_MUSCLE = 0.1


def looks_like_limb(
    volume: AxialVolume,
    limbs: Sequence[LimbSlice],
    regions: Mapping[int, Region | Other],
    plans: Mapping[Region, Plan],
    floor: float,
) -> bool:
    """Whether a network finds muscles enough in what was followed along the volume, and is sure of them.

    Args:
        volume: The volume.
        limbs: The slices of what is doubtful.
        regions: The region of each slice.
        plans: The network of each region.
        floor: The value of the volume that stands for no signal.
    """
    chosen = [limbs[n] for n in np.linspace(0, len(limbs) - 1, min(len(limbs), _SLICES)).round().astype(int)]
    certainty = Certainty()
    muscle_mm2 = 0.0
    for region, plan in plans.items():
        part = [limb for limb in chosen if regions[limb.slice] == region]
        grid = plan.model.grid
        for batch, probabilities in predict(volume, part, plan.model, floor):
            outside = torch.stack([~_box(limb, grid) for limb in batch]).to(probabilities.device)
            own = probabilities.clone()
            own[:, 0][outside] = 1.0
            merged = plan.merge.apply(own)
            certainty.add(merged)
            labels = plan.merge.values[merged.argmax(1).cpu().numpy()]
            muscle_mm2 += np.count_nonzero((labels > 0) & (labels < FIRST_OTHER)) * grid.spacing_mm**2
    boxes_mm2 = sum(float(np.prod(limb.size_mm)) for limb in chosen)
    return certainty.mean >= _LEAST_CERTAIN and muscle_mm2 > _LEAST_MUSCLE * boxes_mm2


def _box(limb: LimbSlice, grid: CropGrid) -> torch.Tensor:
    """(size, size) which pixels of its crop are in the box around a limb, not in what lies beside it."""
    from_middle = ((torch.arange(grid.size) - (grid.size - 1) / 2) * grid.spacing_mm).abs()
    height, width = limb.size_mm
    return (from_middle[:, None] <= height / 2) & (from_middle[None, :] <= width / 2)
