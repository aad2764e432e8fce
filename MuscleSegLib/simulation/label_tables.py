"""Tables with an entry for each label of a label map, and the pixels that they are looked up for."""

import torch
from torch import Tensor

#: Labels are smaller than this.
LABELS = 64


def by_label(table: Tensor, label: Tensor) -> Tensor:
    """(N, H, W) the entry of ``table`` (N, LABELS) for each ``label`` (N, H, W)."""
    return table.gather(1, label.flatten(1)).view_as(label)


def depths(label: Tensor, border_mm: Tensor) -> Tensor:
    """(N, LABELS) how deep below its border the innermost pixel of each label lies, mm."""
    none = torch.zeros(len(label), LABELS, device=label.device)
    return none.scatter_reduce(1, label.flatten(1), -border_mm.flatten(1), "amax")
