"""What a scanner does to an ideal image: another limb, limited resolution, ringing, bias, noise, field of view."""

import torch
from torch import Tensor

from MuscleSegLib.simulation.draws import Draws


def add_other_limb(signal: Tensor, body: Tensor, draws: Draws, spacing_mm: float, probability: float = 0.75) -> Tensor:
    """Put the mirrored limb beside the limb, touching it or up to 50 mm away.

    Args:
        signal: (N, H, W) complex.
        body: (N, H, W) true inside the limb.
    """
    width = body.shape[-1]
    columns = torch.arange(width, device=body.device)
    edge = (body.any(1) * columns).amax(1)
    gap = (draws.uniform(-6, 50) / spacing_mm).round().long()
    gap = torch.where(draws.chance(probability), gap, width)
    # The mirror image of column c stands at 2 edge + gap - c.
    origin = 2 * edge[:, None] + gap[:, None] - columns
    valid = ((origin >= 0) & (origin < width))[:, None, :]
    index = origin.clamp(0, width - 1)[:, None, :].expand_as(signal)
    return torch.where(body, signal, signal.gather(2, index) * valid)


def blur_and_ring(signal: Tensor, draws: Draws) -> Tensor:
    """Cut k-space off, between a hard edge (ringing) and a soft one (blur); (N, H, W) complex."""
    cutoff = draws.uniform(0.5, 1.3, 2)
    softness = draws.uniform(0.01, 0.25, 1)

    def window(axis: int) -> Tensor:
        frequency = torch.fft.fftfreq(signal.shape[axis], device=signal.device).abs() * 2  # 1 at Nyquist
        return torch.sigmoid((cutoff[:, axis + 2, None] - frequency) / softness)

    return torch.fft.ifft2(torch.fft.fft2(signal) * window(-2)[:, :, None] * window(-1)[:, None, :])


def bias_field(draws: Draws, size: tuple[int, int]) -> Tensor:
    """(N, *size) coil sensitivity around 1."""
    strength = draws.uniform(0, 0.35)[:, None, None]
    return torch.exp(strength * draws.field(4, size)[:, 0])


def scan(signal: Tensor, body: Tensor, draws: Draws) -> Tensor:
    """The magnitude image of an ideal complex image.

    Args:
        signal: (N, H, W) complex.
        body: (N, H, W) true inside the limb that is looked at; sets the level that noise is relative to.

    Returns:
        (N, H, W) float, not negative.
    """
    signal = blur_and_ring(signal, draws) * bias_field(draws, (signal.shape[-2], signal.shape[-1]))
    level = (signal.abs() * body).sum((1, 2)) / body.sum((1, 2)).clamp_min(1)
    noise = level * 10 ** draws.uniform(-2.3, -0.9)
    noise = noise[:, None, None]
    shape = body.shape[1:]
    image = (signal + noise * torch.complex(draws.slice_noise(*shape), draws.slice_noise(*shape))).abs()
    # Some scanners write zero where they find no body.
    image = torch.where(draws.chance(0.3)[:, None, None] & (signal.abs() < 2 * noise), torch.zeros_like(image), image)
    gamma = torch.where(draws.chance(0.3), draws.uniform(0.75, 1.3), torch.ones_like(level))[:, None, None]
    return (image / level.clamp_min(1e-6)[:, None, None]) ** gamma


def crop_field_of_view(image: Tensor, draws: Draws, probability: float = 0.12) -> Tensor:
    """Sometimes the limb lies at the edge of the image: everything beyond a line is empty; (N, H, W)."""
    height, width = image.shape[-2:]
    rows, columns = torch.arange(height, device=image.device), torch.arange(width, device=image.device)
    cut = torch.where(draws.chance(probability), draws.uniform(0.05, 0.3), torch.zeros_like(draws.uniform(0, 1)))
    side = draws.choice(torch.ones(4))[:, None, None]
    length = torch.where(side < 2, height, width)
    along = torch.where(side < 2, rows[:, None], columns[None, :])
    along = torch.where(side % 2 == 0, along, length - 1 - along)
    return image * (along >= cut[:, None, None] * length)
