"""What makes a result doubtful before any muscle is looked at: the image, and how the limbs lie in it."""

from collections.abc import Container, Mapping, Sequence
from typing import Literal

from MuscleSegLib.segmentation.crops import CropGrid
from MuscleSegLib.segmentation.limbs import OPPOSITE, Limbs, LimbSlice, Side
from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.regions import Region
from MuscleSegLib.segmentation.result import SegmentationWarning
from MuscleSegLib.segmentation.straightening import StraightenedVolume

#: Axial pixels longer than this show muscles, but not their borders.
_COARSE_MM = 3.0
#: Fewer slices than this leave each muscle to be judged without its neighbours.
_FEW_SLICES = 3
#: On a real scan the HRNet is sure by 0.94 and the U-Net by 0.92; with noise of a fifth of its brightness, the HRNet is
#: sure by 0.88; upside down, or taken for the other region, by 0.78 to 0.84.
_UNSURE, _USUAL = 0.86, 0.95
#: A limb that is larger than a crop by no more than this lies in it but for its skin; its outline is no finer either.
_SKIN_MM = 10.0
#: A limb that looks like the other side's with more than these log odds contradicts what it was taken for. (Two limbs
#: of a mirrored image do not: exchanged and mirrored, they look like those of another person.)
_SURELY_MIRRORED = 1.0


def warnings_of_image(volume: AxialVolume, non_finite: int) -> list[SegmentationWarning]:
    """Slices that had to be straightened, coarse pixels, few slices, and ``non_finite`` voxels that hold no number."""
    warnings = []
    if isinstance(volume, StraightenedVolume):
        warnings.append(
            SegmentationWarning(
                "image",
                f"The image is tilted by {volume.degrees:.0f}° against the axes of the patient. It was segmented on "
                "axial slices that were interpolated from it, where nothing tells what its border cuts off.",
            )
        )
    rows, columns = volume.spacing[1:]
    if max(rows, columns) > _COARSE_MM:
        warnings.append(
            SegmentationWarning(
                "image",
                f"The axial pixels are {columns:.1f} mm × {rows:.1f} mm. Where they are longer than {_COARSE_MM:.0f} "
                "mm, borders between muscles are uncertain.",
            )
        )
    slices = volume.array.shape[0]
    if slices < _FEW_SLICES:
        count = "one axial slice" if slices == 1 else f"{slices} axial slices"
        warnings.append(
            SegmentationWarning(
                "image", f"The image has only {count}, too few to check a muscle against its neighbouring slices."
            )
        )
    if non_finite:
        warnings.append(
            SegmentationWarning("image", f"{non_finite} voxels hold no number (NaN or infinite); they were taken as 0.")
        )
    return warnings


