"""Tables with an entry for each label, or tissue, and the pixels that they are looked up for."""

import torch
from torch import Tensor

#: Labels are smaller than this.
LABELS = 64


def looked_up(table: Tensor, numbers: Tensor) -> Tensor:
    """(N, H, W) the entry of ``table`` (N, K) for each of the ``numbers`` (N, H, W) of labels or tissues."""
    return table.gather(1, numbers.flatten(1)).view_as(numbers)


def depths(label: Tensor, border_mm: Tensor) -> Tensor:
    """(N, LABELS) how deep below its border the innermost pixel of each label lies, mm."""
    none = torch.zeros(len(label), LABELS, device=label.device)
    return none.scatter_reduce(1, label.flatten(1), -border_mm.flatten(1), "amax")
