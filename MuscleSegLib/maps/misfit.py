"""Whether a model describes the echoes that it was fitted to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

#: Noise alone leaves its own size; so many times it is more than noise.
_MOST_OF_NOISE = 1.5


def warnings_of_misfit(
    echoes: Tensor, fit_error_percent: NDArray[np.floating], noise_sd: float, *, most_percent: float, advice: str
) -> list[str]:
    """What to say when a model leaves much more than noise in half of the voxels.

    Args:
        echoes: (N, echoes) magnitudes.
        fit_error_percent: (N,) root mean square of what the model leaves, of the strongest echo.
        noise_sd: Standard deviation of the noise in each of the two channels; 0 for unknown.
        most_percent: What the model leaves at most in a typical voxel of a sequence that it is made for.
        advice: What to check.
    """
    typical, of_noise = float(np.nanmedian(fit_error_percent)), 100 * noise_sd / float(echoes.amax(1).median())
    if not typical >= max(most_percent, _MOST_OF_NOISE * of_noise):
        return []
    return [
        f"The echoes do not decay as the model says: it leaves {typical:.1f} % of the strongest echo in a typical "
        f"voxel, and noise {of_noise:.1f} %. {advice}"
    ]
