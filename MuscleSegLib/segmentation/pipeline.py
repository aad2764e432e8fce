"""From a volume to a label map."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleSegLib.anatomy import LabelSet, label_set
from MuscleSegLib.errors import InputError, LabelSetError
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.segmentation.channels import FIRST_OTHER, ChannelMerge
from MuscleSegLib.segmentation.checks import check_image, check_limbs, count_non_finite
from MuscleSegLib.segmentation.foreground import find_foreground
from MuscleSegLib.segmentation.image_warnings import (
    warnings_of_border,
    warnings_of_certainty,
    warnings_of_image,
    warnings_of_sides,
    warnings_of_size,
    warnings_of_slices,
)
from MuscleSegLib.segmentation.inference import predict
from MuscleSegLib.segmentation.labelling import Plan, label_side
from MuscleSegLib.segmentation.limbs import Limbs, find_limbs
from MuscleSegLib.segmentation.models import Device, InstalledModels, Models
from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.plausibility import warnings_of_muscles
from MuscleSegLib.segmentation.regions import (
    REGIONS,
    Other,
    Region,
    mirrored_log_odds,
    of_either_side,
    regions_of_slices,
)
from MuscleSegLib.segmentation.result import Segmentation
from MuscleSegLib.segmentation.straightening import upright_volume

#: Standard deviation of the average over neighbouring slices, see
#: :func:`MuscleSegLib.segmentation.smoothing.smooth_along_limb`; 0 switches it off.
SMOOTHING_MM = 3.0
#: Thigh and leg are told apart on slices this far apart or more; the slices between follow the nearest.
_CLASSIFY_EVERY_MM = 10.0
#: What part of the work is done when the limbs, their regions, and their labels are found.
_LIMBS_FOUND, _REGIONS_FOUND, _LABELS_FOUND = 0.03, 0.1, 0.95


def segment(
    image: sitk.Image,
    *,
    model: str = "hrnet",
    region: Literal["auto", "thigh", "leg"] = "auto",
    side: Literal["auto", "right", "left"] = "auto",
    labels: str = "muscleseg",
    device: Device = "auto",
    models_dir: Path | None = None,
    progress: Progress = silent,
) -> Segmentation:
    """Segment the muscles of the thighs and legs in an MR volume.

    Args:
        image: A 3D scalar volume of one or two lower limbs, in any orientation.
        model: A family of models ("hrnet", "unet2d"), or the name of one.
        region: What the volume shows; "auto" asks the classifier, slice by slice.
        side: Which limb it is, when the volume shows one whose position in the scanner does not tell. Of two limbs, the
            position always tells; a warning then says that ``side`` was not used.
        labels: The label set: the muscles to tell apart.
        device: "auto" takes CUDA where there is one.
        models_dir: A folder of further models; None for the user's usual one, ``~/.muscleseg/models``.
        progress: Told how far the work is; what it raises stops the work.

    Returns:
        The label map in the geometry of ``image``, what its numbers mean, and what to look at.

    Raises:
        InputError: The image cannot be used, or shows neither thigh nor leg.
        ModelError: The model does not exist or cannot be loaded.
        LabelSetError: The label set does not exist, or the model cannot tell its muscles apart.
        Cancelled: ``progress`` raised it.

    Example:
        >>> import SimpleITK as sitk
        >>> from MuscleSegLib.segmentation import segment
        >>> result = segment(sitk.ReadImage("thigh.nii.gz"))
        >>> sitk.WriteImage(result.label_map, "muscles.nii.gz")
    """
    models = InstalledModels(model, models_dir, device)
    return segment_with(models, image, region=region, side=side, labels=labels, progress=progress)


def segment_with(
    models: Models,
    image: sitk.Image,
    *,
    region: Literal["auto", "thigh", "leg"] = "auto",
    side: Literal["auto", "right", "left"] = "auto",
    labels: str = "muscleseg",
    smoothing_mm: float = SMOOTHING_MM,
    progress: Progress = silent,
) -> Segmentation:
    """Segment with networks from anywhere; see :func:`segment`, which takes those that are installed."""
    wanted = label_set(labels)
    check_image(image)
    progress(0.0, "Finding the limbs")
    volume = upright_volume(image)
    limbs, floor = _limbs(volume, side)
    check_limbs(limbs)
    progress(_LIMBS_FOUND, "Telling thigh from leg")
    limbs, found, mirrored = _recognised(volume, limbs, models, region, floor, progress)
    regions = {k: name for k, name in found.items() if name != "other"}
    warnings = warnings_of_image(volume, count_non_finite(image))
    warnings += warnings_of_slices(volume, list(found), regions)
    limbs = limbs.on(regions)
    warnings += warnings_of_sides(limbs, side, mirrored)
    warnings += warnings_of_border(volume, limbs)
    plans = _plans(models, regions, wanted)
    stored = volume.new_labels()
    axial = volume.view(stored)
    count = _Counter(sum(map(len, limbs.by_side.values())), progress)
    pieces = {}
    for name, slices in limbs.by_side.items():
        parts = [(plan, [limb for limb in slices if regions[limb.slice] == key]) for key, plan in plans.items()]
        for plan, part in parts:
            warnings += warnings_of_size(volume, name, plan.model.grid, part)
        limb = label_side(volume, parts, floor, smoothing_mm, axial, count)
        pieces[name] = limb.pieces
        warnings += warnings_of_certainty(name, limb.certainty)
    progress(_LABELS_FOUND, "Checking the muscles")
    if not any(pieces.values()):
        raise InputError(
            "No muscle was found in the image. Check that it shows a thigh or a leg, and that its voxels have the size "
            "that it says."
        )
    shown = wanted.for_regions(set(plans))
    warnings += warnings_of_muscles(volume, axial, shown, pieces)
    progress(1.0, "Done")
    cards = {plan.model.card.name: plan.model.card for plan in plans.values()}
    return Segmentation(volume.label_image(stored), shown, tuple(cards.values()), tuple(warnings))


def _limbs(volume: AxialVolume, side: Literal["auto", "right", "left"]) -> tuple[Limbs, float]:
    """The limbs, and the value that stands for no signal; the foreground that tells both is let go."""
    foreground = find_foreground(volume)
    return find_limbs(volume, foreground, side), foreground.floor


def _recognised(
    volume: AxialVolume,
    limbs: Limbs,
    models: Models,
    region: Literal["auto", "thigh", "leg"],
    floor: float,
    progress: Progress,
) -> tuple[Limbs, dict[int, Region | Other], float]:
    """The limbs on their sides, the region of each slice from inferior to superior, and how mirrored they look."""
    slices = sorted({limb.slice for side in limbs.by_side.values() for limb in side})
    known = models.only_region() if region == "auto" else region
    if known is not None and limbs.side_known:
        return limbs, dict.fromkeys(slices, known), 0.0
    answers = _classified(volume, limbs, slices, models, floor, progress)
    mirrored = mirrored_log_odds(answer for _, answer in answers)
    if not limbs.side_known and mirrored > 0:
        limbs = limbs.exchanged()
    return limbs, _regions(slices, answers) if known is None else dict.fromkeys(slices, known), mirrored


def _classified(
    volume: AxialVolume, limbs: Limbs, slices: Sequence[int], models: Models, floor: float, progress: Progress
) -> list[tuple[int, npt.NDArray[np.floating]]]:
    """Slice and answer of the classifier, for each limb on slices that are some way apart."""
    step = max(1, round(_CLASSIFY_EVERY_MM / volume.spacing[0]))
    asked = set(slices[::step])
    chosen = [limb for side in limbs.by_side.values() for limb in side if limb.slice in asked]
    answers: list[tuple[int, npt.NDArray[np.floating]]] = []
    for batch, probabilities in predict(volume, chosen, models.classifier(), floor):
        answers += [(limb.slice, answer) for limb, answer in zip(batch, probabilities.cpu().numpy(), strict=True)]
        part = len(answers) / len(chosen)
        progress(_LIMBS_FOUND + part * (_REGIONS_FOUND - _LIMBS_FOUND), "Telling thigh from leg")
    return answers


def _regions(
    slices: Sequence[int], answers: Sequence[tuple[int, npt.NDArray[np.floating]]]
) -> dict[int, Region | Other]:
    """The region of each slice that shows a limb, from inferior to superior: that of the nearest that was asked."""
    asked: dict[int, list[npt.NDArray[np.floating]]] = {}
    for k, answer in answers:
        asked.setdefault(k, []).append(of_either_side(answer))
    answered = regions_of_slices(asked)
    return {k: answered[min(answered, key=lambda a: abs(a - k))] for k in slices}


def _plans(models: Models, regions: dict[int, Region], wanted: LabelSet) -> dict[Region, Plan]:
    """The model of each region that was found; every error about models and labels comes from here."""
    found = set(regions.values())
    if not wanted.for_regions(found).labels:
        raise LabelSetError(
            f'The label set "{wanted.name}" has no muscle of the {" or the ".join(sorted(found))}, which the image '
            "shows. Choose another label set."
        )
    loaded = {name: models.for_region(name) for name in REGIONS if name in regions.values()}
    channels = sorted({channel for model in loaded.values() for channel in model.card.channels})
    others = {channel: FIRST_OTHER + n for n, channel in enumerate(channels)}
    return {
        name: Plan(
            model,
            ChannelMerge.between(
                model.card.channels, wanted.for_regions({name}), f'the model "{model.card.name}"', others
            ),
        )
        for name, model in loaded.items()
    }


class _Counter:
    """Reports the slices that went through a network as progress."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total = total
        self._done = 0
        self._progress = progress

    def __call__(self, slices: int) -> None:
        self._done += slices
        part = self._done / self._total
        self._progress(_REGIONS_FOUND + part * (_LABELS_FOUND - _REGIONS_FOUND), "Segmenting the muscles")
