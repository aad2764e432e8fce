"""What was measured saved as DICOM, with the patient of the series that was segmented."""

import pydicom
import pytest
import slicer

from MuscleSegLib.slicer import imageFromVolumeNode
from Testing.MuscleSeg.held_jobs import MUSCLES
from Testing.MuscleSeg.test_panel_biomarkers import measured  # noqa: F401
from Testing.report.scan_files import PATIENT, write_scan


@pytest.fixture
def series(measured, volume, tmp_path):  # noqa: F811, ARG001
    """The folder of the series that the measured volume is of."""
    write_scan(tmp_path / "scan", imageFromVolumeNode(volume))
    return tmp_path / "scan"


@pytest.fixture
def loaded(series, volume):
    """The same, loaded from Slicer's database: the volume says so as the plugins for DICOM do."""
    for path in series.iterdir():
        slicer.app.dicomDatabase().insert(str(path), False, False)
    instances = [str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in series.iterdir()]
    volume.SetAttribute("DICOM.instanceUIDs", " ".join(instances))
    return series


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    return folder


def save(panel, application, *answers):
    application.dialogs.will_be_answered(*map(str, answers))
    panel.ui.exportDicomButton.click()


def assert_saved(folder):
    segmentation, report = (pydicom.dcmread(folder / name) for name in ("segmentation.dcm", "measures.dcm"))
    assert len(segmentation.SegmentSequence) == len(MUSCLES)
    assert segmentation.PatientName == report.PatientName == PATIENT


def test_results_refer_to_the_series_that_slicer_loaded(panel, application, jobs, loaded, results):  # noqa: ARG001
    save(panel, application, results)
    jobs.all[-1].run()

    assert_saved(results)
    assert str(results) in panel.ui.measureStatusLabel.text


def test_a_series_that_slicer_did_not_load_is_asked_for(panel, application, jobs, series, results):
    save(panel, application, series, results)
    jobs.all[-1].run()

    assert "series" in application.dialogs.shown[0]["windowTitle"]
    assert_saved(results)


def test_a_series_that_is_not_where_it_was_is_asked_for(panel, application, jobs, loaded, results):
    moved = loaded.rename(loaded.with_name("moved"))

    save(panel, application, moved, results)

    assert jobs.all[-1].argument("--image") == str(moved)


@pytest.mark.parametrize("answers", [[""], ["scan", ""]])
def test_nothing_is_saved_when_the_user_would_rather_not(panel, application, measured, jobs, answers):  # noqa: F811, ARG001
    before = len(jobs.all)

    save(panel, application, *answers)

    assert len(jobs.all) == before


@pytest.mark.parametrize(("answer", "saved"), [("Ok", 1), ("Cancel", 0)])
def test_results_are_replaced_only_when_the_user_says_so(panel, application, jobs, loaded, results, answer, saved):  # noqa: ARG001
    import qt

    (results / "measures.dcm").write_bytes(b"older")
    before = len(jobs.all)
    application.dialogs.will_be_answered(str(results), getattr(qt.QMessageBox, answer))

    panel.ui.exportDicomButton.click()

    assert "holds measures.dcm already" in application.dialogs.shown[-1]["text"]
    assert len(jobs.all) == before + saved


def test_what_is_not_in_the_scene_any_more_is_a_sentence(panel, application, measured, volume):  # noqa: F811, ARG001
    application.dialogs.will_be_answered(None)
    application.scene.RemoveNode(volume)

    panel.ui.exportDicomButton.click()

    assert "not in the scene any more" in application.dialogs.shown[0]["text"]
