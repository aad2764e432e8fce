"""Fat fraction, MTR, T2 and volume measured on simulated patients, against what they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import SimpleITK as sitk

from MuscleSegLib.anatomy import LabelSet
from MuscleSegLib.biomarkers.columns import statistic_column
from MuscleSegLib.biomarkers.fatty_muscles import G20_BIAS, G20_PERCENT, G20_SD
from MuscleSegLib.biomarkers.mapped_labels import MappedLabels, map_labels
from MuscleSegLib.biomarkers.measures import measure
from MuscleSegLib.evaluation.agreement import LEAST_PAIRS, agreement
from MuscleSegLib.evaluation.simulated import LEAST_VOLUME_CM3
from MuscleSegLib.evaluation.subjects import in_label_set, region_of, subjects_left_out
from MuscleSegLib.maps.echoes import MultiEchoSeries
from MuscleSegLib.maps.fat_fraction import fat_fraction
from MuscleSegLib.maps.mtr import magnetisation_transfer_ratio
from MuscleSegLib.maps.multi_peak import multi_peak
from MuscleSegLib.maps.parameter_map import UNITS, ParameterMap, map_of
from MuscleSegLib.maps.t2_epg import fit_water_t2
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.registration import register
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume
from MuscleSegLib.segmentation.models import Models
from MuscleSegLib.segmentation.pipeline import segment_with
from MuscleSegLib.segmentation.result import Segmentation
from MuscleSegLib.simulation.patient import (
    SPIN_ECHOES,
    AnatomicalScan,
    SimulatedPatient,
    anatomical_scan,
    simulate_patient,
)
from MuscleSegLib.simulation.patient import Sequence as Scan
from MuscleSegLib.training.config import TrainingConfig

#: Distance of the slices of the simulated body (mm), and how many times thicker those of the T1-weighted image are.
BODY_SLICE_MM, EVERY = 4.0, 2
#: T1-weighted scans of each body in which volumes are compared. No scan shows to a part of a millimetre where a muscle
#: ends: one of each body would tell of these scans, not of the model.
SCANS = 5
#: Whose labels, as sentences call them: the true ones where they lie in the map; the true ones of the T1-weighted
#: image, registered; those that the model found in it, registered.
TRUE, REGISTERED, PREDICTED = "true", "true, registered", "predicted, registered"
#: Water T2 is also summed up without muscles of more fat than this (%), in which hardly any water is left to see.
MOST_FAT_PERCENT = 50.0
_LEAN_T2 = f"T2, fat up to {MOST_FAT_PERCENT:g} %"
#: FF is also summed up for the muscles alone that have more fat than this.
_FATTY_FF = f"FF above {G20_PERCENT:g} %"
#: The largest bias that is aimed at, by measure: with the true label map, and with the predicted one (Hostin 2023,
#: Table 1, of HRNet).
AIMS: Mapping[str, tuple[float, float]] = {
    "FF": (0.1, 0.32),
    _FATTY_FF: (0.1, 0.32),
    "FF of echoes": (0.1, 0.32),
    "MTR": (0.1, 0.19),
    "T2": (0.3, 0.55),
    _LEAN_T2: (0.3, 0.55),
    "volume": (0.0, 0.38),
}
_UNITS = {"FF": "%", _FATTY_FF: "%", "FF of echoes": "%", "MTR": "%", "T2": "ms", _LEAN_T2: "ms", "volume": "cm³"}


@dataclass(frozen=True)
class _Measured:
    """A map of one measure, the scan that it was made of, and which of its images is registered, by role.

    Of a Dixon scan that is the water image: scanners show fat a little beside water, and muscle is what is looked for.
    """

    measure: str
    map: ParameterMap
    scan: Scan
    shows: str


def score_biomarkers(
    models: Models, config: TrainingConfig, data: Path, *, erosion_mm: float = 0.0, progress: Progress = silent
) -> pd.DataFrame:
    """Examine the bodies that ``config`` holds out, and measure every muscle from the images as a user would.

    Args:
        models: Find the predicted labels.
        config: Says what was held out, and of which region.
        data: Where the folders that it names are.
        erosion_mm: Of the labels, the true ones where they lie included.
        progress: Told how far the work is; what it raises stops it.

    Returns:
        One row a body, measure, labels (:data:`TRUE`, :data:`REGISTERED`, :data:`PREDICTED`), side and muscle, of
        volume :data:`SCANS`: truth and measured, in the measure's unit, and of maps the muscle's true fat fraction
        (``ff_percent``). The truth of a map is its mean without noise within the true label on its own grid. Muscles
        with less than :data:`MuscleSegLib.evaluation.simulated.LEAST_VOLUME_CM3` are not listed, nor those that were
        not found.

    Raises:
        ConfigError: The configuration is not of one region, or holds no body out with both its limbs.
    """
    region = region_of(config)
    subjects = subjects_left_out(config, data)
    tables = []
    for number, subject in enumerate(subjects):

        def of_body(fraction: float, message: str, number: int = number, name: str = subject.name) -> None:
            progress((number + fraction) / len(subjects), f"{name}: {message}")

        of_body(0.0, "examining")
        heights = subject.heights_mm(BODY_SLICE_MM)
        for seed in range(number, SCANS * len(subjects), len(subjects)):
            body = subject.body(heights, seed=seed)
            scan = anatomical_scan(body, EVERY)
            found = segment_with(models, scan.image, region=region)
            volumes = _volumes(scan, found, config)
            tables.append(_of_volume(volumes).assign(body=subject.name))
            if seed == number:
                patient = simulate_patient(body, seed, every=EVERY)
                of_maps = _of_maps(patient, volumes, found.label_set, config, erosion_mm, of_body)
                tables.append(of_maps.assign(body=subject.name))
    progress(1.0, "Done")
    return pd.concat(tables, ignore_index=True)


def _volumes(scan: AnatomicalScan, found: Segmentation, config: TrainingConfig) -> dict[str, LabelledVolume]:
    """The labels of a T1-weighted scan, true ones and found ones."""
    known = sitk.Cast(scan.unknown == 0, found.label_map.GetPixelID())
    return {
        REGISTERED: labelled(in_label_set(scan.label, config, found.label_set), found.label_set),
        PREDICTED: labelled(found.label_map * known, found.label_set),
    }


def _of_volume(volumes: Mapping[str, LabelledVolume]) -> pd.DataFrame:
    """The rows of the volumes that were found in a scan."""
    sizes = {whose: large_muscles(labels, (), 0.0)["volume_cm3"] for whose, labels in volumes.items()}
    return _rows("volume", PREDICTED, sizes[REGISTERED], sizes[PREDICTED])


def _of_maps(
    patient: SimulatedPatient,
    volumes: Mapping[str, LabelledVolume],
    label_set: LabelSet,
    config: TrainingConfig,
    erosion_mm: float,
    progress: Progress,
) -> pd.DataFrame:
    """The rows of the maps of one patient."""
    rows = []
    measured = _maps(patient, progress)
    transforms: dict[tuple[int, str], sitk.Transform] = {}
    for number, one in enumerate(measured):
        progress(0.5 + 0.5 * number / len(measured), f"measuring {one.measure}")
        there = labelled(in_label_set(one.scan.label, config, label_set), label_set)
        placed = {TRUE: (there, MappedLabels(one.map, there.image))}
        for labels, volume in volumes.items():
            key = id(one.scan), labels
            if key not in transforms:
                fixed = one.scan.images[one.shows]
                transforms[key] = register(fixed, patient.anatomical.image, muscles=volume.image).transform
            placed[labels] = volume, map_labels(volume, one.map, transform=transforms[key])
        truth = map_of(
            sitk.GetArrayFromImage(one.scan.truth), one.scan.truth, one.map.quantity, method="simulated truth"
        )
        column = statistic_column(one.map.quantity, "mean", UNITS[one.map.quantity])
        expected = large_muscles(there, [MappedLabels(truth, there.image)], erosion_mm)[column]
        for labels, (volume, mapped) in placed.items():
            rows.append(_rows(one.measure, labels, expected, large_muscles(volume, [mapped], erosion_mm)[column]))
    scores = pd.concat(rows, ignore_index=True)
    true_ff = scores[(scores["measure"] == "FF") & (scores["labels"] == TRUE)]
    return scores.merge(true_ff[["muscle", "side", "truth"]].rename(columns={"truth": "ff_percent"}), how="left")


def _maps(patient: SimulatedPatient, progress: Progress) -> list[_Measured]:
    """Every map, from the images alone."""
    dixon, pair, train = (patient.sequences[quantity] for quantity in ("FF", "MTR", "T2"))
    progress(0.1, "making maps of FF")
    of_images = fat_fraction(dixon.images["fat"], dixon.images["water"])
    of_echoes = multi_peak(patient.dixon_echoes).fat_fraction
    progress(0.2, "making a map of MTR")
    ratio = magnetisation_transfer_ratio(pair.images["without_pulse"], pair.images["with_pulse"])
    progress(0.3, "making a map of T2")
    times = [number * SPIN_ECHOES.spacing_ms for number in SPIN_ECHOES.numbers]
    t2 = fit_water_t2(MultiEchoSeries.of(list(train.images.values()), times, {"echoes": "simulated"}))[0]
    return [
        _Measured("FF", of_images, dixon, "water"),
        _Measured("FF of echoes", of_echoes, dixon, "water"),
        _Measured("MTR", ratio, pair, "without_pulse"),
        _Measured("T2", t2, train, "echo_01"),
    ]


def labelled(label_map: sitk.Image, label_set: LabelSet) -> LabelledVolume:
    """A label map in the values of a label set, as it is measured."""
    return LabelledVolume.of(Segmentation(label_map, label_set, cards=()))


def large_muscles(labels: LabelledVolume, maps: Sequence[MappedLabels], erosion_mm: float) -> pd.DataFrame:
    """Measures of muscles that are large enough, by abbreviation and side."""
    muscles = measure(labels, maps, erosion_mm=erosion_mm).muscles
    large = (muscles["kind"] == "muscle") & (muscles["volume_cm3"] >= LEAST_VOLUME_CM3)
    return muscles[large].set_index(["abbreviation", "side"])


def _rows(name: str, labels: str, truth: pd.Series, measured: pd.Series) -> pd.DataFrame:
    """Muscles that are there and were found."""
    both = pd.concat([truth.rename("truth"), measured.rename("measured")], axis=1, join="inner").dropna()
    return both.reset_index().rename(columns={"abbreviation": "muscle"}).assign(measure=name, labels=labels)


def summarise(scores: pd.DataFrame) -> pd.DataFrame:
    """Agreement of measured and true values for each kind of labels and measure, and the bias that is aimed at.

    Returns:
        ``measure``, ``unit``, ``labels``, ``muscles``, ``bias``, its 95 % confidence interval, ``sd``, the limits of
        agreement, ``aim`` and ``reached``.
    """
    of_t2, of_ff = (scores[scores["measure"] == name] for name in ("T2", "FF"))
    parts = [
        of_t2[of_t2["ff_percent"] <= MOST_FAT_PERCENT].assign(measure=_LEAN_T2),
        of_ff[of_ff["ff_percent"] > G20_PERCENT].assign(measure=_FATTY_FF),
    ]
    told = pd.concat(parts).groupby(["measure", "labels"]).filter(lambda own: len(own) >= LEAST_PAIRS)
    everything = pd.concat([scores, told])
    order = {labels: k for k, labels in enumerate((TRUE, REGISTERED, PREDICTED))}
    everything = everything.sort_values("labels", key=lambda of: of.map(order), kind="stable")
    rows = []
    for (name, labels), own in everything.groupby(["measure", "labels"], sort=False):
        agreed = agreement(own["truth"], own["measured"])
        aim = AIMS[str(name)][int(labels == PREDICTED)]
        rows.append(
            {
                "measure": name,
                "unit": _UNITS[str(name)],
                "labels": labels,
                "muscles": agreed.pairs,
                "bias": agreed.bias,
                "bias_low": agreed.bias_low,
                "bias_high": agreed.bias_high,
                "sd": agreed.sd,
                "lower_limit": agreed.lower_limit,
                "upper_limit": agreed.upper_limit,
                "aim": aim,
                "reached": abs(agreed.bias) <= aim,
            }
        )
    return pd.DataFrame(rows)


def error_of_fatty_muscles(summary: pd.DataFrame) -> dict[str, float]:
    """What a card says of FF above 20 % (:mod:`MuscleSegLib.biomarkers.fatty_muscles`), with predicted labels.

    Args:
        summary: From :func:`summarise`.

    Returns:
        Value by measure; empty where there are too few such muscles.
    """
    own = summary[(summary["measure"] == _FATTY_FF) & (summary["labels"] == PREDICTED)]
    return {measure: float(own[column].iloc[0]) for measure, column in ((G20_BIAS, "bias"), (G20_SD, "sd")) if len(own)}
