"""What a pulse sequence sees of water and fat.

A sequence turns tissue properties into the signal of pure water and of pure fat in each tissue, and says how the two
add up in a pixel: in phase, opposed, at any angle between, or only one of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor

from MuscleSegLib.simulation.draws import Draws
from MuscleSegLib.simulation.tissues import Tissue, TissueProperties

#: How often each kind is drawn. "gradient_echo" has a random echo time: fat stands at any angle to water.
SEQUENCES = {
    "t1": 0.16,
    "dixon_water": 0.10,
    "dixon_fat": 0.06,
    "in_phase": 0.08,
    "opposed_phase": 0.15,
    "gradient_echo": 0.10,
    "t2": 0.10,
    "proton_density": 0.05,
    "stir": 0.07,
    "random": 0.13,
}


@dataclass(frozen=True)
class Contrast:
    """Signals of pure water and pure fat in each tissue, (N, tissues), and the angle of fat to water, (N,) radians."""

    water: Tensor
    fat: Tensor
    angle: Tensor


def _spin_echo(t1: Tensor, t2: Tensor, repetition: Tensor, echo: Tensor) -> Tensor:
    return (1 - torch.exp(-repetition / t1)) * torch.exp(-echo / t2)


def _spoiled_gradient_echo(t1: Tensor, repetition: Tensor, flip: Tensor) -> Tensor:
    e1 = torch.exp(-repetition / t1)
    return torch.sin(flip) * (1 - e1) / (1 - torch.cos(flip) * e1)


def _inversion_recovery(t1: Tensor, t2: Tensor, inversion: Tensor, repetition: Tensor, echo: Tensor) -> Tensor:
    return (1 - 2 * torch.exp(-inversion / t1) + torch.exp(-repetition / t1)).abs() * torch.exp(-echo / t2)


def in_one_pixel(water: Tensor, fat: Tensor, angle: Tensor) -> Tensor:
    """(N, H, W) complex signal of pixels that hold water and fat, (N, H, W) each, fat at ``angle`` (N,) to water."""
    turned = angle[:, None, None]
    return torch.complex(water + fat * torch.cos(turned), fat * torch.sin(turned))


def draw_contrast(properties: TissueProperties, draws: Draws, sequence: str | None = None) -> Contrast:
    """Signals for a sequence of each subject: ``sequence``, or one drawn by :data:`SEQUENCES`.

    Sequence parameters are drawn from what scanners are set to (TR, TE, TI in ms, flip angle in radians).
    """
    names = list(SEQUENCES)
    weights = torch.tensor([float(name == sequence) if sequence else SEQUENCES[name] for name in names])
    kind = draws.choice(weights)
    tissues = properties.density.shape[1]

    def both(signal: Callable[[Tensor, Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        fat = signal(properties.fat_t1_ms, properties.fat_t2_ms)
        return signal(properties.t1_ms, properties.t2_ms), fat.expand(-1, tissues)

    tr_short, te_short = draws.uniform(350, 800, 1), draws.uniform(8, 22, 1)
    tr_long, te_long = draws.uniform(2000, 6000, 1), draws.uniform(50, 110, 1)
    tr_fast, flip = draws.uniform(4, 200, 1), draws.uniform(3, 40, 1) * pi / 180
    gradient = both(lambda t1, _: _spoiled_gradient_echo(t1, tr_fast, flip))
    # Fat is nulled at TI = ln 2 x T1; scanners miss that by a little.
    inversion = properties.fat_t1_ms * draws.uniform(0.6, 0.78, 1)
    none = (torch.zeros_like(gradient[0]),) * 2
    noise = draws.uniform(0.05, 1, tissues), draws.uniform(0.05, 1, tissues)
    by_name = {
        "t1": both(lambda t1, t2: _spin_echo(t1, t2, tr_short, te_short)),
        "dixon_water": (gradient[0], none[1]),
        "dixon_fat": (none[0], gradient[1]),
        "in_phase": gradient,
        "opposed_phase": gradient,
        "gradient_echo": gradient,
        "t2": both(lambda t1, t2: _spin_echo(t1, t2, tr_long, te_long)),
        "proton_density": both(lambda t1, t2: _spin_echo(t1, t2, tr_long, te_short)),
        "stir": both(lambda t1, t2: _inversion_recovery(t1, t2, inversion, tr_long, te_short + 20)),
        "random": noise,
    }
    rows = torch.arange(len(kind), device=draws.device)
    water = torch.stack([by_name[name][0] for name in names])[kind, rows]
    fat = torch.stack([by_name[name][1] for name in names])[kind, rows]
    # Spin echoes are in phase; "random" keeps a random angle, which stands for everything not thought of.
    free = draws.uniform(0, pi)
    angles = {"opposed_phase": torch.full_like(free, pi), "gradient_echo": free, "random": free * draws.chance(0.5)}
    angle = torch.stack([angles.get(name, torch.zeros_like(free)) for name in names])[kind, rows]
    # Flowing blood is bright or empty whatever the sequence.
    flow = torch.where(draws.chance(0.5), draws.uniform(0, 0.3), draws.uniform(0.8, 2.5))
    water = water.clone()
    water[:, Tissue.VESSEL] = water[:, Tissue.VESSEL] * flow
    return Contrast(properties.density * water, properties.density * fat, angle)
