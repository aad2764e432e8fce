"""A stored slice becomes a limb: deformed, given skin, fat, bone, vessels and fat infiltration.

Everything happens on a grid twice as fine as the image's, so that a pixel of the image is a mixture of tissues.
"""

from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor
from torch.nn import functional as F

from MuscleSegLib.simulation.draws import Draws
from MuscleSegLib.simulation.infiltration import infiltration_pattern, severities_of_muscles
from MuscleSegLib.simulation.label_tables import LABELS, depths, looked_up
from MuscleSegLib.simulation.limb_slices import CANVAS, DISTANCE_STEP_MM, UNKNOWN
from MuscleSegLib.simulation.tissues import Tissue, TissueProperties

#: Labels up to here are muscles, those from FIRST_BONE on are bones, UNKNOWN is a muscle without a name.
LAST_MUSCLE, FIRST_BONE, LAST_BONE = 39, 51, 54
#: A bone that is thicker, from its middle to its border, is cut near a joint.
_SHAFT_MM = 18.0


@dataclass(frozen=True)
class Layout:
    """What lies where; F = 2 x size.

    Attributes:
        label: (N, size, size) long, number of the label map, 0 where there is none.
        tissue: (N, F, F) long, see :class:`Tissue`.
        fat_fraction: (N, F, F) from 0 to 1.
        water: (N, F, F) factor on the water signal: texture, differences between muscles, oedema.
    """

    label: Tensor
    tissue: Tensor
    fat_fraction: Tensor
    water: Tensor


@dataclass(frozen=True)
class LayoutRanges:
    """How widely bodies differ. Lengths in mm, angles in degrees, the rest factors or probabilities.

    Attributes:
        margin_mm: how far inside a muscle's border its label ends, as a reader's outline does.
        narrowest: largest part of its half thickness by which a muscle's border lies further in.
        wasting: share of the muscles that have become thinner.
        wasted: largest part of its half thickness that such a muscle loses, if it has no fat.
        lean_between: largest part of what lies between muscles that is not fat.
    """

    rotation_deg: float = 12.0
    strong_rotation_deg: float = 45.0
    scale: tuple[float, float] = (0.65, 1.2)
    anisotropy: float = 0.18
    shear: float = 0.1
    shift_mm: float = 7.0
    elastic_mm: tuple[float, float] = (5.0, 1.5)
    border_mm: tuple[float, float] = (-1.3, 0.2)
    border_spread_mm: float = 0.5
    margin_mm: float = 0.4
    narrowest: float = 0.15
    wasting: float = 0.12
    wasted: float = 0.6
    lean_between: float = 0.8
    subcutaneous_mm: tuple[float, float] = (1.5, 32.0)


def _deformation(draws: Draws, size: int, pixel_mm: float, ranges: LayoutRanges) -> Tensor:
    """(N, size, size, 2) where each pixel comes from, in mm from the middle of the canvas (x, y)."""
    axis = (torch.arange(size, device=draws.device) + 0.5 - size / 2) * pixel_mm
    rows, columns = torch.meshgrid(axis, axis, indexing="ij")
    strong = draws.chance(0.1)
    turned = draws.uniform(-ranges.strong_rotation_deg, ranges.strong_rotation_deg)
    angle = torch.where(strong, turned, draws.normal(ranges.rotation_deg)) * (pi / 180)
    scale = draws.uniform(*ranges.scale)
    stretch = 1 + draws.uniform(-ranges.anisotropy, ranges.anisotropy)
    cos, sin = torch.cos(angle), torch.sin(angle)
    shear = draws.uniform(-ranges.shear, ranges.shear)
    matrix = (
        torch.stack([torch.stack([cos / stretch, shear - sin], -1), torch.stack([sin, cos * stretch], -1)], -2)
        / scale[:, None, None]
    )
    shift = draws.normal(ranges.shift_mm, 2)
    source = torch.einsum("nij,hwj->nhwi", matrix, torch.stack([columns, rows], -1)) + shift[:, None, None]
    for knots, amplitude in zip((5, 11), ranges.elastic_mm, strict=True):
        field = draws.field(knots, size, 2) * (amplitude * draws.uniform(0, 1))[:, None, None, None]
        source = source + field.permute(0, 2, 3, 1)
    return source


def _sample(image: Tensor, source: Tensor, mode: str) -> Tensor:
    """``image`` (N, C, 256, 256) at ``source`` (N, H, W, 2) in mm from its middle."""
    return F.grid_sample(image, source / (CANVAS / 2), mode=mode, padding_mode="border", align_corners=False)


