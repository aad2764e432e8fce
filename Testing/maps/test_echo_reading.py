import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from MuscleSegLib.errors import EchoTimesMissing, InputError
from MuscleSegLib.maps.complex_echoes import read_complex_echoes
from MuscleSegLib.maps.echo_reading import read_echoes
from MuscleSegLib.segmentation.dicom_series import scan_date
from Testing.maps.echo_series import image_of, value_at, write_dicom_echoes, write_multi_frame_echoes

TIMES_MS = [9.5 * number for number in range(1, 13)]


def echo(time_ms: float) -> sitk.Image:
    return image_of(1000 * np.exp(-time_ms / 40) + np.arange(24).reshape(2, 3, 4))


def write_each(folder: Path, times=TIMES_MS, *, sidecars=True) -> list[Path]:
    """One file an echo, named without leading zeros."""
    files = []
    for number, time in enumerate(times, 1):
        files.append(folder / f"scan_e{number}.nii.gz")
        sitk.WriteImage(echo(time), str(files[-1]))
        if sidecars:
            content = {"EchoTime": time / 1000, "EchoNumber": number}
            (folder / f"scan_e{number}.json").write_text(json.dumps(content), encoding="utf-8")
    return files


def write_all(file: Path, times=TIMES_MS) -> Path:
    sitk.WriteImage(sitk.JoinSeries([echo(time) for time in times]), str(file))
    return file


def check(series, times=TIMES_MS) -> None:
    assert series.echo_times_ms == pytest.approx(times)
    for image, time in zip(series.images, times, strict=True):
        expected = echo(time)
        np.testing.assert_allclose(sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(expected), rtol=1e-6)
        np.testing.assert_allclose(image.GetOrigin(), expected.GetOrigin(), atol=1e-4)
        np.testing.assert_allclose(image.GetDirection(), expected.GetDirection(), atol=1e-6)


def test_a_folder_of_echoes_is_read_in_the_order_of_numbers(tmp_path):
    write_each(tmp_path)
    check(read_echoes([tmp_path]))
    for sidecar in tmp_path.glob("*.json"):
        sidecar.unlink()
    check(read_echoes([tmp_path], TIMES_MS))


def test_single_files_take_echo_times_in_the_order_given(tmp_path):
    files = write_each(tmp_path, sidecars=False)
    check(read_echoes(files[::-1], TIMES_MS[::-1]))


def test_a_file_of_all_echoes_takes_echo_times_from_its_sidecar(tmp_path):
    file = write_all(tmp_path / "echoes.nii.gz")
    (tmp_path / "echoes.json").write_text(json.dumps({"EchoTime": [time / 1000 for time in TIMES_MS]}))
    series = read_echoes([file])
    check(series)
    assert series.inputs == {"echoes": "echoes.nii.gz"}


def test_a_sidecar_that_an_editor_saved_with_a_byte_order_mark_counts(tmp_path):
    file = write_all(tmp_path / "echoes.nii.gz")
    (tmp_path / "echoes.json").write_text(json.dumps({"EchoTime": TIMES_MS}), encoding="utf-8-sig")
    check(read_echoes([file]))


def test_echo_times_that_are_given_count_more_than_the_sidecar(tmp_path):
    file = write_all(tmp_path / "echoes.nii.gz", TIMES_MS[::-1])
    (tmp_path / "echoes.json").write_text(json.dumps({"EchoTime": TIMES_MS}))
    check(read_echoes([file], TIMES_MS[::-1]))


def test_slicer_s_multi_volumes_say_their_echo_times(tmp_path):
    image = sitk.Compose([echo(time) for time in TIMES_MS])
    image.SetMetaData("MultiVolume.FrameIdentifyingDICOMTagName", "EchoTime")
    image.SetMetaData("MultiVolume.FrameLabels", ",".join(map(str, TIMES_MS)))
    sitk.WriteImage(image, str(tmp_path / "echoes.nrrd"))
    check(read_echoes([tmp_path / "echoes.nrrd"]))


