"""A simulated patient's legs as they are, on a fine grid: what every sequence then sees in its own way."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import SimpleITK as sitk
import torch
from numpy.typing import NDArray

from MuscleSegLib.simulation.layout import LayoutRanges
from MuscleSegLib.simulation.limb_slices import LimbSlices
from MuscleSegLib.simulation.simulator import Simulator
from MuscleSegLib.simulation.volume import PATIENT, on_grid, scanned_limbs, stored_slices


@dataclass(frozen=True)
class Body:
    """Images of one grid, LPS axes, the middle of the first slice at x = y = 0.

    Attributes:
        label: UInt8, numbers of the source's label map, plus the offset on the left; 0 where none.
        unknown: UInt8, 1 where a muscle may lie that the source does not name.
        water, fat: Float32, density of protons, 1 is pure.
        t2_ms: Float32, T2 of water; 0 in air.
        mtr: Float32, MTR of water, %; fat has none.
        t1_weighted: Float32, a T1-weighted image of it as a scanner shows it, noise and uneven coil included.
    """

    label: sitk.Image
    unknown: sitk.Image
    water: sitk.Image
    fat: sitk.Image
    t2_ms: sitk.Image
    mtr: sitk.Image
    t1_weighted: sitk.Image


def simulate_body(
    slices: LimbSlices,
    right: str,
    left: str,
    heights_mm: NDArray[np.floating],
    *,
    spacing_mm: float,
    width: int,
    left_offset: int,
    seed: int,
    ranges: LayoutRanges = PATIENT,
) -> Body:
    """Simulate both limbs of a subject; arguments as for :func:`MuscleSegLib.simulation.volume.simulate_volume`.

    Raises:
        InputError: a limb is not there.
    """
    simulator = Simulator(slices, width, spacing_mm, torch.Generator().manual_seed(seed), ranges)
    whole = scanned_limbs(simulator, stored_slices(slices, right, left, heights_mm), "t1", left_offset)
    share = whole["fat_fraction"] / 100
    volume = partial(on_grid, spacing_mm=spacing_mm, heights_mm=heights_mm)
    return Body(
        volume(whole["label"], np.uint8),
        volume(whole["unknown"], np.uint8),
        volume(whole["density"] * (1 - share), np.float32),
        volume(whole["density"] * share, np.float32),
        volume(whole["t2_ms"], np.float32),
        volume(whole["mtr"], np.float32),
        volume(whole["image"], np.float32),
    )
