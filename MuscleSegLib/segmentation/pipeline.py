"""From a volume to a label map."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import SimpleITK as sitk

from MuscleSegLib.anatomy import DEFAULT_SET, LabelSet, label_set
from MuscleSegLib.errors import InputError
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.segmentation.checks import check_image, check_limbs, count_non_finite
from MuscleSegLib.segmentation.doubtful_limbs import looks_like_limb
from MuscleSegLib.segmentation.foreground import find_foreground
from MuscleSegLib.segmentation.image_warnings import (
    warnings_of_border,
    warnings_of_certainty,
    warnings_of_image,
    warnings_of_other_region,
    warnings_of_second_limb,
    warnings_of_sides,
    warnings_of_size,
    warnings_of_slices,
)
from MuscleSegLib.segmentation.labelling import label_side
from MuscleSegLib.segmentation.limbs import Limbs, find_limbs
from MuscleSegLib.segmentation.model_warnings import warnings_of_labels, warnings_of_models
from MuscleSegLib.segmentation.models import Device, InstalledModels, Models
from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.planning import Plans, plan_regions
from MuscleSegLib.segmentation.plausibility import warnings_of_muscles
from MuscleSegLib.segmentation.recognition import Recognised, recognise
from MuscleSegLib.segmentation.result import Segmentation
from MuscleSegLib.segmentation.straightening import upright_volume

#: Standard deviation of the average over neighbouring slices, see
#: :func:`MuscleSegLib.segmentation.smoothing.smooth_along_limb`; 0 switches it off.
SMOOTHING_MM = 3.0
#: What part of the work is done when the limbs, their regions, and their labels are found.
_LIMBS_FOUND, _REGIONS_FOUND, _LABELS_FOUND = 0.03, 0.1, 0.95


def segment(
    image: sitk.Image,
    *,
    model: str = "hrnet",
    region: Literal["auto", "thigh", "leg"] = "auto",
    side: Literal["auto", "right", "left"] = "auto",
    labels: str = DEFAULT_SET,
    device: Device = "auto",
    models_dir: Path | None = None,
    progress: Progress = silent,
) -> Segmentation:
    """Segment the muscles of the thighs and legs in an MR volume.

    Args:
        image: A 3D scalar volume of one or two lower limbs, in any orientation.
        model: A family of models ("hrnet", "unet2d"), or the name of one.
        region: What the volume shows; "auto" asks the classifier, slice by slice. Slices of a region that the named
            model does not segment are left out, and a warning says so.
        side: Which limb it is, when the volume shows one whose position in the scanner does not tell. Of two that are
            found, only one is segmented, the larger or the one that lies on this side; a warning says so.
        labels: The label set: the muscles to tell apart. The default one stands for all that the models tell apart.
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
    labels: str = DEFAULT_SET,
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
    recognised, plans = _recognised(volume, limbs, models, region, wanted, floor, progress)
    shown = {k: name for k, name in recognised.slices.items() if name != "other"}
    regions = {k: name for k, name in shown.items() if name in plans.by_region}
    warnings = warnings_of_models(models.left_out())
    warnings += warnings_of_image(volume, count_non_finite(image))
    warnings += warnings_of_slices(volume, list(recognised.slices), shown)
    warnings += warnings_of_other_region(volume, shown, regions)
    warnings += warnings_of_second_limb(volume, recognised.limbs, side)
    limbs = recognised.limbs.on(regions)
    warnings += warnings_of_sides(limbs, recognised.mirrored)
    warnings += warnings_of_border(volume, limbs)
    warnings += warnings_of_labels(wanted, plans.unknown)
    stored = volume.new_labels()
    axial = volume.view(stored)
    count = _Counter(sum(map(len, limbs.by_side.values())), progress)
    pieces = {}
    for name, slices in limbs.by_side.items():
        parts = [
            (plan, [limb for limb in slices if regions[limb.slice] == key]) for key, plan in plans.by_region.items()
        ]
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
    warnings += warnings_of_muscles(volume, axial, plans.labels, pieces)
    progress(1.0, "Done")
    cards = {plan.model.card.name: plan.model.card for plan in plans.by_region.values()}
    return Segmentation(volume.label_image(stored), plans.labels, tuple(cards.values()), tuple(warnings))


def _limbs(volume: AxialVolume, side: Literal["auto", "right", "left"]) -> tuple[Limbs, float]:
    """The limbs, and the value that stands for no signal; the foreground that tells both is let go."""
    foreground = find_foreground(volume)
    return find_limbs(volume, foreground, side), foreground.floor


def _recognised(
    volume: AxialVolume,
    limbs: Limbs,
    models: Models,
    region: Literal["auto", "thigh", "leg"],
    wanted: LabelSet,
    floor: float,
    progress: Progress,
) -> tuple[Recognised, Plans]:
    """What the limbs are, without what turns out to be none, and how their regions are labelled."""

    def done(part: float) -> None:
        progress(_LIMBS_FOUND + part * (_REGIONS_FOUND - _LIMBS_FOUND), "Telling thigh from leg")

    def planned(limbs: Limbs, done: Callable[[float], None]) -> tuple[Recognised, Plans]:
        recognised = recognise(volume, limbs, models, region, floor, done)
        found = {name for name in recognised.slices.values() if name != "other"}
        only = models.only_region() if region == "auto" else None
        if only is not None and only not in found:
            raise InputError(
                f"This looks like the {' and the '.join(sorted(found))}, of which the model that was chosen segments "
                f"nothing. Choose another model or, if it is the {only}, say so with the region (--region {only})."
            )
        return recognised, plan_regions(models, found if only is None else {only}, wanted)

    if limbs.doubtful is None:
        return planned(limbs, done)
    recognised, plans = planned(limbs, lambda _: done(0.0))
    doubtful = [limb for limb in limbs.by_side[limbs.doubtful] if recognised.slices[limb.slice] in plans.by_region]
    if looks_like_limb(volume, doubtful, recognised.slices, plans.by_region, floor):
        return recognised, plans
    return planned(limbs.without_doubtful(volume), done)


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
