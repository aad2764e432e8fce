"""Propagation measured on simulated volumes of bodies left out of training, whose labels are known in every slice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from MuscleSegLib.anatomy import label_set
from MuscleSegLib.errors import ConfigError
from MuscleSegLib.evaluation.simulated import LEAST_VOLUME_CM3
from MuscleSegLib.evaluation.subjects import LEAST_SLICE_MM, in_label_set, region_of, subjects_left_out
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.propagation import propagate, slice_motion_of
from MuscleSegLib.segmentation.pipeline import segment_with

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from MuscleSegLib.propagation import Propagation, SliceMotion
    from MuscleSegLib.segmentation.models import Models
    from MuscleSegLib.training.config import TrainingConfig

#: Bodies take turns in being simulated in these contrasts.
SEQUENCES = ("t1", "dixon_water", "opposed_phase")
#: Bodies whose slices are further apart than this, of which few are drawn, are left out of one of the means.
MOST_SLICE_MM = 12.0
#: The mean DSC at which an annotator is content.
CONTENT = 0.95
#: An annotator who takes slices at random is let begin anew so many times: luck decides as much as the order.
RANDOM_ORDERS = 10
#: Slices that an annotator corrects at most.
MOST_CORRECTED = 6
#: An annotator sets a point every so many millimetres of a border that is wrong.
_CLICK_MM = 5.0


@dataclass(frozen=True)
class Case:
    """A simulated volume.

    Attributes:
        body: Whose it is.
        image: What the scanner shows.
        truth: Its labels, in the values of the network's label set.
        found: What the network found; None when none was asked.
        known: (slices, rows, columns) where the truth is known.
    """

    body: str
    image: sitk.Image
    truth: sitk.Image
    found: sitk.Image | None
    known: NDArray[np.bool_]

    def drawn(self) -> NDArray[Any]:
        """(slices, rows, columns) what a reader draws: the truth; where it is unknown, what the network found stays."""
        truth = sitk.GetArrayFromImage(self.truth)
        return truth if self.found is None else np.where(self.known, truth, sitk.GetArrayViewFromImage(self.found))


def with_all_held_out(config: TrainingConfig) -> TrainingConfig:
    """The configuration with every label map held out: for what has learnt from none of them."""
    return replace(config, sources=tuple(replace(source, held_out=("",)) for source in config.sources))


def cases(
    models: Models | None, config: TrainingConfig, data: Path, *, slice_mm: float = LEAST_SLICE_MM
) -> Iterator[Case]:
    """Simulate the bodies that a configuration holds out, and segment them, unless there are no ``models``.

    Args:
        models: Networks.
        config: Of a network.
        data: Where the folders are that it names.
        slice_mm: A body's own slices are thinned out until they are at least this far apart.

    Raises:
        ConfigError: The configuration is not of one region, or holds no body out with both its limbs, or slices cannot
            be so far apart.
    """
    if not 0 < slice_mm < np.inf:
        raise ConfigError(f"Slices cannot be {slice_mm:g} mm apart: give a distance above 0.")
    region = region_of(config)
    wanted = label_set("muscleseg").for_regions([region])
    for seed, subject in enumerate(subjects_left_out(config, data, slice_mm)):
        sequence = SEQUENCES[seed % len(SEQUENCES)]
        volume = subject.volume(subject.own_heights_mm(slice_mm), sequence=sequence, seed=seed)
        found = segment_with(models, volume.image, region=region).label_map if models else None
        truth = in_label_set(volume.label_map, config, wanted)
        known = sitk.GetArrayFromImage(volume.unknown) == 0
        yield Case(subject.name, volume.image, truth, found, known)


def every_fifth(count: int) -> list[int]:
    """Slices 2, 7, 12 and so on of ``count``."""
    return list(range(min(2, count - 1), count, 5))


def three_in_twenty(count: int) -> list[int]:
    """Three slices of each twenty, evenly spread."""
    keys = max(1, round(count * 3 / 20))
    return sorted({round((n + 0.5) * count / keys - 0.5) for n in range(keys)})


def score_key_slices(case: Case, *, progress: Progress = silent) -> pd.DataFrame:
    """The DSC of the slices that were not drawn, with every fifth slice drawn and with three in twenty.

    Returns:
        One row a scheme and source (``drawn`` alone; with a network, ``network`` alone and ``both``): body, slice_mm,
        slices, keys, scheme, source, dsc (mean over muscles) and confidence (mean of what was expected; NaN for the
        network).
    """
    truth = sitk.GetArrayViewFromImage(case.truth)
    motion = slice_motion_of(case.image, progress=progress)
    rows = []
    for scheme in (every_fifth, three_in_twenty):
        keys = scheme(len(truth))
        others = [n for n in range(len(truth)) if n not in keys]
        scores = {}
        if case.found is not None:
            scores["network"] = (_mean_dsc(case, sitk.GetArrayViewFromImage(case.found), others), np.nan)
        for source, network in (("drawn", None), ("both", case.found))[: 1 if case.found is None else 2]:
            result = _carried(case, keys, motion, network)
            dsc = _mean_dsc(case, sitk.GetArrayViewFromImage(result.label_map), others)
            scores[source] = (dsc, float(np.nanmean(result.confidence[:, others])))
        for source, (dsc, confidence) in scores.items():
            rows.append(
                {
                    "body": case.body,
                    "slice_mm": case.image.GetSpacing()[2],
                    "slices": len(truth),
                    "keys": len(keys),
                    "scheme": scheme.__name__.replace("_", " "),
                    "source": source,
                    "dsc": dsc,
                    "confidence": confidence,
                }
            )
    return pd.DataFrame(rows)


def annotate(case: Case, choose: str, *, network: bool = True, spread: bool = True, seed: int = 0) -> pd.DataFrame:
    """Let a simulated annotator correct slice after slice until content, or :data:`MOST_CORRECTED` are corrected.

    Args:
        case: The volume.
        choose: Which slice is next: ``suggested`` (the middle one first), ``random``, or the ``worst``, which only one
            who knows the truth can tell.
        network: Whether the network's result is there to begin with.
        spread: Whether what was corrected is propagated. Without it there is no suggestion, and no limit of slices.
        seed: Of ``random``.

    Returns:
        One row a number of corrected slices: body, choose, seed, network, spread, corrected, dsc (mean over muscles,
        all slices), clicks (so far; a point every 5 mm of a wrong border).
    """
    drawn = case.drawn()
    count = len(drawn)
    motion = slice_motion_of(case.image)
    found = case.found if network else None
    now = np.zeros_like(drawn) if found is None else sitk.GetArrayFromImage(found)
    order = np.random.default_rng(seed).permutation(count).tolist()
    keys: list[int] = []
    clicks = 0
    suggested: int | None = count // 2
    rows = []
    while True:
        dsc = _mean_dsc(case, now, range(count))
        about = {"body": case.body, "choose": choose, "seed": seed, "network": network, "spread": spread}
        rows.append(about | {"corrected": len(keys), "dsc": dsc, "clicks": clicks})
        if dsc >= CONTENT or len(keys) == (min(count, MOST_CORRECTED) if spread else count):
            return pd.DataFrame(rows)
        left = [n for n in order if n not in keys]
        if choose == "worst":
            wrong = ((now != drawn) & case.known).sum((1, 2))
            key = max(left, key=lambda n: wrong[n])
        else:
            key = suggested if choose == "suggested" and suggested is not None else left[0]
        clicks += _clicks(now[key], drawn[key], case.image.GetSpacing()[0])
        keys.append(key)
        if spread:
            result = _carried(case, keys, motion, found)
            now, suggested = sitk.GetArrayFromImage(result.label_map), result.suggested_slice
        else:
            now[key] = drawn[key]


#: What tells the ways of annotating apart.
_WAY = ["network", "spread", "choose"]


def curve(courses: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Mean DSC of each way of annotating with propagation, by the number of corrected slices; who is content stays."""
    corrected = range(MOST_CORRECTED + 1)
    whole = [own.set_index("corrected").reindex(corrected).ffill() for own in courses if own["spread"].all()]
    return pd.concat(whole).reset_index().pivot_table(index=_WAY, columns="corrected", values="dsc")


