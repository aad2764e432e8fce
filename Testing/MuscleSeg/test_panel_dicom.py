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
def several(series, volume):
    """The same folder with another series in it, which begins elsewhere."""
    other = imageFromVolumeNode(volume)
    other.SetOrigin((0, 0, 500))
    write_scan(series, other[:, :, :2], number=12)
    return series


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    return folder


def save(panel, application, *answers):
    application.dialogs.will_be_answered(*answers)
    panel.ui.exportDicomButton.click()


def chooses(beginning):
    """Answers a list by what begins so; None: cancels it."""

    def choose(dialog):
        if beginning is None:
            return 0
        dialog.setTextValue(next(text for text in dialog.comboBoxItems() if text.startswith(beginning)))
        return 1

    return choose


def assert_saved(folder):
    segmentation, report = (pydicom.dcmread(folder / name) for name in ("segmentation.dcm", "measures.dcm"))
    assert len(segmentation.SegmentSequence) == len(MUSCLES)
    assert segmentation.PatientName == report.PatientName == PATIENT


def test_results_refer_to_the_series_that_slicer_loaded(panel, application, jobs, loaded, results):  # noqa: ARG001
    save(panel, application, str(results))
    jobs.all[-1].run()

    assert_saved(results)
    assert str(results) in panel.ui.measureStatusLabel.text


def test_a_series_that_slicer_did_not_load_is_asked_for(panel, application, jobs, series, results):
    save(panel, application, str(series), str(results))
    jobs.all[-1].run()

    assert "series" in application.dialogs.shown[0]["windowTitle"]
    assert_saved(results)


def test_a_series_that_is_not_where_it_was_is_asked_for(panel, application, jobs, loaded, results):
    moved = loaded.rename(loaded.with_name("moved"))

    save(panel, application, str(moved), str(results))

    assert jobs.all[-1].argument("--image") == str(moved)


def test_of_several_series_in_a_folder_the_user_chooses_one(panel, application, jobs, several, results):
    titles = []

    def choose(dialog):
        titles.extend(dialog.comboBoxItems())
        return chooses("3:")(dialog)

    save(panel, application, str(several), choose, str(results))
    jobs.all[-1].run()

    assert titles == ["3: series 3 (6 images)", "12: series 12 (2 images)"]
    assert jobs.all[-1].argument("--image") == f"{several}#3"
    assert_saved(results)


@pytest.mark.parametrize("chosen", [[], [None], ["3:", ""]])
def test_nothing_is_saved_when_the_user_would_rather_not(panel, application, jobs, several, chosen):
    before = len(jobs.all)
    answers = [str(several), chooses(chosen[0]), *chosen[1:]] if chosen else [""]

    save(panel, application, *answers)

    assert len(jobs.all) == before


@pytest.mark.parametrize(("chosen", "path"), [("12:", "{}#12"), ("All", "{}"), (None, "/before")])
def test_the_echoes_are_a_series_of_a_folder_or_all_of_them(panel, application, several, chosen, path):
    panel.ui.t2EchoesEdit.currentPath = "/before"
    application.dialogs.will_be_answered(str(several), chooses(chosen))

    panel.ui.t2EchoesFolderButton.click()

    assert panel.logic.getParameterNode().t2Echoes == path.format(several)


def test_a_folder_without_dicom_files_holds_the_echoes(panel, application, tmp_path):
    application.dialogs.will_be_answered(str(tmp_path))

    panel.ui.t2EchoesFolderButton.click()

    assert panel.ui.t2EchoesEdit.currentPath == str(tmp_path)


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
