"""What the measures are called in DICOM: codes of SNOMED CT, DCM and UCUM, and private ones where there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from highdicom.sr import CodedConcept
from pydicom.sr.codedict import codes

from MuscleSegLib.anatomy.terminology import CATEGORY, GENERIC_MUSCLE, LATERALITY

if TYPE_CHECKING:
    from MuscleSegLib.report.columns import MeasureColumn
    from MuscleSegLib.segmentation.labelled_volume import VolumeLabel

#: Designators that begin with 99 are private (PS3.3, 8.2).
PRIVATE_SCHEME = "99MUSCLESEG"

ANATOMICAL_STRUCTURE = CodedConcept(CATEGORY[1], CATEGORY[0], CATEGORY[2])
CUT_BY_FIELD_OF_VIEW = CodedConcept("CUT_BY_FOV", PRIVATE_SCHEME, "Cut by the field of view")
FAT_GROUP = CodedConcept("FAT_GROUP", PRIVATE_SCHEME, "Fat fraction group (20 %)")
_FAT_GROUPS = {
    "G20+": CodedConcept("G20+", PRIVATE_SCHEME, "Fat fraction above 20 %"),
    "G20-": CodedConcept("G20-", PRIVATE_SCHEME, "Fat fraction of 20 % or less"),
}

_QUANTITIES = {
    "ff": codes.DCM.FatFraction,
    "t2": codes.DCM.T2,
    "mtr": codes.DCM.MagnetizationTransferRatio,
    "volume": codes.SCT.Volume,
    "largest_area": codes.SCT.Area,
    "mean_area": codes.SCT.Area,
    "length": codes.SCT.Length,
}
_DERIVATIONS = {
    "mean": codes.SCT.Mean,
    "sd": codes.SCT.StandardDeviation,
    "median": codes.SCT.Median,
    "p5": codes.SCT._5thPercentileValueOfPopulation,
    "p95": codes.SCT._95thPercentileValueOfPopulation,
}
#: What is told of the voxels of a map, and how it is abbreviated in a private code.
_COUNTS = {"told": "TOLD", "covered": "COV", "voxels_used": "USED", "voxels_left_out": "LEFT"}
#: Derivations of measures that are no statistic of a map.
_SHAPE_DERIVATIONS = {"largest_area": codes.SCT.Maximum, "mean_area": codes.SCT.Mean}
_UNITS = {
    "percent": codes.UCUM.Percent,
    "ms": codes.UCUM.Millisecond,
    "cm3": codes.UCUM.CubicCentimeter,
    "mm2": codes.UCUM.SquareMillimeter,
    "mm": codes.UCUM.Millimeter,
    "hz": codes.UCUM.Hertz,
    "per_s": codes.UCUM.PerSecond,
    "": codes.UCUM.NoUnits,
}


def structure_code(label: VolumeLabel) -> CodedConcept:
    """What a label outlines: its SNOMED CT concept, that of skeletal muscle for a muscle without one of its own.

    What is no muscle of the table, such as a label of the user's own, gets a private code with its name.
    """
    if label.snomed_code:
        return CodedConcept(label.snomed_code, "SCT", label.snomed_meaning)
    if label.abbreviation:
        return skeletal_muscle_code()
    return CodedConcept(f"LABEL_{label.value}", PRIVATE_SCHEME, label.name[:64])


def skeletal_muscle_code() -> CodedConcept:
    """The concept of a muscle that has no code of its own, or of several muscles."""
    code, meaning = GENERIC_MUSCLE
    return CodedConcept(code, "SCT", meaning)


def laterality_code(side: str) -> CodedConcept | None:
    """The concept of ``right`` or ``left``; None for no side."""
    if side not in LATERALITY:
        return None
    scheme, code, meaning = LATERALITY[side]
    return CodedConcept(code, scheme, meaning)


def quantity_code(column: MeasureColumn) -> CodedConcept:
    """What a column measures."""
    if column.statistic in _COUNTS:
        # A code has 16 characters at most where every reader shall know it.
        code = f"{column.quantity.upper().replace('_', '')[:11]}_{_COUNTS[column.statistic]}"
        return CodedConcept(code, PRIVATE_SCHEME, column.title)
    if known := _QUANTITIES.get(column.quantity):
        return CodedConcept.from_code(known)
    return CodedConcept(column.quantity.upper()[:16], PRIVATE_SCHEME, column.quantity_title)


def derivation_code(column: MeasureColumn) -> CodedConcept | None:
    """How a column sums up what it measures; None where it does not."""
    known = _DERIVATIONS.get(column.statistic) or _SHAPE_DERIVATIONS.get(column.quantity)
    return CodedConcept.from_code(known) if known else None


def unit_code(column: MeasureColumn) -> CodedConcept:
    """The unit in UCUM."""
    return CodedConcept.from_code(_UNITS[column.unit])


def fat_group_code(group: str) -> CodedConcept | None:
    """The concept of ``G20+`` or ``G20-``; None where the fat fraction is not known."""
    return _FAT_GROUPS.get(group)


def yes_or_no(value: bool) -> CodedConcept:
    """The concept of yes or no."""
    return CodedConcept.from_code(codes.SCT.Yes if value else codes.SCT.No)
