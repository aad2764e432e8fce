"""From the channels of a model to the labels that were asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from MuscleSegLib.anatomy import LEFT_OFFSET, LabelSet

#: While a limb is worked on, the tissues that are not asked for (bones, say) have the numbers from here on.
FIRST_OTHER = LEFT_OFFSET


@dataclass(frozen=True)
class ChannelMerge:
    """Sums the probabilities of channels that are one label.

    Attributes:
        values: The number of each row of ``matrix`` in a label map of one limb. Row 0 is background; a tissue that is
            not asked for keeps a row of its own, numbered from ``FIRST_OTHER``.
        matrix: float32, (rows, channels), 0 or 1.
    """

    values: npt.NDArray[np.uint8]
    matrix: torch.Tensor

    @classmethod
    def between(
        cls, channels: Sequence[str], labels: LabelSet, model: str, others: Mapping[str, int]
    ) -> "ChannelMerge":
        """The merge from a model's channels to a label set.

        Args:
            channels: What the model tells apart; the first is background.
            labels: What is asked for.
            model: How an error calls the model.
            others: A number for each channel that may not be asked for.

        Raises:
            LabelSetError: The model cannot tell the labels apart; the text says which and why.
        """
        merged = labels.merge_from(channels, model=model)
        used = {channel for members in merged.values() for channel in members}
        rows = {0: (channels[0],), **merged}
        rows.update({others[channel]: (channel,) for channel in channels[1:] if channel not in used})
        # In the order of the channels, so that a set of all channels leaves them as they are.
        rows = dict(sorted(rows.items(), key=lambda row: list(channels).index(row[1][0])))
        matrix = torch.zeros(len(rows), len(channels))
        for n, members in enumerate(rows.values()):
            for channel in members:
                matrix[n, list(channels).index(channel)] = 1
        return cls(np.array(list(rows), np.uint8), matrix)

    def apply(self, probabilities: torch.Tensor) -> torch.Tensor:
        """(N, channels, size, size) to (N, rows, size, size)."""
        if torch.equal(self.matrix, torch.eye(len(self.matrix))):
            return probabilities
        matrix = self.matrix.to(probabilities.device)
        merged = matrix @ probabilities.flatten(2)
        return merged.view(len(probabilities), len(matrix), *probabilities.shape[2:])
