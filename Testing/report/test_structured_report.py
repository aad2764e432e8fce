"""Tests for the measures as a DICOM structured report."""

from dataclasses import replace
from pathlib import Path

import highdicom as hd
import pydicom
import pytest
import SimpleITK as sitk
from highdicom import sr

from MuscleSegLib.biomarkers import Measurements, measure
from MuscleSegLib.report.dicom_files import dicom_paths, write_dicom
from MuscleSegLib.report.dicom_source import DicomSource, read_dicom_source
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume
from Testing.report.scan_files import PATIENT, write_scan


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory, image: sitk.Image, labels: LabelledVolume, measurements: Measurements
) -> Path:
    """The results in DICOM, beside the series in ``scan``."""
    folder = tmp_path_factory.mktemp("dicom")
    write_scan(folder / "scan", image)
    write_dicom(measurements, labels, read_dicom_source(folder / "scan"), folder / "results")
    return folder / "results"


@pytest.fixture(scope="module")
def source(folder: Path) -> DicomSource:
    return read_dicom_source(folder.parent / "scan")


@pytest.fixture(scope="module")
def report(folder: Path) -> sr.ComprehensiveSR:
    return sr.srread(dicom_paths(folder)[1])


@pytest.fixture(scope="module")
def segmentation(folder: Path) -> hd.seg.Segmentation:
    return hd.seg.segread(dicom_paths(folder)[0])


def _groups(report: sr.ComprehensiveSR) -> dict[str, sr.VolumetricROIMeasurementsAndQualitativeEvaluations]:
    return {group.tracking_identifier: group for group in report.content.get_volumetric_roi_measurement_groups()}


def test_it_is_a_measurement_report_of_the_patient(
    report: sr.ComprehensiveSR, source: DicomSource, segmentation: hd.seg.Segmentation
) -> None:
    assert isinstance(report.content, sr.MeasurementReport)
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert report.PatientName == PATIENT
    assert report.StudyInstanceUID == source.slices[0].StudyInstanceUID
    assert (report.VerificationFlag, report.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")
    (study,) = report.CurrentRequestedProcedureEvidenceSequence
    referred = {
        series.SeriesInstanceUID: {item.ReferencedSOPInstanceUID for item in series.ReferencedSOPSequence}
        for series in study.ReferencedSeriesSequence
    }
    assert referred == {
        source.series_uid: {dataset.SOPInstanceUID for dataset in source.slices},
        segmentation.SeriesInstanceUID: {segmentation.SOPInstanceUID},
    }


def test_each_muscle_refers_to_its_segment(
    report: sr.ComprehensiveSR, source: DicomSource, segmentation: hd.seg.Segmentation, labels: LabelledVolume
) -> None:
    groups = _groups(report)
    assert list(groups) == [label.title for label in labels.labels]
    for title, group in groups.items():
        reference, series = group.referenced_segment
        assert reference.referenced_sop_instance_uid == segmentation.SOPInstanceUID
        (number,) = reference.referenced_segment_numbers
        segment = segmentation.get_segment_description(number)
        assert segment.segment_label == title
        assert segment.tracking_uid == group.tracking_uid
        assert series.value == source.series_uid


def test_muscles_and_sides_are_coded(report: sr.ComprehensiveSR) -> None:
    groups = _groups(report)
    (site,) = groups["rectus femoris left"].finding_sites
    assert (site.value.value, site.value.scheme_designator) == ("72226001", "SCT")
    assert site.laterality.meaning == "Left"
    own = groups["oedema & <haematoma>"]
    assert own.finding_type.scheme_designator == "99MUSCLESEG"
    assert own.finding_sites[0].laterality is None


def test_names_of_any_length_and_alphabet_come_back(image: sitk.Image, labels: LabelledVolume, tmp_path: Path) -> None:
    write_scan(tmp_path / "scan", image)
    for file in (tmp_path / "scan").iterdir():
        dataset = pydicom.dcmread(file)
        dataset.SpecificCharacterSet, dataset.PatientName = "ISO_IR 100", "Größmann^Jörg"
        dataset.save_as(file)
    long = "mięsień, of which nobody can say in sixty-four letters where it is, "
    own = [replace(label, name=long + end, side="") for label, end in zip(labels.labels, ("one", "two"), strict=False)]
    named = replace(labels, labels=(*own, *labels.labels[2:]))
    write_dicom(measure(named), named, read_dicom_source(tmp_path / "scan"), tmp_path / "results")
    segmentation, report = dicom_paths(tmp_path / "results")
    groups = _groups(sr.srread(report))
    assert [title for title in groups if title.startswith("mięsień")] == [long + "one", long + "two"]
    numbers = [group.referenced_segment[0].referenced_segment_numbers for group in groups.values()]
    assert numbers == [[n] for n in range(1, len(labels.labels) + 1)]
    assert hd.seg.segread(segmentation).get_segment_description(1).segment_label == long[:64].rstrip()
    assert hd.seg.segread(segmentation).PatientName == "Größmann^Jörg"


def test_a_group_of_muscles_is_a_group_of_measurements_without_a_segment(
    report: sr.ComprehensiveSR, measurements: Measurements
) -> None:
    found = report.content.get_image_measurement_groups()
    wanted = measurements.muscles[measurements.muscles["kind"] == "group"]
    assert len(wanted) == 2
    assert [group.tracking_identifier for group in found] == [
        f"{row['name']} {row['side']}" for _, row in wanted.iterrows()
    ]


def test_fat_and_the_field_of_view_are_evaluated(report: sr.ComprehensiveSR, measurements: Measurements) -> None:
    groups = _groups(report)
    for _, row in measurements.muscles[measurements.muscles["kind"] == "muscle"].iterrows():
        evaluations = {
            evaluation.name.value: evaluation.value.value
            for evaluation in groups[f"{row['name']} {row['side']}".strip()].get_qualitative_evaluations()
        }
        assert evaluations == {
            "CUT_BY_FOV": "373066001" if row["cut_by_field_of_view"] else "373067005",
            "FAT_GROUP": row["g20"],
        }
    assert set(measurements.muscles["g20"]) == {"G20+", "G20-"}


def test_warnings_and_the_notice_are_in_it(report: sr.ComprehensiveSR, measurements: Measurements) -> None:
    comments = [
        item.TextValue
        for container in report.ContentSequence
        if container.ValueType == "CONTAINER" and container.ConceptNameCodeSequence[0].CodeValue == "C0034375"
        for item in container.ContentSequence
    ]
    assert comments == ["For research; not for diagnostic use.", *measurements.warnings]
    assert measurements.warnings
