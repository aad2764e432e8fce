"""Tests for ``muscleseg report``."""

import json
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
import SimpleITK as sitk
from pypdf import PdfReader

from MuscleSegLib.biomarkers import Measurements
from MuscleSegLib.biomarkers.measurement_files import write_measurements
from MuscleSegLib.cli import main
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume
from MuscleSegLib.segmentation.segmentation_writing import write_labelled_volume
from Testing.report.scan_files import write_scan

_DICOM = ("--image", "@scan", "--segmentation", "@muscles.seg.nrrd")
_OTHER_FORMAT = ("--image", "@thigh.nii.gz", "--segmentation", "@muscles.seg.nrrd")


@pytest.fixture
def visit(tmp_path: Path, measurements: Measurements, labels: LabelledVolume, image: sitk.Image) -> Path:
    """A folder with the scan as DICOM and as NIfTI, its segmentation and its measures."""
    write_measurements(measurements, tmp_path / "measures.json")
    write_scan(tmp_path / "scan", image)
    sitk.WriteImage(image, str(tmp_path / "thigh.nii.gz"))
    write_labelled_volume(labels, tmp_path / "muscles.seg.nrrd", {})
    return tmp_path


def _run(folder: Path, *arguments: str) -> int:
    return main(["report", str(folder / "measures.json"), *(text.replace("@", f"{folder}/") for text in arguments)])


def test_page_sheets_and_dicom_are_written_and_named(visit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(visit, "-o", "@a.html", "@a.pdf", "--dicom", "@dicom", *_DICOM) == 0
    printed = capsys.readouterr()
    written = [visit / name for name in ("a.html", "a.pdf", "dicom/segmentation.dcm", "dicom/measures.dcm")]
    assert printed.out.splitlines() == [str(path) for path in written]
    assert all(path.stat().st_size > 5000 for path in written)
    assert "warning: Cut by the field of view" in printed.err
    # Only DICOM carries the name; it is not said, and not in the report.
    assert pydicom.dcmread(written[3]).PatientName == "Mustermann^Erika"
    text = (visit / "a.html").read_text(encoding="utf-8") + PdfReader(visit / "a.pdf").pages[0].extract_text()
    assert "A-017" in text
    assert "Mustermann" not in text + printed.out + printed.err


def test_the_name_is_there_when_it_is_asked_for(visit: Path) -> None:
    assert _run(visit, "-o", "@a.html", *_DICOM, "--with-name") == 0
    assert "Erika Mustermann" in (visit / "a.html").read_text(encoding="utf-8")
    assert _run(visit, "-o", "@b.html", "--patient", "Subject 5") == 0
    assert "Subject 5" in (visit / "b.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "nothing to write"),
        (("-o", "@report.txt"), "written as .html or .pdf"),
        (("-o", "@nowhere/report.pdf"), "nowhere does not exist"),
        (("-o", "@thigh.html", "@old.html"), "is there already"),
        (("--dicom", "@out", "--image", "@scan"), "its segmentation with --segmentation"),
        (("--dicom", "@out", *_OTHER_FORMAT), "no DICOM series"),
        (("-o", "@a.html", "--dicom", "@scan", *_DICOM), "folder of the series"),
        (("-o", "@a.html", "--with-name"), "taken from a DICOM series"),
        (("-o", "@a.html", "--with-name", "--image", "@scan"), "another patient would not be noticed"),
        (("-o", "@a.html", "--with-name", *_OTHER_FORMAT), "no DICOM series"),
        (("-o", "@a.html", "--image", "@thigh.nii.gz"), "give the segmentation of --image"),
        (("-o", "@a.html", "--retest", "@agreement.json"), "name an earlier visit with --since"),
        (("-o", "@a.html", "--since", "@scan"), "no file of measures"),
        (("-o", "@a.html", "--since", "@measures.json"), "measures.json is given twice"),
        (("-o", "@a.html", "--segmentation", "@thigh.nii.gz"), "thigh"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence_and_nothing_is_written(
    visit: Path, arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (visit / "old.html").write_text("older")
    before = sorted(visit.rglob("*"))
    assert _run(visit, *arguments) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("muscleseg: ") and sentence in error
    assert sorted(visit.rglob("*")) == before
    assert (visit / "old.html").read_text() == "older"


def test_an_older_report_is_replaced_when_asked_for(visit: Path) -> None:
    (visit / "a.html").write_text("older")
    assert _run(visit, "-o", "@a.html", "--overwrite") == 0
    assert "vastus lateralis" in (visit / "a.html").read_text(encoding="utf-8")


def test_page_sheets_and_dicom_are_all_there_or_none(visit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("MuscleSegLib.report.pdf.write_pdf", interrupted)
    (visit / "dicom").mkdir()
    before = sorted(visit.rglob("*"))
    assert _run(visit, "-o", "@a.html", "@a.pdf", "--dicom", "@dicom", *_DICOM) == 130
    assert sorted(visit.rglob("*")) == before


def test_a_program_is_told_line_by_line(visit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json-lines", "report", str(visit / "measures.json"), "-o", str(visit / "a.html")]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[-2:] == [{"type": "file", "path": str(visit / "a.html")}, {"type": "done"}]
    assert "warning" in {event["type"] for event in events}


def test_another_segmentation_than_was_measured_is_refused(
    visit: Path, labels: LabelledVolume, capsys: pytest.CaptureFixture[str]
) -> None:
    edited = replace(labels, image=sitk.ChangeLabel(labels.image, {250: 0}))
    write_labelled_volume(edited, visit / "edited.seg.nrrd", {})
    assert _run(visit, "-o", "@a.html", "--segmentation", "@edited.seg.nrrd") == 2
    assert "oedema & <haematoma> has 0.00 cm³ in it" in capsys.readouterr().err
    assert not (visit / "a.html").exists()


def _date_scan(folder: Path, day: str) -> None:
    for path in folder.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.StudyDate = day
        dataset.save_as(path)


@pytest.mark.parametrize("wanted", [("-o", "@a.html", "--with-name"), ("--dicom", "@out")])
def test_a_series_of_another_day_than_was_measured_gives_no_name(
    visit: Path, wanted: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    # Its grid may be the same: scanners repeat their protocols. The report would carry another patient's name.
    _date_scan(visit / "scan", "20270304")
    assert _run(visit, *wanted, *_DICOM) == 2
    assert "are of 2026-03-04, but the DICOM series was scanned on 2027-03-04" in capsys.readouterr().err
    assert not (visit / "a.html").exists() and not (visit / "out").exists()


def test_a_series_of_the_same_day_or_measures_without_a_date_are_taken(visit: Path, measurements: Measurements) -> None:
    _date_scan(visit / "scan", "20260304")
    assert _run(visit, "-o", "@a.html", "--with-name", *_DICOM) == 0
    _date_scan(visit / "scan", "20270304")
    write_measurements(replace(measurements, about={**measurements.about, "scan_date": ""}), visit / "measures.json")
    assert _run(visit, "-o", "@b.html", "--with-name", *_DICOM) == 0