def _sheets(draws: Draws, size: int, width: tuple[float, float], least: float) -> Tensor:
    """(N, size, size) true on thin curves, about 20 mm wide for each 1 of ``width``.

    Args:
        least: the lower, the longer are the pieces that the curves are broken into.
    """
    where = draws.field(6, size, 2)
    half = draws.uniform(*width)[:, None, None] / 2
    return (where[:, 0].abs() < half) & (where[:, 1] > least)


def aponeuroses(draws: Draws, label: Tensor, border_mm: Tensor) -> Tensor:
    """(N, F, F) true on pieces of curves that run beside a muscle's border, 3 to 15 mm inside it, 0.8 to 3 mm wide.

    Args:
        border_mm: distance to the border of the muscle that is there, negative inside it.
    """
    size = label.shape[-1]
    depth_mm = looked_up(draws.uniform(3, 15, LABELS), label) + 1.5 * draws.field(8, size)[:, 0]
    half_mm = draws.uniform(0.4, 1.5)[:, None, None]
    return ((border_mm + depth_mm).abs() < half_mm) & (draws.field(6, size)[:, 0] > 0)


def _vessels(draws: Draws, room: Tensor, pixel_mm: float) -> Tensor:
    """(N, F, F) true inside a few discs whose middles lie in ``room`` (N, F, F), 1.5 to 5 mm in radius."""
    step = 4
    coarse = room[:, ::step, ::step]
    score = draws.uniform(0, 1, *coarse.shape[1:]) * coarse
    best, index = score.flatten(1).topk(4, dim=1)
    size = room.shape[-1]
    row = (index // coarse.shape[2]) * step
    column = (index % coarse.shape[2]) * step
    radius = draws.uniform(1.0, 4.5, 4) * (best > 0)
    axis = torch.arange(size, device=draws.device)
    inside = torch.zeros_like(room)
    for k in range(4):
        distance = (axis[:, None] - row[:, k, None, None]) ** 2 + (axis - column[:, k, None, None]) ** 2
        inside |= distance * pixel_mm**2 < radius[:, k, None, None] ** 2
    return inside


def draw_layout(
    nearest: Tensor,
    border: Tensor,
    hull: Tensor,
    properties: TissueProperties,
    draws: Draws,
    *,
    size: int,
    spacing_mm: float,
    ranges: LayoutRanges,
) -> Layout:
    """Lay a limb out from stored slices.

    Args:
        nearest, border, hull: (N, 256, 256) as in :class:`LimbSlices`.
        properties: fat fractions of the tissues other than muscle.
        size, spacing_mm: grid of the image.
    """
    fine, pixel_mm = 2 * size, spacing_mm / 2
    source = _deformation(draws, fine, pixel_mm, ranges)
    source_coarse = F.avg_pool2d(source.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
    label_map = nearest[:, None].float()
    distance = torch.stack([border, hull], 1).float() * DISTANCE_STEP_MM
    label = _sample(label_map, source, "nearest")[:, 0].long()
    border_mm, hull_mm = _sample(distance, source, "bilinear").unbind(1)

    # How far each muscle reaches beyond its drawn border: gaps open and close, some muscles waste away. What a muscle
    # loses is either filled with fat within its borders, or leaves it thinner: the fatter, the less wasted.
    severities = severities_of_muscles(draws)
    half_thickness = depths(label, border_mm)
    reach_before = draws.uniform(*ranges.border_mm, 1) + draws.normal(ranges.border_spread_mm, LABELS)
    reach_before = torch.maximum(reach_before, -ranges.narrowest * half_thickness)
    lost = draws.chance(ranges.wasting, LABELS) * draws.uniform(0, ranges.wasted, LABELS) * (1 - severities)
    reach = reach_before - lost * half_thickness
    reach[:, FIRST_BONE : LAST_BONE + 1] = draws.uniform(-0.5, 1.0, 1)

    reach_here = looked_up(reach, label)
    inside = border_mm < reach_here
    label_coarse = _sample(label_map, source_coarse, "nearest")[:, 0].long()
    border_coarse = _sample(distance[:, :1], source_coarse, "bilinear")[:, 0]
    # An outline drawn by hand runs along the inside of the fascia: the rim is no part of the label.
    rim = draws.uniform(-0.1, 0.9)[:, None, None]
    inset_mm = rim.clamp_min(0) + ranges.margin_mm
    label_coarse = label_coarse * (border_coarse < looked_up(reach, label_coarse) - inset_mm)

    bone = inside & (label >= FIRST_BONE) & (label <= LAST_BONE)
    unknown_is_muscle = draws.chance(0.8)[:, None, None]
    of_muscle = (label <= LAST_MUSCLE) | ((label == UNKNOWN) & unknown_is_muscle)
    muscle = inside & of_muscle
    wasted = ~inside & of_muscle & (border_mm < looked_up(reach_before, label))

    def per_slice(values: Tensor) -> Tensor:
        return values[:, None, None]

    thickness = ranges.subcutaneous_mm[0] + (ranges.subcutaneous_mm[1] - ranges.subcutaneous_mm[0]) * per_slice(
        draws.uniform(0, 1) ** 2
    )
    thickness = thickness * (1 + 0.35 * draws.field(4, fine)[:, 0]).clamp_min(0.15)
    body = (hull_mm < thickness) | muscle | bone
    tissue = body.long() * Tissue.FAT
    tissue[body & (hull_mm > thickness - per_slice(draws.uniform(0.4, 2.2)))] = Tissue.SKIN
    tissue[body & (hull_mm.abs() < per_slice(draws.uniform(-0.4, 0.9)))] = Tissue.FASCIA
    # Cartilage and fluid lie around the thick ends of a bone; along its shaft, muscles do.
    ends = (label >= FIRST_BONE) & (label <= LAST_BONE) & (looked_up(half_thickness, label) > _SHAFT_MM)
    near_bone = ~inside & ends & (border_mm < per_slice(draws.uniform(0, 9)))
    tissue[near_bone & body & per_slice(draws.chance(0.4))] = Tissue.JOINT
    tissue[_vessels(draws, (tissue == Tissue.FAT) & (hull_mm < 4), pixel_mm)] = Tissue.VESSEL
    tissue[muscle] = Tissue.MUSCLE
    tissue[muscle & (border_mm > reach_here - rim)] = Tissue.FASCIA
    # Tendons and aponeuroses run on within muscles, as dark as the borders between them, anyhow or along a border.
    with_tendon = looked_up(draws.chance(0.5, LABELS), label) & per_slice(draws.chance(0.6))
    tissue[muscle & with_tendon & _sheets(draws, fine, (0.04, 0.16), 0.0)] = Tissue.FASCIA
    with_aponeurosis = looked_up(draws.chance(0.4, LABELS), label) & per_slice(draws.chance(0.4))
    tissue[muscle & with_aponeurosis & aponeuroses(draws, label, border_mm - reach_here)] = Tissue.FASCIA
    tissue[bone] = Tissue.MARROW
    cortex = per_slice(draws.uniform(0.8, 6.5)) * (1 + 0.3 * draws.field(6, fine)[:, 0])
    tissue[bone & (border_mm > reach_here - cortex)] = Tissue.CORTICAL_BONE

    texture = draws.field(fine // 3, fine)[:, 0]
    fat_fraction = looked_up(properties.fat_fraction, tissue)
    # Between the muscles lies fat, but also vessels, nerves and septa; where a muscle has wasted, fat alone.
    between = (tissue == Tissue.FAT) & (hull_mm < 0) & ~wasted
    lean = per_slice(1 - ranges.lean_between * draws.uniform(0, 1) ** 3) * (1 + 0.3 * texture)
    fat_fraction = torch.where(between, (fat_fraction * lean).clamp(0, 1), fat_fraction)
    in_muscle = tissue == Tissue.MUSCLE
    infiltration = looked_up(severities, label) * infiltration_pattern(draws, label)
    septa = _sheets(draws, fine, (0.03, 0.12), 0.4) * per_slice(draws.uniform(0, 0.6) * draws.chance(0.5))
    infiltration = infiltration + septa
    fat_fraction = torch.where(in_muscle, infiltration.clamp(0, 0.95), fat_fraction)

    # Neighbouring healthy muscles often look exactly alike: only the thin gap between them tells.
    shade = 1 + draws.uniform(0, 1, 1) ** 2 * draws.uniform(-0.15, 0.15, LABELS)
    oedema = 1 + draws.chance(0.3, 1) * draws.chance(0.2, LABELS) * draws.uniform(0, 1.2, LABELS)
    water = torch.where(in_muscle, looked_up(shade * oedema, label), torch.ones_like(hull_mm)) * (
        1 + texture * per_slice(draws.uniform(0, 0.08))
    )
    return Layout(label_coarse, tissue, fat_fraction, water.clamp_min(0))