def where_it_ends(courses: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Corrected slices, clicks and DSC at the end of each way of annotating, and the share that became content."""
    ends = pd.concat([own.tail(1) for own in courses])
    ends["content"] = ends["dsc"] >= CONTENT
    return ends.groupby(_WAY)[["corrected", "clicks", "dsc", "content"]].mean()


def _carried(case: Case, keys: Sequence[int], motion: SliceMotion, network: sitk.Image | None) -> Propagation:
    """What a reader draws in slices ``keys``, carried to the others."""
    whole = case.drawn()
    in_keys = np.zeros_like(whole)
    in_keys[list(keys)] = whole[list(keys)]
    values = set(np.unique(whole).tolist())
    if network is not None:
        values |= set(np.unique(sitk.GetArrayViewFromImage(network)).tolist())
    image = sitk.GetImageFromArray(in_keys)
    image.CopyInformation(case.truth)
    key_slices = {value: frozenset(keys) for value in sorted(values - {0})}
    return propagate(case.image, image, key_slices, network=network, motion=motion)


def _mean_dsc(case: Case, found: NDArray[Any], slices: Sequence[int] | range) -> float:
    """Mean over the muscles of which these slices hold enough; where nothing is known, nothing counts."""
    known = case.known[list(slices)]
    truth = np.where(known, sitk.GetArrayViewFromImage(case.truth)[list(slices)], 0).ravel()
    result = np.where(known, found[list(slices)], 0).ravel()
    sizes = [np.bincount(values, minlength=256) for values in (truth, result, truth[truth == result])]
    least = LEAST_VOLUME_CM3 * 1000 / float(np.prod(case.image.GetSpacing()))
    counted = np.flatnonzero(sizes[0] >= least)
    counted = counted[counted > 0]
    return float(np.mean(2 * sizes[2][counted] / (sizes[0][counted] + sizes[1][counted])))


def _clicks(found: NDArray[Any], truth: NDArray[Any], pixel_mm: float) -> int:
    """Points that an annotator sets along the true borders where a slice is wrong."""
    border = np.zeros(truth.shape, bool)
    border[:-1] |= truth[:-1] != truth[1:]
    border[:, :-1] |= truth[:, :-1] != truth[:, 1:]
    return int(np.ceil((border & (found != truth)).sum() * pixel_mm / _CLICK_MM))
