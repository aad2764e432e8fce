"""Tests for label maps as DICOM Segmentations."""

from dataclasses import replace
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.report.dicom_segmentation import dicom_segmentation
from MuscleSegLib.report.dicom_source import DicomSource, read_dicom_source
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume
from Testing.report.scan_files import PATIENT, write_scan

OBLIQUE = (0.0, 0.6, 0.8, 1.0, 0.0, 0.0, 0.0, 0.8, -0.6)


def _turned(image: sitk.Image) -> sitk.Image:
    turned = sitk.Image(image)
    turned.SetDirection(OBLIQUE)
    return turned


@pytest.fixture(params=["axial", "oblique"])
def scan(request: pytest.FixtureRequest, tmp_path: Path, image: sitk.Image, labels: LabelledVolume):
    """A series on disk, and the label map that lies on it."""
    turn = _turned if request.param == "oblique" else sitk.Image
    write_scan(tmp_path / "scan", turn(image))
    return read_dicom_source(tmp_path / "scan"), replace(labels, image=turn(labels.image))


def _written(segmentation: hd.seg.Segmentation, folder: Path) -> hd.seg.Segmentation:
    segmentation.save_as(folder / "segmentation.dcm")
    return hd.seg.segread(folder / "segmentation.dcm")


def test_labels_come_back_where_they_were(scan: tuple[DicomSource, LabelledVolume], tmp_path: Path) -> None:
    source, labels = scan
    read = _written(dicom_segmentation(labels, source), tmp_path)
    volume = read.get_volume(combine_segments=True)
    values = {n: label.value for n, label in enumerate(labels.labels, 1)} | {0: 0}
    found = volume.array
    for index in np.argwhere(found):
        point = volume.map_indices_to_reference(index[None])[0]
        own = labels.image.TransformPhysicalPointToIndex(point.tolist())
        assert labels.image[own] == values[found[tuple(index)]]
    assert np.count_nonzero(found) == np.count_nonzero(sitk.GetArrayViewFromImage(labels.image))


def test_segments_are_named_coded_and_coloured(scan: tuple[DicomSource, LabelledVolume], tmp_path: Path) -> None:
    source, labels = scan
    read = _written(dicom_segmentation(labels, source), tmp_path)
    assert read.SegmentationType == "BINARY"
    described = [read.get_segment_description(number) for number in read.segment_numbers]
    assert [segment.segment_label for segment in described] == [label.title for label in labels.labels]
    by_label = {segment.segment_label: segment for segment in described}
    left = by_label["vastus lateralis left"].SegmentedPropertyTypeCodeSequence[0]
    assert (left.CodeValue, left.CodingSchemeDesignator) == ("1403006", "SCT")
    assert left.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning == "Left"
    right = by_label["semimembranosus right"].SegmentedPropertyTypeCodeSequence[0]
    assert right.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning == "Right"
    own = by_label["oedema & <haematoma>"].SegmentedPropertyTypeCodeSequence[0]
    assert own.CodingSchemeDesignator == "99MUSCLESEG"
    assert "SegmentedPropertyTypeModifierCodeSequence" not in own
    for label in labels.labels:
        colour = hd.color.CIELabColor.from_dicom_value(by_label[label.title].RecommendedDisplayCIELabValue).to_rgb()
        np.testing.assert_allclose(colour, label.color, atol=3)


def test_it_belongs_to_the_patient_and_series_and_says_what_made_it(
    scan: tuple[DicomSource, LabelledVolume], tmp_path: Path
) -> None:
    source, labels = scan
    read = _written(dicom_segmentation(labels, source), tmp_path)
    assert read.PatientName == PATIENT
    assert read.StudyInstanceUID == source.slices[0].StudyInstanceUID
    assert read.SeriesInstanceUID != source.series_uid
    (series,) = read.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == source.series_uid
    referred = {item.ReferencedSOPInstanceUID for item in series.ReferencedInstanceSequence}
    assert referred <= {dataset.SOPInstanceUID for dataset in source.slices}
    assert "not for diagnostic use" in read.SeriesDescription
    algorithm = read.get_segment_description(1).SegmentationAlgorithmIdentificationSequence[0]
    assert "thigh-test 1.0 (sha256 0123abcd)" in algorithm.AlgorithmParameters


def test_an_empty_segmentation_and_one_of_another_image_are_refused(
    scan: tuple[DicomSource, LabelledVolume],
) -> None:
    source, labels = scan
    with pytest.raises(InputError, match="empty"):
        dicom_segmentation(replace(labels, image=labels.image * 0), source)
    elsewhere = sitk.Image(labels.image)
    elsewhere.SetOrigin((0.7, 0.0, 0.0))
    with pytest.raises(InputError, match="DICOM series that was segmented"):
        dicom_segmentation(replace(labels, image=elsewhere), source)


def test_patient_name_is_written_as_a_person_writes_it(scan: tuple[DicomSource, LabelledVolume]) -> None:
    source, _ = scan
    assert source.patient_name == "Erika Mustermann"
    for dataset in source.slices:
        dataset.PatientName = ""
    assert source.patient_name == ""


def test_an_image_that_is_no_dicom_is_refused_with_what_to_do(image: sitk.Image, tmp_path: Path) -> None:
    sitk.WriteImage(image, str(tmp_path / "scan.nii.gz"))
    with pytest.raises(InputError, match="is no DICOM series"):
        read_dicom_source(tmp_path / "scan.nii.gz")


def test_a_series_stripped_of_the_patient_can_be_referred_to_but_not_one_without_a_frame_of_reference(
    image: sitk.Image, labels: LabelledVolume, tmp_path: Path
) -> None:
    write_scan(tmp_path / "scan", image)
    for file in (tmp_path / "scan").iterdir():
        dataset = pydicom.dcmread(file)
        del dataset.PatientName, dataset.PatientID
        dataset.save_as(file)
    source = read_dicom_source(tmp_path / "scan")
    assert _written(dicom_segmentation(labels, source), tmp_path).PatientID == ""
    for file in (tmp_path / "scan").iterdir():
        dataset = pydicom.dcmread(file)
        del dataset.FrameOfReferenceUID
        dataset.save_as(file)
    with pytest.raises(InputError, match="lack FrameOfReferenceUID"):
        read_dicom_source(tmp_path / "scan")