def warnings_of_slices(
    volume: AxialVolume, shown: Sequence[int], labelled: Container[int]
) -> list[SegmentationWarning]:
    """The slices of ``shown``, from inferior to superior, that are not ``labelled``: runs at one end or at both."""
    inside = [n for n, k in enumerate(shown) if k in labelled]
    warnings = []
    for end, run in (("lowest", shown[: inside[0]]), ("uppermost", shown[inside[-1] + 1 :])):
        if not run:
            continue
        stored = [volume.stored_slice(run[0]), volume.stored_slice(run[-1])]
        numbers = sorted(k for k in stored if k is not None)
        where = f" ({numbers[0]} to {numbers[1]}, counted from 0)" if numbers else ""
        warnings.append(
            SegmentationWarning(
                "image",
                f"The {len(run)} {end} axial slices{where} look like neither thigh nor leg and were left without "
                "labels. If they show one, segment again and say which (region).",
                slice=volume.stored_slice(run[len(run) // 2]),
            )
        )
    return warnings


def warnings_of_other_region(
    volume: AxialVolume, shown: Mapping[int, Region], labelled: Container[int]
) -> list[SegmentationWarning]:
    """The slices of ``shown`` whose region the chosen model does not segment: those that are not ``labelled``."""
    left_out = [k for k in shown if k not in labelled]
    if not left_out:
        return []
    region = shown[left_out[0]]
    text = (
        f"{len(left_out)} of {len(shown)} axial slices look like the {region}, which the chosen model does not "
        "segment, and were left without labels. If they show something else, segment again and say what (region)."
    )
    return [SegmentationWarning("image", text, slice=volume.stored_slice(left_out[len(left_out) // 2]))]


def warnings_of_second_limb(
    volume: AxialVolume, limbs: Limbs, side: Literal["auto", "right", "left"]
) -> list[SegmentationWarning]:
    """What lies beside the only limb and was left out.

    Args:
        volume: The volume.
        limbs: The limbs as they were taken.
        side: The side that was asked for.
    """
    if limbs.second_on:
        text = (
            f"What lies beside the limb on {len(limbs.second_on)} slices only was not taken for a second limb and has "
            "no labels."
        )
        slice_there = volume.stored_slice(limbs.second_on[len(limbs.second_on) // 2])
        return [SegmentationWarning("image", text, slice=slice_there)]
    if limbs.beside_mm is None:
        return []
    (name,) = limbs.by_side
    if side == "auto":
        text = (
            f"What lies beside the {name} limb, about {limbs.beside_mm:.0f} mm wide, does not look like a limb and was "
            "left without labels."
        )
    else:
        text = (
            f'The side "{side}" was given, which is for one limb: of two that were found, one was taken for it; the '
            f"other, about {limbs.beside_mm:.0f} mm wide, was left without labels. If the image shows two limbs, "
            "segment it without a side."
        )
    return [SegmentationWarning("side", text)]


def warnings_of_sides(limbs: Limbs, mirrored: Mapping[Side, float]) -> list[SegmentationWarning]:
    """A side that was told by the anatomy, or that the anatomy contradicts.

    Args:
        limbs: The limbs as they were taken.
        mirrored: For each limb that was asked about: see
            :func:`~MuscleSegLib.segmentation.regions.mirrored_log_odds`.
    """
    texts = []
    if not limbs.side_known:
        (name,) = limbs.by_side
        texts.append(
            f"One limb was found, and where it lies in the scanner does not tell its side; by its anatomy it was taken "
            f"for the {name} one. If that is wrong, segment again and say which side it is."
        )
    else:
        what = "it is" if len(limbs.by_side) == 1 else "it is, and what was taken for the other is no limb"
        texts += [
            f"The limb that was taken for the {name} one looks like a {OPPOSITE[name]} one. If {what}, segment again "
            "and say which side it is."
            for name in limbs.by_side
            if mirrored.get(name, 0.0) > _SURELY_MIRRORED
        ]
    return [SegmentationWarning("side", text) for text in texts]


def warnings_of_border(volume: AxialVolume, limbs: Limbs) -> list[SegmentationWarning]:
    """Limbs that the border of the image may cut off."""
    warnings = []
    for side, slices in limbs.by_side.items():
        cut = [limb for limb in slices if limb.at_edge]
        if cut:
            warnings.append(
                SegmentationWarning(
                    "border",
                    f"The {side} limb reaches the border of the image on {len(cut)} of {len(slices)} slices and may be "
                    "cut off there.",
                    slice=volume.stored_slice(cut[len(cut) // 2].slice),
                )
            )
    return warnings


def warnings_of_size(
    volume: AxialVolume, side: Side, grid: CropGrid, limbs: Sequence[LimbSlice]
) -> list[SegmentationWarning]:
    """A limb that is larger than the crop (``grid``) that its model looks at."""
    crop_mm = grid.size * grid.spacing_mm
    larger = [limb for limb in limbs if max(limb.size_mm) > crop_mm + _SKIN_MM]
    if not larger:
        return []
    widest = max(larger, key=lambda limb: max(limb.size_mm))
    text = (
        f"The {side} limb is about {max(widest.size_mm):.0f} mm wide; on {len(larger)} of {len(limbs)} slices it is "
        f"wider than the {crop_mm:.0f} mm that the model looks at. What lies beyond, near the skin, has no labels."
    )
    return [SegmentationWarning("image", text, slice=volume.stored_slice(widest.slice))]


def warnings_of_certainty(side: Side, certainty: float) -> list[SegmentationWarning]:
    """A limb of whose muscles the network is less sure than it is of a limb that it knows."""
    if certainty >= _UNSURE:
        return []
    text = (
        f"The network is unsure of the muscles of the {side} limb (probability {certainty:.2f}; {_USUAL} is usual). "
        "The image may be upside down, or its contrast, its quality or what it shows may be unknown to the network: "
        "check every muscle."
    )
    return [SegmentationWarning("image", text)]
