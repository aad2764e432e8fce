"""Whether fat fractions from three echoes can be any: three echoes fit nearly every order of them equally well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: How far beyond 0 and 100 % a fat fraction may lie: this many %, and this many times what noise makes of it.
_BEYOND_PERCENT, _TIMES_NOISE = 5.0, 2.0
#: More of the voxels lie farther beyond only where the echoes are not what they are taken for. At SNR 10 noise brings
#: 2 % of lean muscle there.
_MOST_BEYOND = 0.04


def warnings_of_range(
    percent: NDArray[np.floating], magnitude: NDArray[np.floating], body: NDArray[np.bool_], noise: float
) -> list[str]:
    """What to say when much of a body has less than no fat, or more than all.

    Args:
        percent: Fat fractions; NaN where there is none.
        magnitude: The echoes' mean.
        body: Where to look.
        noise: Standard deviation in each of the two channels of an echo, in the unit of ``magnitude``; 0 for unknown.
    """
    told = body & np.isfinite(percent)
    if not told.any():
        return []
    values = percent[told]
    limit = _BEYOND_PERCENT + _TIMES_NOISE * 100 * noise / magnitude[told]
    part = float(np.mean(np.maximum(-values, values - 100) > limit))
    if part < _MOST_BEYOND:
        return []
    return [
        f"In {part:.0%} of the body the fat fraction lies beyond 0 to 100 %, farther than noise brings it: check the "
        "order of the echoes and that each phase belongs to its magnitude."
    ]
