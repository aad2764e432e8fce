"""How sure a network is of what it found."""

import torch


class Certainty:
    """The mean probability of the label that was chosen, over the pixels of a limb that are no background."""

    def __init__(self) -> None:
        self._sum = 0.0
        self._pixels = 0

    def add(self, probabilities: torch.Tensor) -> None:
        """Count slices in: float (N, labels, size, size), background first."""
        labelled = probabilities[:, 0] < 0.5
        self._sum += float((probabilities.amax(1) * labelled).sum())
        self._pixels += int(labelled.sum())

    @property
    def mean(self) -> float:
        """From 0 to 1; 1 where nothing was found that one could be unsure of."""
        return self._sum / self._pixels if self._pixels else 1.0
