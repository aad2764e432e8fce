"""How fat replaces muscle: how much of each, and in which pattern."""

from math import pi

import torch
from torch import Tensor
from torch.nn import functional as F

from MuscleSegLib.simulation.draws import Draws
from MuscleSegLib.simulation.label_tables import LABELS, looked_up


def severities_of_muscles(draws: Draws) -> Tensor:
    """(N, LABELS) mean fat fraction of each muscle: healthy, mildly or severely affected patients."""
    group = draws.uniform(0, 1, 1)
    healthy = draws.uniform(0.0, 0.06, LABELS) + draws.uniform(0, 0.04, 1)
    mild = draws.uniform(0.0, 0.3, LABELS)
    severe = torch.where(draws.chance(0.5, LABELS), draws.uniform(0.2, 0.9, LABELS), draws.uniform(0.0, 0.25, LABELS))
    return torch.where(group < 0.5, healthy, torch.where(group < 0.75, mild, severe))


def streaks(draws: Draws, direction: Tensor) -> Tensor:
    """(N, size, size) of mean about 0: lines about 3 mm wide that run in ``direction`` and bend a little.

    Args:
        direction: (N, size, size) angle of the lines to the rows of the image, in radians.
    """
    size = direction.shape[-1]
    axis = (torch.arange(size, device=draws.device) + 0.5) * (2 / size) - 1
    rows, columns = torch.meshgrid(axis, axis, indexing="ij")
    rows = rows + 0.05 * draws.field(5, size)[:, 0]
    cos, sin = torch.cos(direction), torch.sin(direction)
    along, across = cos * columns + sin * rows, cos * rows - sin * columns
    lines = draws.field((70, 10), size)
    where = torch.stack([along, across], -1)
    return F.grid_sample(lines, where, mode="bilinear", padding_mode="reflection", align_corners=False)[:, 0]


def infiltration_pattern(draws: Draws, label: Tensor) -> Tensor:
    """(N, size, size) factor on a muscle's fat fraction of mean about 1: diffuse, patchy, marbled or streaky.

    What a patient has, all muscles have more or less, but the fibres of each run in their own direction.
    """
    size = label.shape[-1]

    def islands(knots: int) -> Tensor:
        return 2 * torch.sigmoid(6 * (draws.field(knots, size)[:, 0] + draws.uniform(-0.5, 0.5)[:, None, None]))

    direction = looked_up(draws.uniform(0, pi, LABELS), label)
    streaky = 1 + 0.9 * streaks(draws, direction).clamp(-1.1, 2)
    diffuse = 1 + 0.25 * draws.field(60, size)[:, 0]
    patterns = (islands(14), islands(40), streaky, diffuse)
    kinds = len(patterns)
    preference = 4 * draws.uniform(0, 1, 1, kinds) + 2 * draws.uniform(0, 1, LABELS, kinds)
    weights = torch.softmax(preference, 2).unbind(2)
    return torch.stack(
        [looked_up(weight, label) * pattern for weight, pattern in zip(weights, patterns, strict=True)]
    ).sum(0)