@pytest.mark.parametrize("sidecar", [None, {"RepetitionTime": 3.0}, {"EchoTime": 0.0095}], ids=["no", "other", "first"])
def test_missing_echo_times_are_asked_for(tmp_path, sidecar):
    file = write_all(tmp_path / "echoes.nii.gz")
    if sidecar:
        (tmp_path / "echoes.json").write_text(json.dumps(sidecar))
    with pytest.raises(EchoTimesMissing, match="one in ms for each of the 12 echoes") as asked:
        read_echoes([file])
    assert asked.value.echoes == 12


@pytest.mark.parametrize("content", ["{", '{"EchoTime": ["ten"]}', "[]"])
def test_a_sidecar_that_makes_no_sense_is_said(tmp_path, content):
    file = write_all(tmp_path / "echoes.nii.gz")
    (tmp_path / "echoes.json").write_text(content)
    with pytest.raises(InputError, match=r"echoes\.json cannot be understood"):
        read_echoes([file])


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        (TIMES_MS[:11], "12 echoes but 11 echo times"),
        ([*TIMES_MS[:11], TIMES_MS[0]], "same echo time"),
        ([0.0, *TIMES_MS[1:]], "not above 0"),
        (TIMES_MS[::-1], "signal grows"),
        ([*TIMES_MS[:4], TIMES_MS[5], TIMES_MS[4], *TIMES_MS[6:]], "signal grows towards the echo of 57 ms"),
    ],
)
def test_echo_times_that_cannot_be_right_are_refused(tmp_path, times, sentence):
    with pytest.raises(InputError, match=sentence):
        read_echoes([write_all(tmp_path / "echoes.nii.gz")], times)


def test_echoes_of_different_grids_are_refused(tmp_path):
    files = write_each(tmp_path)
    moved = echo(TIMES_MS[1])
    moved.SetOrigin((0, 0, 0))
    sitk.WriteImage(moved, str(files[1]))
    with pytest.raises(InputError, match="Echo 1 and Echo 2 lie on different grids"):
        read_echoes([tmp_path])


def test_echoes_without_signal_are_refused(tmp_path):
    sitk.WriteImage(sitk.JoinSeries([echo(10) * 0] * 3), str(tmp_path / "echoes.nii.gz"))
    with pytest.raises(InputError, match="hold no signal"):
        read_echoes([tmp_path / "echoes.nii.gz"], [10, 20, 30])


def test_complex_echoes_are_refused(tmp_path):
    files = [tmp_path / f"{number}.nii.gz" for number in range(3)]
    for file in files:
        sitk.WriteImage(sitk.RealAndImaginaryToComplex(echo(10), echo(10)), str(file))
    with pytest.raises(InputError, match="complex"):
        read_echoes(files, [10, 20, 30])


def check_dicom(series, times=(10.0, 20.0, 30.0)) -> None:
    assert series.echo_times_ms == pytest.approx(times)
    for image, time in zip(series.images, times, strict=True):
        expected = [value_at(time, height) for height in (0.0, 8.0, 16.0)]
        assert sitk.GetArrayFromImage(image)[:, 2, 3].tolist() == expected
        np.testing.assert_allclose(image.GetSpacing(), (1.25, 1.5, 8.0))
        np.testing.assert_allclose(image.GetOrigin(), (-10, -20, 0))


@pytest.mark.parametrize("of_one_series", [True, False], ids=["one series", "a series an echo"])
def test_dicom_slices_are_sorted_into_echoes(tmp_path, of_one_series):
    write_dicom_echoes(tmp_path / "dicom", (30.0, 10.0, 20.0), of_one_series=of_one_series)
    series = read_echoes([tmp_path / "dicom"])
    check_dicom(series)
    assert "Mustermann" not in str(series.inputs)


