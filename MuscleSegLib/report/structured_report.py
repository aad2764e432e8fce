"""The measures as a DICOM structured report after template TID 1500, Measurement Report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

import highdicom as hd
import pandas as pd
from highdicom import sr
from pydicom.sr.codedict import codes

from MuscleSegLib import __version__
from MuscleSegLib.report.columns import MeasureColumn, measure_columns
from MuscleSegLib.report.dicom_codes import (
    CUT_BY_FIELD_OF_VIEW,
    FAT_GROUP,
    derivation_code,
    fat_group_code,
    laterality_code,
    quantity_code,
    skeletal_muscle_code,
    unit_code,
    yes_or_no,
)
from MuscleSegLib.report.dicom_segmentation import MANUFACTURER, NOTICE, PRODUCT
from MuscleSegLib.report.dicom_source import DicomSource

if TYPE_CHECKING:
    from MuscleSegLib.biomarkers.measurements import Measurements

_SERIES_NUMBER = 9002
#: The same for every report: it identifies the observer, which is this program.
_OBSERVER_UID = hd.UID.from_uuid(str(uuid5(NAMESPACE_URL, "MuscleSeg")))


def structured_report(
    measurements: Measurements, segmentation: hd.seg.Segmentation, source: DicomSource
) -> sr.ComprehensiveSR:
    """Make a structured report of every measure that has a value.

    A muscle is a volumetric region of interest (TID 1411) that refers to its segment; a group of muscles, which is no
    segment, is a group of measurements (TID 1501). Codes are of SNOMED CT, DCM and UCUM, and private (99MUSCLESEG)
    where these have none. Warnings, and that it is not for diagnostic use, stand as comments.

    Args:
        measurements: What was measured.
        segmentation: On what; made by :func:`~MuscleSegLib.report.dicom_segmentation.dicom_segmentation`.
        source: The series that was segmented.
    """
    columns = measure_columns(measurements.muscles)
    segments = {
        segmentation.get_segment_description(number).tracking_id: number for number in segmentation.segment_numbers
    }
    groups = [
        _structure(row, columns, segmentation, segments.get(_title(row)) if row["kind"] == "muscle" else None, source)
        for _, row in measurements.muscles.iterrows()
    ]
    content = sr.MeasurementReport(
        observation_context=_context(),
        procedure_reported=codes.LN.MRIUnspecifiedBodyRegion,
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
        referenced_images=list(source.slices),
    )
    content[0].ContentSequence.append(_comments([f"{NOTICE}.", *measurements.warnings]))
    report = sr.ComprehensiveSR(
        evidence=[*source.slices, segmentation],
        content=content[0],
        series_instance_uid=hd.UID(),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=False,
        is_verified=False,
    )
    report.SeriesDescription = f"Muscle measures. {NOTICE}"
    return report


def _context() -> sr.ObservationContext:
    device = sr.DeviceObserverIdentifyingAttributes(
        uid=_OBSERVER_UID, name=PRODUCT, manufacturer_name=MANUFACTURER, model_name=f"{PRODUCT} {__version__}"
    )
    return sr.ObservationContext(
        observer_device_context=sr.ObserverContext(
            observer_type=codes.DCM.Device, observer_identifying_attributes=device
        )
    )


def _structure(
    row: pd.Series,
    columns: Sequence[MeasureColumn],
    segmentation: hd.seg.Segmentation,
    segment: int | None,
    source: DicomSource,
) -> sr.VolumetricROIMeasurementsAndQualitativeEvaluations | sr.MeasurementsAndQualitativeEvaluations:
    """The measurements of one row; those without a value are left out."""
    description = None if segment is None else segmentation.get_segment_description(segment)
    kind = skeletal_muscle_code() if description is None else _without_side(description.segmented_property_type)
    shared: dict[str, Any] = {
        "finding_type": kind,
        "finding_sites": [sr.FindingSite(kind, laterality_code(row["side"]))],
        "measurements": [
            sr.Measurement(
                name=quantity_code(column),
                value=float(row[column.name]),
                unit=unit_code(column),
                derivation=derivation_code(column),
            )
            for column in columns
            if pd.notna(row[column.name])
        ],
        "qualitative_evaluations": _evaluations(row),
        "algorithm_id": sr.AlgorithmIdentification(PRODUCT, __version__),
    }
    if segment is None or description is None:
        return sr.MeasurementsAndQualitativeEvaluations(
            tracking_identifier=sr.TrackingIdentifier(hd.UID(), _title(row)), **shared
        )
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(description.tracking_uid, _title(row)),
        referenced_segment=sr.ReferencedSegment(
            sop_class_uid=segmentation.SOPClassUID,
            sop_instance_uid=segmentation.SOPInstanceUID,
            segment_number=segment,
            source_series=sr.SourceSeriesForSegmentation(source.series_uid),
        ),
        **shared,
    )


def _title(row: pd.Series) -> str:
    return f"{row['name']} {row['side']}".rstrip()


def _without_side(concept: sr.CodedConcept) -> sr.CodedConcept:
    """The concept without the modifier that a segment carries it with: a finding site has its own."""
    return sr.CodedConcept(concept.value, concept.scheme_designator, concept.meaning)


def _evaluations(row: pd.Series) -> list[sr.QualitativeEvaluation]:
    evaluations = [sr.QualitativeEvaluation(CUT_BY_FIELD_OF_VIEW, yes_or_no(bool(row["cut_by_field_of_view"])))]
    if group := fat_group_code(row.get("g20", "")):
        evaluations.append(sr.QualitativeEvaluation(FAT_GROUP, group))
    return evaluations


def _comments(texts: Sequence[str]) -> sr.ContainerContentItem:
    """Sentences as the container of qualitative evaluations that TID 1500 ends with."""
    container = sr.ContainerContentItem(
        name=sr.CodedConcept("C0034375", "UMLS", "Qualitative Evaluations"),
        relationship_type=sr.RelationshipTypeValues.CONTAINS,
    )
    container.ContentSequence = sr.ContentSequence(
        [
            sr.TextContentItem(name=codes.DCM.Comment, value=text, relationship_type=sr.RelationshipTypeValues.CONTAINS)
            for text in texts
        ]
    )
    return container
