"""Images come from files and DICOM folders, or a sentence says why not."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.image_reading import read_image
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, VolumeLabel
from MuscleSegLib.segmentation.segmentation_writing import write_labelled_volume


def _volume() -> sitk.Image:
    image = sitk.GetImageFromArray(np.arange(60, dtype=np.float32).reshape(3, 4, 5))
    image.SetSpacing((1.5, 1.25, 6.0))
    image.SetOrigin((-3.0, 20.5, 100.0))
    return image


@pytest.mark.parametrize("name", ["thigh.nii.gz", "thigh.nrrd", "thigh.mha"])
def test_a_volume_is_read_as_it_was_written(tmp_path: Path, name: str) -> None:
    sitk.WriteImage(_volume(), tmp_path / name)
    image = read_image(tmp_path / name)
    assert np.array_equal(sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(_volume()))
    assert np.allclose(image.GetOrigin(), _volume().GetOrigin())
    assert np.allclose(image.GetSpacing(), _volume().GetSpacing())


@pytest.mark.parametrize("name", ["muscles.seg.nrrd", "muscles.nii.gz", "muscles.nii"])
def test_a_segmentation_is_no_image(tmp_path: Path, name: str) -> None:
    labels = (VolumeLabel(1, "gracilis", "Gr", "right", (200, 0, 0)),)
    image = sitk.GetImageFromArray(np.ones((2, 2, 2), np.uint8))
    write_labelled_volume(LabelledVolume(image, labels), tmp_path / name, {})
    with pytest.raises(InputError, match=r"is a segmentation\. Give the image"):
        read_image(tmp_path / name)


def test_an_image_beside_a_segmentation_of_its_name_is_one(tmp_path: Path) -> None:
    labels = (VolumeLabel(1, "gracilis", "Gr", "right", (200, 0, 0)),)
    image = sitk.GetImageFromArray(np.ones((2, 2, 2), np.uint8))
    write_labelled_volume(LabelledVolume(image, labels), tmp_path / "thigh.nii.gz", {})
    sitk.WriteImage(_volume(), tmp_path / "thigh.mha")
    assert read_image(tmp_path / "thigh.mha").GetSize() == (5, 4, 3)


def test_a_file_whose_voxels_would_be_taken_from_another_is_refused(tmp_path: Path) -> None:
    sitk.WriteImage(_volume(), tmp_path / "thigh.nii.gz")
    sitk.WriteImage(_volume() * 2, tmp_path / "thigh.nii")
    with pytest.raises(InputError, match=r"thigh\.nii lies beside thigh\.nii\.gz"):
        read_image(tmp_path / "thigh.nii.gz")
    assert np.array_equal(sitk.GetArrayFromImage(read_image(tmp_path / "thigh.nii")).ravel()[:2], [0, 2])


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file or folder .*absent\.nii"):
        read_image(tmp_path / "absent.nii")


@pytest.mark.parametrize(
    ("name", "content"), [("scan.nii.gz", b"not an image"), ("scan.txt", b"hello"), ("a.nrrd", b"")]
)
def test_a_file_that_is_no_image_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="could not be read as an image"):
        read_image(tmp_path / name)


def _noise() -> sitk.Image:
    return sitk.GetImageFromArray(np.random.default_rng(1).normal(0, 100, (8, 40, 40)).astype(np.float32))


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.99])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz", "scan.nrrd", "scan.mha"])
def test_a_file_without_its_last_voxels_is_refused(tmp_path: Path, name: str, compressed: bool, kept: float) -> None:
    sitk.WriteImage(_noise(), tmp_path / name, useCompression=compressed)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(InputError, match="incomplete or damaged"):
        read_image(tmp_path / name)


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
def test_of_whole_numbers_too(tmp_path: Path, name: str) -> None:
    sitk.WriteImage(sitk.Cast(_noise(), sitk.sitkInt16), tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="incomplete or damaged"):
        read_image(tmp_path / name)


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
def test_a_header_that_promises_more_than_fits_the_memory_is_refused(tmp_path: Path, name: str) -> None:
    sitk.WriteImage(_volume(), tmp_path / "whole.nii")
    content = bytearray((tmp_path / "whole.nii").read_bytes())
    struct.pack_into("<3h", content, 42, 32767, 32767, 32767)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    with pytest.raises(InputError, match="incomplete or damaged"):
        read_image(tmp_path / name)


def test_a_header_without_the_file_of_its_voxels_is_refused(tmp_path: Path) -> None:
    sitk.WriteImage(_noise(), tmp_path / "scan.mhd")
    (tmp_path / "scan.raw").unlink()
    with pytest.raises(InputError, match=r"the file of its voxels \(\.raw"):
        read_image(tmp_path / "scan.mhd")


def test_an_image_that_is_too_large_is_not_called_damaged(tmp_path: Path) -> None:
    sitk.WriteImage(_noise(), tmp_path / "scan.nrrd")
    content = (tmp_path / "scan.nrrd").read_bytes()
    (tmp_path / "scan.nrrd").write_bytes(content.replace(b"sizes: 40 40 8", b"sizes: 999999 999999 8000"))
    with pytest.raises(MemoryError):
        read_image(tmp_path / "scan.nrrd")


def test_a_compressed_nifti_file_whose_voxels_were_changed_is_refused(tmp_path: Path) -> None:
    sitk.WriteImage(_noise(), tmp_path / "scan.nii.gz")
    content = bytearray((tmp_path / "scan.nii.gz").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "scan.nii.gz").write_bytes(content)
    with pytest.raises(InputError, match="incomplete or damaged"):
        read_image(tmp_path / "scan.nii.gz")


@pytest.mark.parametrize("at", [80, 280, 268], ids=["spacing", "matrix", "offset"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_nifti_file_without_a_geometry_is_refused(tmp_path: Path, at: int, value: float) -> None:
    sitk.WriteImage(_volume(), tmp_path / "scan.nii")
    content = bytearray((tmp_path / "scan.nii").read_bytes())
    struct.pack_into("<f", content, at, value)
    (tmp_path / "scan.nii").write_bytes(content)
    with pytest.raises(InputError, match="how large its voxels are"):
        read_image(tmp_path / "scan.nii")


def test_a_nifti_file_that_says_nothing_of_where_its_voxels_lie_is_refused(tmp_path: Path) -> None:
    sitk.WriteImage(_volume(), tmp_path / "scan.nii")
    content = bytearray((tmp_path / "scan.nii").read_bytes())
    struct.pack_into("<2h", content, 252, 0, 0)  # ITK would take the first column for the patient's right side
    (tmp_path / "scan.nii").write_bytes(content)
    with pytest.raises(InputError, match="where they lie"):
        read_image(tmp_path / "scan.nii")


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 0, 2)], ids=str)
@pytest.mark.parametrize("flipped", [(), (0,), (0, 1)], ids=str)
def test_a_nifti_file_whose_two_orientations_name_other_sides_is_refused(
    tmp_path: Path, axes: tuple[int, ...], flipped: tuple[int, ...]
) -> None:
    image = sitk.Flip(sitk.PermuteAxes(_volume(), axes), [axis in flipped for axis in range(3)])
    turn = sitk.VersorTransform((0.2, 0.6, 0.5), 0.3).GetMatrix()
    image.SetDirection((np.reshape(turn, (3, 3)) @ np.reshape(image.GetDirection(), (3, 3))).ravel())
    sitk.WriteImage(image, tmp_path / "scan.nii")
    np.testing.assert_allclose(read_image(tmp_path / "scan.nii").GetDirection(), image.GetDirection(), atol=1e-5)
    content = bytearray((tmp_path / "scan.nii").read_bytes())
    along_x = struct.unpack_from("<4f", content, 280)
    struct.pack_into("<4f", content, 280, *(-number for number in along_x))
    (tmp_path / "scan.nii").write_bytes(content)
    with pytest.raises(InputError, match="do not agree on what is right or left"):
        read_image(tmp_path / "scan.nii")


def test_reading_writes_nothing_to_standard_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sitk.WriteImage(_volume(), tmp_path / "scan.nii")
    content = bytearray((tmp_path / "scan.nii").read_bytes())
    struct.pack_into("<f", content, 80, 77.0)
    (tmp_path / "scan.nii").write_bytes(content)
    read_image(tmp_path / "scan.nii")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError):
        read_image(tmp_path / "empty")
    assert capfd.readouterr().err == ""


def _several_frames(path: Path, frames: int) -> None:
    sitk.WriteImage(sitk.JoinSeries([_volume() + frame for frame in range(frames)]), path)


def test_a_file_with_one_frame_is_a_volume(tmp_path: Path) -> None:
    _several_frames(tmp_path / "scan.nrrd", 1)
    image = read_image(tmp_path / "scan.nrrd")
    assert image.GetSize() == _volume().GetSize()
    assert image.GetOrigin() == _volume().GetOrigin()


def test_of_several_frames_one_must_be_chosen(tmp_path: Path) -> None:
    _several_frames(tmp_path / "scan.nrrd", 3)
    with pytest.raises(InputError, match=r"holds 3 volumes.*scan\.nrrd#0 to .*scan\.nrrd#2"):
        read_image(tmp_path / "scan.nrrd")
    assert sitk.GetArrayFromImage(read_image(f"{tmp_path}/scan.nrrd#2")).min() == 2


def test_a_frame_that_is_not_there_is_refused(tmp_path: Path) -> None:
    _several_frames(tmp_path / "scan.nrrd", 3)
    with pytest.raises(InputError, match="no volume number 3: it holds 3"):
        read_image(f"{tmp_path}/scan.nrrd#3")


@pytest.mark.parametrize("name", ["thigh.nii", "thigh.nii.gz", "thigh.nrrd", "thigh.mha"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_voxels_without_a_number_do_not_become_zero(tmp_path: Path, name: str, dtype: type) -> None:
    values = np.arange(60, dtype=dtype).reshape(3, 4, 5)
    values[0, 1, 2] = np.nan
    values[2, 3, 4] = np.inf
    sitk.WriteImage(sitk.GetImageFromArray(values), tmp_path / name)

    read = sitk.GetArrayFromImage(read_image(tmp_path / name))

    assert np.array_equal(np.isfinite(read), np.isfinite(values))
    assert np.array_equal(read[np.isfinite(read)], values[np.isfinite(values)])


def test_nor_do_they_in_one_of_several_frames(tmp_path: Path) -> None:
    values = np.ones((2, 3, 4, 5), np.float32)
    values[1, 0, 1, 2] = np.nan
    sitk.WriteImage(sitk.GetImageFromArray(values, isVector=False), tmp_path / "echoes.nii.gz")

    frames = [sitk.GetArrayFromImage(read_image(f"{tmp_path / 'echoes.nii.gz'}#{number}")) for number in (0, 1)]

    assert [int(np.isnan(frame).sum()) for frame in frames] == [0, 1]
    assert np.isnan(frames[1][0, 1, 2])


@pytest.mark.parametrize("direction", [(1, 0.3, 0, 0, 0.954, 0, 0, 0, 1), (1, 0, 0, 0, 1, 0, 0, 0, 2)])
@pytest.mark.parametrize("name", ["thigh.nrrd", "thigh.mha"])
def test_an_image_whose_spacing_does_not_tell_the_size_of_a_voxel_is_refused(
    tmp_path: Path, name: str, direction: tuple[float, ...]
) -> None:
    image = _volume()
    image.SetDirection(direction)
    sitk.WriteImage(image, tmp_path / name)
    if np.allclose(sitk.ReadImage(tmp_path / name).GetDirection(), np.eye(3).ravel()):
        return  # NRRD knows no axes apart from their lengths
    with pytest.raises(InputError, match="not at right angles"):
        read_image(tmp_path / name)


def _as_pair(single: Path, *, codes: tuple[int, int] = (1, 1), magic: bytes = b"ni1\0") -> Path:
    """The header of a single NIfTI file and its voxels in files of their own."""
    content = bytearray(single.read_bytes())
    header, voxels = content[:348], content[352:]
    struct.pack_into("<f", header, 108, 0.0)
    struct.pack_into("<2h", header, 252, *codes)
    struct.pack_into("<4s", header, 344, magic)
    single.with_suffix(".hdr").write_bytes(header + bytes(4))
    single.with_suffix(".img").write_bytes(voxels)
    return single.with_suffix(".hdr")


@pytest.mark.parametrize("ending", [".hdr", ".img"])
def test_a_pair_of_nifti_files_is_read_and_checked_as_a_single_one(tmp_path: Path, ending: str) -> None:
    image = _volume()
    image[1, 2, 0] = float("nan")
    sitk.WriteImage(image, tmp_path / "scan.nii")
    pair = _as_pair(tmp_path / "scan.nii").with_suffix(ending)
    assert np.isnan(sitk.GetArrayFromImage(read_image(pair))).sum() == 1
    _as_pair(tmp_path / "scan.nii", codes=(0, 0))
    with pytest.raises(InputError, match="where they lie"):
        read_image(pair)
    _as_pair(tmp_path / "scan.nii")
    voxels = pair.with_suffix(".img")
    voxels.write_bytes(voxels.read_bytes()[:-8])
    with pytest.raises(InputError, match="incomplete or damaged"):
        read_image(pair)


def test_an_analyze_file_is_refused(tmp_path: Path) -> None:
    sitk.WriteImage(_volume(), tmp_path / "scan.nii")
    with pytest.raises(InputError, match="is an Analyze file, which does not say what is right or left"):
        read_image(_as_pair(tmp_path / "scan.nii", codes=(0, 0), magic=bytes(4)))


def test_a_nifti_file_with_negative_voxel_sizes_is_refused(tmp_path: Path) -> None:
    sitk.WriteImage(_volume(), tmp_path / "scan.nii")
    content = bytearray((tmp_path / "scan.nii").read_bytes())
    struct.pack_into("<f", content, 80, -1.5)
    (tmp_path / "scan.nii").write_bytes(content)
    with pytest.raises(InputError, match="how large its voxels are"):
        read_image(tmp_path / "scan.nii")


def _without(path: Path, *entries: bytes) -> None:
    """Take lines that begin so out of a header."""
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(line for line in lines if not line.startswith(entries)))


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("scan.nrrd", (b"space", b"kinds")),
        ("scan.mha", (b"TransformMatrix",)),
        ("scan.tif", ()),
        ("scan.vtk", ()),
        ("scan.gipl", ()),
    ],
)
def test_a_file_that_does_not_say_what_is_right_and_left_is_refused(
    tmp_path: Path, name: str, entries: tuple[bytes, ...]
) -> None:
    sitk.WriteImage(sitk.Cast(_volume(), sitk.sitkUInt8), tmp_path / name)
    if entries:
        read_image(tmp_path / name)
        _without(tmp_path / name, *entries)
    with pytest.raises(InputError, match="does not say what is right or left"):
        read_image(tmp_path / name)