def test_one_of_several_dicom_series_is_chosen(tmp_path):
    write_dicom_echoes(tmp_path / "dicom", (10.0, 20.0, 30.0), number=3)
    write_dicom_echoes(tmp_path / "dicom", (15.0, 45.0, 75.0), number=7)
    with pytest.raises(InputError, match="holds 2 DICOM series"):
        read_echoes([tmp_path / "dicom"])
    check_dicom(read_echoes([f"{tmp_path / 'dicom'}#7"]), (15.0, 45.0, 75.0))


def test_a_choice_that_would_be_passed_over_is_refused(tmp_path):
    (tmp_path / "each").mkdir()
    write_each(tmp_path / "each")
    write_multi_frame_echoes(tmp_path / "enhanced.dcm", (10.0, 20.0, 30.0))
    for whole in (write_all(tmp_path / "all.nii.gz"), tmp_path / "each", tmp_path / "enhanced.dcm"):
        with pytest.raises(InputError, match=f"All echoes of {whole.name} are read, and none can be chosen by #2"):
            read_echoes([f"{whole}#2"], TIMES_MS)


def test_a_missing_dicom_slice_is_said(tmp_path):
    write_dicom_echoes(tmp_path / "dicom", (10.0, 20.0, 30.0))
    next((tmp_path / "dicom").iterdir()).unlink()
    with pytest.raises(InputError, match="between 2 and 3 slices"):
        read_echoes([tmp_path / "dicom"])


def test_a_dicom_series_of_one_echo_is_refused(tmp_path):
    write_dicom_echoes(tmp_path / "dicom", (10.0,))
    with pytest.raises(InputError, match="holds a single echo"):
        read_echoes([tmp_path / "dicom"])


@pytest.mark.parametrize("named", ["file", "folder"])
def test_magnitudes_of_a_multi_frame_file_are_sorted_into_echoes(tmp_path, named):
    write_multi_frame_echoes(tmp_path / "enhanced.dcm", (10.0, 20.0, 30.0))
    check_dicom(read_echoes([tmp_path / "enhanced.dcm" if named == "file" else tmp_path]))


def test_uneven_slices_of_a_multi_frame_file_are_refused(tmp_path):
    write_multi_frame_echoes(tmp_path / "enhanced.dcm", (10.0, 20.0), heights=(0.0, 8.0, 20.0))
    with pytest.raises(InputError, match="not evenly stacked"):
        read_echoes([tmp_path / "enhanced.dcm"])


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="no file or folder"):
        read_echoes([tmp_path / "nothing.nii.gz"], TIMES_MS)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no DICOM images"):
        read_echoes([tmp_path / "empty"])


def test_gradient_echoes_of_a_dicom_series_bring_their_times(tmp_path):
    times = [1.2, 2.4, 3.6]
    write_dicom_echoes(tmp_path / "magnitude", times)
    write_dicom_echoes(tmp_path / "phase", times)
    for file in (tmp_path / "phase").iterdir():
        dataset = pydicom.dcmread(file)
        dataset.PixelData = np.linspace(0, 4095, 30).astype(np.uint16).tobytes()
        dataset.save_as(file)
    echoes = read_complex_echoes([tmp_path / "magnitude"], [tmp_path / "phase"], field_strength_t=3.0)
    assert echoes.times_ms.tolist() == times
    assert abs(abs(echoes.values[1, 0, 0, 0]) - value_at(2.4, 0.0)) < 1


def test_a_dicom_series_says_when_it_was_scanned(tmp_path):
    write_dicom_echoes(tmp_path, [1.2])
    file = next(tmp_path.iterdir())
    dataset = pydicom.dcmread(file)
    dataset.StudyDate = "20260102"
    dataset.save_as(file)
    assert scan_date(file) == "2026-01-02"
    dataset.AcquisitionDate = "20260103"
    dataset.save_as(file)
    assert scan_date(file) == "2026-01-03"
