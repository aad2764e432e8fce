"""Linear interpolation along one axis as a matrix, for many limbs at once."""

import torch


def interpolation_matrices(positions: torch.Tensor, length: int, step: float) -> torch.Tensor:
    """Matrices that interpolate ``length`` samples at ``positions``.

    Where the positions are further apart than the samples, the triangle of linear interpolation is widened to ``step``,
    so that what lies between two positions is averaged, not skipped (no aliasing).

    Args:
        positions: float, (N, M), in samples; sample centres at 0 … ``length`` - 1.
        length: The number of samples.
        step: The distance between two neighbouring positions, in samples, > 0.

    Returns:
        float32, (N, M, length). Rows sum to 1, or to 0 where the position lies outside of the samples.
    """
    samples = torch.arange(length, dtype=positions.dtype, device=positions.device)
    distance = (positions[:, :, None] - samples).float().abs_()
    weights = distance.mul_(-1 / max(step, 1.0)).add_(1).clamp_(min=0)
    return weights.div_(weights.sum(2, keepdim=True).clamp_(min=1e-3))
