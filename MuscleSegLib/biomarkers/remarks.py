"""What a person should know before using a table of measures, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from MuscleSegLib.biomarkers.placement import BESIDE_MM, fit_beside
from MuscleSegLib.biomarkers.statistics import LEAST_TOLD_PERCENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from MuscleSegLib.biomarkers.mapped_labels import MappedLabels
    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume

#: A map that covers less of a muscle's volume does not stand for all of it.
COVERED_PERCENT = 90.0
#: A map in which more of the muscles' voxels have no value is probably not of this label map.
_WITHOUT_VALUE = 0.5
#: Nor is one that muscles fit this well where they are not, relative to where they are. Fewer than so many have
#: neighbours of the same values, and more is allowed them: of 4 to 7 muscles of simulated thighs and legs (FF, T2, MTR)
#: none of 540 that lay right fitted better, and nine in ten of those of another body did. Less than 4 tell nothing.
_FIT_BESIDE, _MANY_MUSCLES = 0.65, 8
_FIT_BESIDE_OF_FEW, _FEWEST_MUSCLES = 1.15, 4
#: A map does not stand for a muscle of whose voxels it tells less: what is left is where it could be told, as water T2
#: is where there is least fat.
_TOLD_PERCENT = 50.0
#: Few patients have more fat (%) than this in most of their muscles, and all maps of the water fraction show more.
_MOSTLY_FAT_PERCENT = 70.0
_WHOSE = "Is the segmentation of the same patient and session, and does it lie on the muscles there?"


def remarks(
    labels: LabelledVolume,
    maps: Sequence[MappedLabels],
    muscles: pd.DataFrame,
    without_value: Mapping[str, float],
    of_sides: Sequence[str],
) -> tuple[str, ...]:
    """Sentences about a table, beginning with those that come with the label map and the maps.

    Args:
        labels: What was measured.
        maps: In which maps.
        muscles: The table, see :class:`MuscleSegLib.biomarkers.measurements.Measurements`.
        without_value: By quantity, which part of all muscles' voxels, 0 to 1, has no value or exactly 0 in the map.
        of_sides: What :func:`MuscleSegLib.biomarkers.sides.remarks_of_sides` says.
    """
    single = muscles[muscles["kind"] == "muscle"]
    sentences = list(labels.warnings)
    for mapped in maps:
        sentences += mapped.map.warnings
    sentences += of_sides
    unknown = _titles(single[single["abbreviation"] == ""])
    if 0 < len(unknown) < len(single):  # none is known of another part of the body, of which there are no groups
        sentences.append(
            f"No muscle is known by these names, so that they count in no group: {', '.join(unknown)}. Rename those "
            "that are of a group."
        )
    cut = _titles(single[single["cut_by_field_of_view"]])
    if len(cut) == len(single) > 1:
        sentences.append("All muscles are cut by the field of view, so that there is more of each than was measured.")
    elif cut:
        sentences.append(f"Cut by the field of view, so that there is more than was measured: {', '.join(cut)}.")
    for mapped in maps:
        quantity, name = mapped.map.quantity, mapped.map.quantity.lower()
        if without_value[quantity] > _WITHOUT_VALUE:
            sentences.append(
                f"{without_value[quantity]:.0%} of the muscles' voxels have no value in the {quantity} map. {_WHOSE}"
            )
        else:
            sentences += _of_place(mapped, len(single))
        covered = single[f"{name}_covered_percent"]
        if listed := _listed(single, covered, COVERED_PERCENT):
            sentences.append(f"The {quantity} map covers only a part of these muscles: {listed}.")
        told = single[f"{name}_told_percent"]
        if listed := _listed(single, told.where(told > 0), LEAST_TOLD_PERCENT):
            sentences.append(
                f"{quantity} could be told in so few voxels of these muscles that no value is given: {listed}."
            )
        if listed := _listed(single, told.where(told >= LEAST_TOLD_PERCENT), _TOLD_PERCENT):
            sentences.append(
                f"{quantity} could be told in less than half of the voxels of these muscles, and stands for those "
                f"alone: {listed}."
            )
        if quantity == "FF" and single["ff_mean_percent"].median() > _MOSTLY_FAT_PERCENT:
            sentences.append(
                f"Most muscles are more than {_MOSTLY_FAT_PERCENT:g} % fat in the FF map. Does it show fat, or water?"
            )
        empty = single[(single[f"{name}_voxels_used"] == 0) & (single[f"{name}_voxels_left_out"] > 0)]
        if len(empty):
            sentences.append(f"No voxel was left to measure {quantity} in: {', '.join(_titles(empty))}.")
    return tuple(dict.fromkeys(sentences))


def _of_place(mapped: MappedLabels, muscles: int) -> list[str]:
    """What to say of where so many muscles lie in a map."""
    quantity = mapped.map.quantity
    if muscles < _FEWEST_MUSCLES:
        takes = f"that takes {_FEWEST_MUSCLES} muscles"
        return [f"Whether the muscles lie right in the {quantity} map was not checked: {takes}."]
    few = muscles < _MANY_MUSCLES
    if not fit_beside(mapped.label_map, mapped.map.image) > (_FIT_BESIDE_OF_FEW if few else _FIT_BESIDE):
        return []
    return [
        f"The muscles fit the {quantity} map {'no' if few else 'little'} better than they would {BESIDE_MM:g} mm "
        f"beside. {_WHOSE} If the patient moved in between, register the image that was segmented with the map."
    ]


def _listed(rows: pd.DataFrame, percent: pd.Series, least: float) -> str:
    """The rows with less than that, each with its number; in short when it is all of them, and empty for none."""
    low = percent < least
    if low.all() and len(rows) > 1:
        extremes = dict.fromkeys(f"{value:.0f} %" for value in (percent.min(), percent.max()))
        return f"all {len(rows)} ({' to '.join(extremes)})"
    pairs = zip(_titles(rows[low]), percent[low], strict=True)
    return ", ".join(f"{title} ({value:.0f} %)" for title, value in pairs)


def _titles(rows: pd.DataFrame) -> list[str]:
    pairs: Iterable[tuple[str, str]] = zip(rows["name"], rows["side"], strict=True)
    return [f"{name} {side}".rstrip() for name, side in pairs]
