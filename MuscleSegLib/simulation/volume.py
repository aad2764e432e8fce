"""Simulated volumes of both limbs, with the truth about every voxel: for samples, tests and measurements."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import SimpleITK as sitk
import torch
from torch import Tensor

from MuscleSegLib.errors import InputError
from MuscleSegLib.simulation import acquisition
from MuscleSegLib.simulation.layout import LayoutRanges
from MuscleSegLib.simulation.limb_slices import UNKNOWN, LimbSlices
from MuscleSegLib.simulation.sequences import in_one_pixel
from MuscleSegLib.simulation.simulator import Limbs, Simulator

#: Bodies in volumes are turned and bent less than in training: they are patients, not challenges.
PATIENT = LayoutRanges(
    rotation_deg=4.0,
    strong_rotation_deg=8.0,
    scale=(0.92, 1.1),
    anisotropy=0.08,
    shear=0.03,
    elastic_mm=(3.0, 1.0),
    lean_between=0.3,
)


@dataclass(frozen=True)
class SimulatedVolume:
    """Images of one grid, LPS axes, the middle of the first slice at x = y = 0.

    Attributes:
        image: float32, what the scanner shows.
        label_map: uint8, numbers of the source's label map, plus ``left_offset`` on the left; 0 where none.
        fat_fraction: float32, %; t2_ms: water T2; mtr: %. 0 in air.
        unknown: uint8, 1 where a muscle may lie that the source does not name.
    """

    image: sitk.Image
    label_map: sitk.Image
    fat_fraction: sitk.Image
    t2_ms: sitk.Image
    mtr: sitk.Image
    unknown: sitk.Image


def stored_slices(slices: LimbSlices, right: str, left: str, heights_mm: np.ndarray) -> Tensor:
    """(2 N,) indices of the slices of the right limb, then of the left, that are nearest to the heights (N,).

    Raises:
        InputError: a limb is not there.
    """
    index = []
    for name in (right, left):
        if name not in slices.subjects:
            raise InputError(f'There is no limb "{name}" among {", ".join(slices.subjects)}.')
        own = np.flatnonzero(slices.subject == slices.subjects.index(name))
        distance = np.abs(slices.position_mm[own][None] - np.asarray(heights_mm)[:, None])
        index.append(own[distance.argmin(1)])
    return torch.from_numpy(np.concatenate(index))


def both_limbs(limbs: Limbs, left_offset: int) -> dict[str, Tensor]:
    """What is known of right limbs, then as many left ones, side by side as they stand: (N, H, 2 W) each.

    As :class:`Limbs`, but labels of the left carry the offset, and what has no name is apart, as ``unknown``.
    """
    count = len(limbs.label) // 2
    halves = {name: getattr(limbs, name) for name in Limbs.__dataclass_fields__}
    halves["unknown"] = limbs.label == UNKNOWN
    halves["label"] = limbs.label.masked_fill(halves["unknown"], 0)
    halves["label"][count:] += left_offset * (halves["label"][count:] > 0)
    return {name: torch.cat([values[:count], values[count:].flip(-1)], -1) for name, values in halves.items()}


def scanned_limbs(simulator: Simulator, index: Tensor, sequence: str, left_offset: int) -> dict[str, Tensor]:
    """As :func:`both_limbs`, of the stored slices (2 N,), and as ``image`` what the scanner shows of them."""
    count = len(index) // 2
    left = torch.arange(2 * count) >= count
    limbs, contrast, draws = simulator.limbs(index, torch.zeros(2 * count, dtype=torch.long), sequence, mirrored=left)
    whole = both_limbs(limbs, left_offset)
    signal = in_one_pixel(whole["water"], whole["fat"], contrast.angle[:count])
    return whole | {"image": acquisition.scan(signal, whole["body"], draws.of_first(count))}


def on_grid(values: Tensor, kind: type, *, spacing_mm: float, heights_mm: np.ndarray) -> sitk.Image:
    """Values of both limbs (N, W, 2 W) as an image: LPS axes, the middle of the first slice at x = y = 0."""
    image = sitk.GetImageFromArray(values.numpy().astype(kind))
    width = values.shape[1]
    step = float(heights_mm[1] - heights_mm[0]) if len(heights_mm) > 1 else 1.0
    image.SetSpacing((spacing_mm, spacing_mm, step))
    image.SetOrigin(((0.5 - width) * spacing_mm, (0.5 - width / 2) * spacing_mm, 0.0))
    return image


def simulate_volume(
    slices: LimbSlices,
    right: str,
    left: str,
    heights_mm: np.ndarray,
    *,
    spacing_mm: float,
    width: int,
    left_offset: int,
    sequence: str,
    seed: int,
    ranges: LayoutRanges = PATIENT,
) -> SimulatedVolume:
    """Simulate both limbs of a subject.

    Args:
        slices: where the limbs are found.
        right, left: names of the limbs among ``slices.subjects``.
        heights_mm: (N,) evenly spaced, as :attr:`LimbSlices.position_mm`; the nearest stored slice is taken.
        spacing_mm, width: pixel size, and pixels of one limb's half of the image (a multiple of 16).
        left_offset: what is added to the numbers of left labels.
        sequence: see :data:`MuscleSegLib.simulation.sequences.SEQUENCES`.

    Raises:
        InputError: a limb is not there.
    """
    simulator = Simulator(slices, width, spacing_mm, torch.Generator().manual_seed(seed), ranges)
    whole = scanned_limbs(simulator, stored_slices(slices, right, left, heights_mm), sequence, left_offset)
    volume = partial(on_grid, spacing_mm=spacing_mm, heights_mm=heights_mm)
    return SimulatedVolume(
        volume(whole["image"], np.float32),
        volume(whole["label"], np.uint8),
        volume(whole["fat_fraction"], np.float32),
        volume(whole["t2_ms"], np.float32),
        volume(whole["mtr"], np.float32),
        volume(whole["unknown"], np.uint8),
    )
