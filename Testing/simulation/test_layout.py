"""What lies where in a simulated limb: as in bodies, as far as a network or a measurement would be misled otherwise."""

from dataclasses import replace

import pytest
import torch

from MuscleSegLib.anatomy import muscles
from MuscleSegLib.simulation.draws import Draws
from MuscleSegLib.simulation.layout import Layout, LayoutRanges, draw_layout
from MuscleSegLib.simulation.limb_slices import LimbSlices
from MuscleSegLib.simulation.tissues import Tissue, draw_tissue_properties
from MuscleSegLib.simulation.volume import PATIENT
from Testing.simulation.label_maps import THIGH, body_slices

SUBJECTS = 30


def laid_out(slices: LimbSlices, ranges: LayoutRanges | None = None) -> Layout:
    """The same slice in many subjects."""
    stored = (
        torch.from_numpy(part[:1]).expand(SUBJECTS, -1, -1) for part in (slices.nearest, slices.border, slices.hull)
    )
    draws = Draws(torch.Generator().manual_seed(4), torch.arange(SUBJECTS))
    properties = draw_tissue_properties(draws)
    return draw_layout(*stored, properties, draws, size=96, spacing_mm=160 / 96, ranges=ranges or LayoutRanges())


def area(layout: Layout, name: str) -> float:
    return float((layout.label == muscles()[name].index).sum())


def test_a_slender_muscle_keeps_most_of_its_width_when_borders_move_inwards(leg):
    # Moved by as many millimetres as those of large ones, its borders would meet: half of a slender leg was gone.
    limited, unlimited = (laid_out(leg, LayoutRanges(wasting=0, narrowest=most)) for most in (0.15, 9.0))

    assert area(limited, "Pla") > 1.3 * area(unlimited, "Pla")
    assert area(limited, "So") == pytest.approx(area(unlimited, "So"), rel=0.05)


@pytest.mark.parametrize(("radius_mm", "expected"), [(11, False), (26, True)])
def test_cartilage_and_fluid_lie_around_the_ends_of_a_bone_and_not_along_its_shaft(tmp_path, radius_mm, expected):
    # Along the shaft they look like the muscle that lies on it, and no network could tell where that ends.
    slices = body_slices(tmp_path, [{**THIGH, "FEM": (0, -4, radius_mm, radius_mm)}])

    assert bool((laid_out(slices).tissue == Tissue.JOINT).any()) == expected


def test_between_the_muscles_of_a_patient_lies_mostly_fat(thigh):
    # In training anything may; in a patient, grey tissue around a black remnant of fat is nothing that a scan shows.
    def leanest(ranges: LayoutRanges) -> float:
        layout = laid_out(thigh, replace(ranges, wasting=0))
        middle = (slice(None), slice(64, 128), slice(64, 128))
        fat, between = layout.fat_fraction[middle], layout.tissue[middle] == Tissue.FAT
        return min(float(one[where].median()) for one, where in zip(fat, between, strict=True) if where.any())

    assert leanest(LayoutRanges()) < 0.5
    assert leanest(PATIENT) > 0.55
