"""From stored slices to images with their truth, in batches, on any device."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F

from MuscleSegLib.simulation import acquisition
from MuscleSegLib.simulation.draws import Draws
from MuscleSegLib.simulation.label_tables import LABELS, looked_up
from MuscleSegLib.simulation.layout import LayoutRanges, draw_layout
from MuscleSegLib.simulation.limb_slices import UNKNOWN, LimbSlices
from MuscleSegLib.simulation.sequences import Contrast, draw_contrast, in_one_pixel
from MuscleSegLib.simulation.tissues import Tissue, draw_tissue_properties

#: Target of pixels that the loss passes over: a muscle may or may not be there.
IGNORE = 255


@dataclass(frozen=True)
class Limbs:
    """Limbs before they are scanned, on the image's grid.

    Attributes:
        label: (N, H, W) long, numbers of the label maps.
        water, fat: (N, H, W) signal of water and fat for the contrast drawn, partial volume included.
        fat_fraction: (N, H, W) %, of proton densities; T2 (ms, of water) and MTR (%) likewise, 0 in air.
        density: (N, H, W) protons that give signal, of water and fat together, relative to pure water or fat.
        body: (N, H, W) true inside the limb.
    """

    label: Tensor
    water: Tensor
    fat: Tensor
    fat_fraction: Tensor
    t2_ms: Tensor
    mtr: Tensor
    density: Tensor
    body: Tensor


@dataclass
class Simulator:
    """Draws limbs and scans them.

    Args:
        slices: what to draw from.
        size: pixels of the square image; a multiple of 16.
        spacing_mm: their size.
        generator: randomness and device.
    """

    slices: LimbSlices
    size: int
    spacing_mm: float
    generator: torch.Generator
    ranges: LayoutRanges = field(default_factory=LayoutRanges)

    def limbs(
        self, index: Tensor, subject: Tensor, sequence: str | None = None, mirrored: Tensor | None = None
    ) -> tuple[Limbs, Contrast, Draws]:
        """Limbs from the stored slices ``index`` (N,); slices of one ``subject`` (N,) share all that is drawn.

        Args:
            mirrored: (N,) true where the limb will be mirrored after: the scanner's axes are not those of its slice.
        """
        draws = Draws(self.generator, subject)
        rows = index.cpu().numpy()
        nearest, border, hull = (
            torch.from_numpy(stored[rows]).to(self.generator.device)
            for stored in (self.slices.nearest, self.slices.border, self.slices.hull)
        )
        properties = draw_tissue_properties(draws)
        layout = draw_layout(
            nearest, border, hull, properties, draws, size=self.size, spacing_mm=self.spacing_mm, ranges=self.ranges
        )
        contrast = draw_contrast(properties, draws, sequence)

        fat_fraction = layout.fat_fraction
        water_share = (1 - fat_fraction) * layout.water
        density = looked_up(properties.density, layout.tissue)
        maps = torch.stack(
            [
                looked_up(contrast.water, layout.tissue) * water_share,
                looked_up(contrast.fat, layout.tissue) * fat_fraction,
                density * fat_fraction,
                density,
                looked_up(properties.t2_ms, layout.tissue) * density * (1 - fat_fraction),
                looked_up(properties.mtr, layout.tissue) * density * (1 - fat_fraction),
                density * (1 - fat_fraction),
                (layout.tissue != Tissue.AIR).float(),
            ],
            1,
        )
        # Fat is written a little beside water along the frequency direction.
        shift = torch.randint(-2, 3, (2,), generator=self.generator, device=self.generator.device).tolist()
        if torch.rand(1, generator=self.generator, device=self.generator.device).item() < 0.4:
            along = 1 + shift[1] % 2
            shifted = maps[:, 1].roll(shift[0], dims=along)
            if mirrored is not None and along == 2:
                shifted[mirrored] = maps[mirrored, 1].roll(-shift[0], dims=along)
            maps[:, 1] = shifted
        water, fat, fat_density, density, t2, mtr, water_density, body = F.avg_pool2d(maps, 2).unbind(1)
        solid = body > 0.5
        tiny = 1e-6
        limbs = Limbs(
            layout.label,
            water,
            fat,
            (100 * fat_density / density.clamp_min(tiny)).clamp_max(100) * solid,
            t2 / water_density.clamp_min(tiny) * solid,
            mtr / water_density.clamp_min(tiny) * solid,
            density * solid,
            solid,
        )
        return limbs, contrast, draws

    def training_batch(self, index: Tensor, targets: Tensor, beside: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Images as a network meets them, not normalised, and their targets.

        Args:
            index: (N,) slices to draw, one subject each.
            targets: (LABELS,) the network's channel of each label, or :data:`IGNORE`.
            beside: (N,) slices next to those above: when given, images are of thick slices that hold both.

        Returns:
            (N, 1, H, W) images; (N, H, W) long targets.
        """
        count = len(index)
        subject = torch.arange(count)
        if beside is None:
            limbs, contrast, draws = self.limbs(index, subject)
            water, fat, angle = limbs.water, limbs.fat, contrast.angle
        else:
            both, contrast, _ = self.limbs(torch.cat([index, beside]), torch.cat([subject, subject]))
            draws = Draws(self.generator, subject)
            share = draws.uniform(0, 0.5)[:, None, None]
            water = (1 - share) * both.water[:count] + share * both.water[count:]
            fat = (1 - share) * both.fat[:count] + share * both.fat[count:]
            angle = contrast.angle[:count]
            limbs = Limbs(*(getattr(both, name)[:count] for name in Limbs.__dataclass_fields__))
        signal = in_one_pixel(water, fat, angle)
        signal = acquisition.add_other_limb(signal, limbs.body, draws, self.spacing_mm)
        image = acquisition.scan(signal, limbs.body, draws)
        image = acquisition.crop_field_of_view(image, draws)
        return image[:, None], targets.to(limbs.label.device)[limbs.label]


def targets_of(channels: Sequence[str], numbers: dict[str, int], ignored: Sequence[int] = ()) -> Tensor:
    """(LABELS,) channel of each label number; unnamed muscles and ``ignored`` numbers are passed over by the loss.

    Args:
        channels: the network's outputs, "background" first.
        numbers: label number of each abbreviation.
    """
    targets = torch.zeros(LABELS, dtype=torch.long)
    for channel, abbreviation in enumerate(channels):
        if channel:
            targets[numbers[abbreviation]] = channel
    targets[[UNKNOWN, *ignored]] = IGNORE
    return targets
