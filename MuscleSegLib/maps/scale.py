"""The scale that a map from a scanner is stored in, found out from its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Scale:
    """How a map is stored.

    Attributes:
        name: As the user knows it, e.g. ``0-1000``.
        factor: What its numbers are multiplied by, to be in the unit of the quantity.
    """

    name: str
    factor: float


@dataclass(frozen=True)
class _Quantity:
    """How the maps of a quantity are stored, and how that is told from their values.

    Attributes:
        scales: Each scale with the highest telling number that it explains, in rising order.
        percentile: The telling number is this percentile of the values above zero.
        possible: Lowest and highest value of the quantity in its unit; anything else is no measurement.
        zero_is_value: Whether a stored zero can be a measurement. No muscle has a T2 of 0 ms: the voxel was left out.
    """

    scales: Sequence[tuple[Scale, float]]
    percentile: float
    possible: tuple[float, float]
    zero_is_value: bool


#: FF: subcutaneous fat, marrow or noise reach nearly 100 %, so the highest values tell. MTR and T2: noise reaches any
#: value, but the middle of the values is that of tissue. Between two scales there is room for a factor of 3 and more.
_QUANTITIES = {
    "FF": _Quantity(
        [(Scale("0-1", 100.0), 1.5), (Scale("0-100", 1.0), 150.0), (Scale("0-1000", 0.1), 1500.0)],
        percentile=99.5,
        possible=(-20.0, 120.0),
        zero_is_value=True,
    ),
    "MTR": _Quantity(
        [(Scale("0-1", 100.0), 1.0), (Scale("0-100", 1.0), 100.0), (Scale("0-1000", 0.1), 1000.0)],
        percentile=50.0,
        possible=(-100.0, 100.0),
        zero_is_value=False,
    ),
    "T2": _Quantity(
        [(Scale("s", 1000.0), 0.5), (Scale("ms", 1.0), 180.0), (Scale("0.1ms", 0.1), 1800.0)],
        percentile=50.0,
        possible=(0.0, 3000.0),
        zero_is_value=False,
    ),
}
#: Names of the scales of each quantity that comes as a ready-made map.
SCALE_NAMES = {name: tuple(scale.name for scale, _ in known.scales) for name, known in _QUANTITIES.items()}
#: The part of the range 0-1000 below which FF values may as well be 0-100, and so on: a map of lean muscle alone.
_CLEAR = 0.5


def rescale(
    stored: NDArray[np.number], quantity: str, name: str, given: str | None = None
) -> tuple[NDArray[np.float32], Scale, list[str]]:
    """Bring a map to the unit of its quantity.

    Args:
        stored: The values of the file.
        quantity: A key of :data:`SCALE_NAMES`.
        name: The file's name, for sentences.
        given: The name of its scale; None to find it out.

    Returns:
        The values, NaN where they are no measurement; the scale; sentences that say what was found.

    Raises:
        InputError: No ready-made map is of this quantity, its scales have no such name, or none explains the values.
    """
    if quantity not in _QUANTITIES:
        raise InputError(f"Ready-made maps are taken of {', '.join(_QUANTITIES)}, not of {quantity}.")
    known = _QUANTITIES[quantity]
    values = stored.astype(np.float32)
    if given is None:
        scale, sentences = _found(values, known, quantity, name)
    else:
        scale, sentences = _named(given, quantity), []
    values *= np.float32(scale.factor)
    low, high = known.possible
    impossible = (values < low) | (values > high)
    if not known.zero_is_value:
        values[values == 0] = np.nan
    if impossible.any():
        values[impossible] = np.nan
        sentences.append(
            f"{np.count_nonzero(impossible)} voxels of {name} hold impossible values and are left out: {quantity} lies "
            f"between {low:g} and {high:g}."
        )
    return values, scale, sentences


def _found(values: NDArray[np.float32], known: _Quantity, quantity: str, name: str) -> tuple[Scale, list[str]]:
    choices = ", ".join(SCALE_NAMES[quantity])
    positive = values[np.isfinite(values) & (values > 0)]
    if positive.size == 0:
        raise InputError(f"{name} holds no value above zero, so it is no map of {quantity}. Give another file.")
    telling = float(np.percentile(positive, known.percentile))
    scale = next((scale for scale, highest in known.scales if telling <= highest), None)
    if scale is None:
        raise InputError(
            f"The values of {name} (around {telling:.4g}) fit no scale of a map of {quantity}. Is it another map? "
            f"If not, choose its scale: {choices}."
        )
    sentence = f"The {quantity} map {name} was found to be stored in the scale {scale.name}."
    unsure = quantity == "FF" and telling * scale.factor < 100 * _CLEAR
    if unsure:
        sentence += (
            f" Its values reach only {telling:.3g}, so this is not sure: if it is wrong, choose the scale ({choices})."
        )
    return scale, [sentence]


def _named(given: str, quantity: str) -> Scale:
    for scale, _ in _QUANTITIES[quantity].scales:
        if scale.name == given:
            return scale
    raise InputError(f'{quantity} is stored in no scale "{given}". Choose among {", ".join(SCALE_NAMES[quantity])}.')
