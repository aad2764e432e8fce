"""Extended phase graphs: the echoes of a multi-echo spin-echo sequence whose refocusing pulses are not perfect.

A pulse that turns magnetisation by less than 180° also stores some of it along the field, and the next pulse brings it
back: stimulated echoes, which make the decay look slower than T2 and depend on B1. The extended phase graph counts
magnetisation by how far it is dephased, and so gives every echo exactly.

Hennig 1991 (Concepts Magn Reson 3:125), Weigel 2015 (J Magn Reson Imaging 41:266); the states of a CPMG train as in
Prasloski 2012 (Magn Reson Med 67:1803, appendix).
"""

from __future__ import annotations

import torch
from torch import Tensor


def cpmg_echoes(
    transverse: Tensor, refocusing_rad: Tensor, t1_ms: Tensor, t2_ms: Tensor, *, spacing_ms: float, echoes: int
) -> Tensor:
    """Amplitudes of the echoes of a Carr-Purcell-Meiboom-Gill train of equal refocusing pulses.

    Pulses are short, and crushers remove the free induction decay of each. Under the CPMG condition all states can be
    written as real numbers. Before a refocusing pulse the dephased states F are of odd order only, in units of what
    half an echo spacing dephases; recovery towards equilibrium stays in order 0 and reaches no echo.

    Args:
        transverse: Magnetisation after the excitation, of any shape that broadcasts with the next three.
        refocusing_rad: Angle of the refocusing pulses, radians.
        t1_ms, t2_ms: Relaxation times, ms.
        spacing_ms: From echo to echo, ms.
        echoes: How many.

    Returns:
        (..., echoes) in the unit and type of ``transverse``.
    """
    transverse, angle, t1_ms, t2_ms = torch.broadcast_tensors(transverse, refocusing_rad, t1_ms, t2_ms)
    half_t1, half_t2 = torch.exp(-spacing_ms / 2 / t1_ms), torch.exp(-spacing_ms / 2 / t2_ms)
    sine, cosine = torch.sin(angle), torch.cos(angle)
    kept, turned = (1 + cosine) / 2, (1 - cosine) / 2
    # Entry j is the state of order 2 j + 1: F+, F- and Z (divided by i).
    dephasing = torch.cat([transverse[None], transverse.new_zeros(echoes - 1, *transverse.shape)])
    rephasing, stored = torch.zeros_like(dephasing), torch.zeros_like(dephasing)
    amplitudes = []
    for _ in range(echoes):
        plus, minus, z = dephasing * half_t2, rephasing * half_t2, stored * half_t1
        dephasing = kept * plus + turned * minus + sine * z
        rephasing = turned * plus + kept * minus - sine * z
        stored = (sine * (minus - plus)) / 2 + cosine * z
        amplitudes.append(rephasing[0] * half_t2)
        # Between two pulses every order grows by two; what passes order 0, the echo, dephases again.
        dephasing, rephasing = (
            torch.cat([rephasing[:1], dephasing[:-1]]) * half_t2,
            torch.cat([rephasing[1:], torch.zeros_like(rephasing[:1])]) * half_t2,
        )
        stored = stored * half_t1
    return torch.stack(amplitudes, -1)
