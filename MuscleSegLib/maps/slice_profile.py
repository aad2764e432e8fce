"""What the pulses of a slice-selective spin-echo sequence do across the slice.

No pulse turns all of its slice by the same angle: towards the edges the refocusing angle falls, and stimulated echoes
appear even where B1 is right (Lebel 2010, Magn Reson Med 64:1005). The profiles come from the pulses themselves, by the
rotations that magnetisation undergoes at each place (the forward Shinnar-Le Roux transform; Pauly 1991, IEEE Trans Med
Imaging 10:53), and change with B1, as pulses of these angles do not add up linearly.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np
import torch
from torch import Tensor

#: Pieces that a pulse is cut into, and places in half a slice.
_STEPS, _PLACES = 128, 16
#: Places reach this far from the middle of the slice, as a part of its thickness; beyond, no signal arises.
_REACH = 1.4


@dataclass(frozen=True)
class SelectivePulses:
    """Hann-windowed sinc pulses of 90° and 180°, whose effect is symmetric about the middle of the slice.

    Attributes:
        time_bandwidth: Duration times bandwidth of both pulses.
        refocusing_width: Slice of the refocusing pulse as a multiple of the excitation's.
    """

    time_bandwidth: float
    refocusing_width: float


#: The defaults of MyoQMRI (Santini 2021, Front Neurol 12:630387).
SINC_PULSES = SelectivePulses(time_bandwidth=2.0, refocusing_width=1.2)


@dataclass(frozen=True)
class SliceProfile:
    """The effect of a pair of pulses at places across the slice.

    Attributes:
        transverse: (..., places) magnetisation after the excitation, relative to equilibrium.
        refocusing_rad: (..., places) angle of the refocusing pulses, radians, at most π: turning by π + x refocuses as
            turning by π − x does.
        weights: (places,) what each counts in the signal of the slice; their sum is not 1.
    """

    transverse: Tensor
    refocusing_rad: Tensor
    weights: Tensor


def slice_profile(b1: Tensor, pulses: SelectivePulses | None) -> SliceProfile:
    """Profile at a transmit field of ``b1`` times the nominal one.

    Args:
        b1: Relative transmit field, float64 of any shape.
        pulses: The pulses; None for ones that turn the whole slice by 90° and 180° times ``b1``.

    Returns:
        The profile, in the shape of ``b1`` with a last dimension of places. The phase that an excitation leaves across
        the slice is taken as rewound.
    """
    excitation, refocusing = pi / 2 * b1[..., None], pi * b1[..., None]
    if pulses is None:
        angle = pi - (refocusing - pi).abs()
        return SliceProfile(torch.sin(excitation), angle, torch.ones(1, dtype=b1.dtype))
    nodes, weights = np.polynomial.legendre.leggauss(_PLACES)
    place = torch.from_numpy((nodes + 1) / 2 * _REACH)
    alpha, beta = _rotation(excitation, place * pulses.time_bandwidth, pulses)
    _, refocused = _rotation(refocusing, place * pulses.time_bandwidth / pulses.refocusing_width, pulses)
    return SliceProfile(
        2 * (alpha.conj() * beta).abs(), 2 * torch.asin(refocused.abs().clamp(max=1)), torch.from_numpy(weights)
    )


def _rotation(flip_rad: Tensor, turns: Tensor, pulses: SelectivePulses) -> tuple[Tensor, Tensor]:
    """Cayley-Klein parameters α and β of a pulse.

    Args:
        flip_rad: What it turns magnetisation by in the middle of the slice.
        turns: By how many turns magnetisation precesses during the pulse, at each place.
        pulses: Gives the shape.
    """
    time = (torch.arange(_STEPS, dtype=turns.dtype) + 0.5) / _STEPS - 0.5
    shape = torch.cos(pi * time) ** 2 * torch.sinc(pulses.time_bandwidth * time)
    precession = 2 * pi * turns / _STEPS
    alpha = torch.ones(torch.broadcast_shapes(flip_rad.shape, turns.shape), dtype=torch.complex128)
    beta = torch.zeros_like(alpha)
    for part in shape / shape.sum():
        nutation = flip_rad * part
        angle = torch.hypot(nutation, precession)
        # sin(angle / 2) / angle, which is 1/2 where nothing turns.
        scaled_sine = torch.sinc(angle / 2 / pi) / 2
        a = torch.complex(torch.cos(angle / 2), -precession * scaled_sine)
        b = torch.complex(torch.zeros_like(angle), -nutation * scaled_sine)
        alpha, beta = a * alpha - b.conj() * beta, b * alpha + a.conj() * beta
    return alpha, beta
