"""What is written is read back; label maps of other origin too, or a sentence says why not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.anatomy import label_set, sided_labels
from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume
from MuscleSegLib.segmentation.result import Segmentation
from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume
from MuscleSegLib.segmentation.segmentation_writing import write_labelled_volume, write_segmentation

HOSTIN = label_set("hostin").for_regions({"thigh"})


def oblique(values: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(values)
    turned = sitk.Euler3DTransform()
    turned.SetRotation(0.3, -0.2, 0.1)
    image.SetDirection(turned.GetMatrix())
    image.SetSpacing((0.7, 1.1, 6.5))
    image.SetOrigin((12.3, -45.6, 78.9))
    return image


@pytest.fixture
def segmentation() -> Segmentation:
    values = np.zeros((3, 5, 24), np.uint8)
    for column, sided in enumerate(sided_labels(HOSTIN)):
        values[1:, 1:4, column] = sided.value
    return Segmentation(oblique(values), HOSTIN, ())


@pytest.mark.parametrize("name", ["thigh.seg.nrrd", "thigh.nii.gz", "thigh.nii"])
def test_what_was_written_is_read_back(segmentation: Segmentation, tmp_path: Path, name: str) -> None:
    write_segmentation(segmentation, tmp_path / name)

    read = read_labelled_volume(tmp_path / name)

    expected = LabelledVolume.of(segmentation)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(read.image), sitk.GetArrayFromImage(expected.image))
    for geometry in ("GetOrigin", "GetSpacing", "GetDirection"):
        np.testing.assert_allclose(getattr(read.image, geometry)(), getattr(expected.image, geometry)(), atol=1e-6)
    assert read.labels == expected.labels
    assert not read.warnings


def test_labels_know_their_group() -> None:
    volume = LabelledVolume.of(Segmentation(sitk.Image(1, 1, 1, sitk.sitkUInt8), HOSTIN, ()))

    groups = {label.abbreviation: label.group for label in volume.labels}
    assert groups["VL"] == "quadriceps" and groups["BF"] == "hamstrings"


def with_table(folder: Path, table: str, values: np.ndarray) -> Path:
    path = folder / "own.nii.gz"
    sitk.WriteImage(oblique(values), str(path))
    (folder / "own.tsv").write_text(table, encoding="utf-8")
    return path


def test_a_table_of_another_program_is_read(tmp_path: Path) -> None:
    values = np.arange(4, dtype=np.float32).reshape(1, 2, 2)
    path = with_table(tmp_path, "index\tname\n0\tbackground\n1\tL VL\n2\tTumor rechts\n3\tleft Lipödem\n", values)

    read = read_labelled_volume(path)

    assert [(label.value, label.name, label.abbreviation, label.side) for label in read.labels] == [
        (1, "vastus lateralis", "VL", "left"),
        (2, "Tumor rechts", "", ""),
        (3, "Lipödem", "", "left"),
    ]
    np.testing.assert_array_equal(sitk.GetArrayFromImage(read.image), values)


def test_numbers_without_a_name_become_background_and_are_told_of(tmp_path: Path) -> None:
    path = with_table(tmp_path, "index\tname\n1\tVL right\n", np.array([[[0, 1, 7, 300]]], np.uint16))

    read = read_labelled_volume(path)

    np.testing.assert_array_equal(sitk.GetArrayFromImage(read.image), [[[0, 1, 0, 0]]])
    assert read.warnings == ("own.nii.gz holds numbers that nothing names (7, 300); they count as background.",)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.array([[[0.5, 1]]], np.float32), "not whole"),
        (np.array([[[-1, 1]]], np.int16), "negative"),
        (np.array([[[70000, 1]]], np.int32), "above"),
    ],
)
def test_an_image_is_no_label_map(tmp_path: Path, values: np.ndarray, why: str) -> None:
    with pytest.raises(InputError, match=f"own.nii.gz is no label map.*{why}"):
        read_labelled_volume(with_table(tmp_path, "index\tname\n1\tVL right\n", values))


@pytest.mark.parametrize(
    "table",
    [
        "index\tname\none\tVL\n",
        "value\tname\n1\tVL\n",
        "index;name\n1;VL\n",
        "Index\tName\n1\tVL\n",
        "index\tname\tcolor\n1\tVL\tred\n",
        "index\tname\n1\tVL right\n1\tRF right\n",
        "index\tname\n1\t \n",
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, table: str) -> None:
    with pytest.raises(InputError, match=r"own\.tsv is no table of labels"):
        read_labelled_volume(with_table(tmp_path, table, np.ones((1, 1, 1), np.uint8)))


def test_a_side_may_be_a_letter(tmp_path: Path) -> None:
    table = "index\tname\tside\n1\tgracilis\tR\n2\tgracilis\tl\n3\tmine\tL\n"

    read = read_labelled_volume(with_table(tmp_path, table, np.array([[[1, 2, 3]]], np.uint8)))

    assert [label.title for label in read.labels] == ["gracilis right", "gracilis left", "mine left"]


@pytest.mark.parametrize("side", ["LEFT ", " l", "Left"])
def test_a_side_may_be_written_in_any_way(tmp_path: Path, side: str) -> None:
    table = f"index\tname\tside\n1\tvastus lateralis\t{side}\n"

    (label,) = read_labelled_volume(with_table(tmp_path, table, np.ones((1, 1, 1), np.uint8))).labels

    assert label.title == "vastus lateralis left"


def test_a_side_that_is_none_is_refused(tmp_path: Path) -> None:
    table = "index\tname\tside\n1\tvastus lateralis\trechts\n"

    with pytest.raises(InputError, match=r'own\.tsv says "rechts" for the side of vastus lateralis\. Write right or'):
        read_labelled_volume(with_table(tmp_path, table, np.ones((1, 1, 1), np.uint8)))


def test_values_that_a_table_does_not_know_and_empty_rows_are_passed_over(tmp_path: Path) -> None:
    table = "index\tname\tside\tcolor\n1\tgracilis\tn/a\tn/a\n\t\t\t\n2\tgracilis\tleft\t#010203\tremark\n"

    read = read_labelled_volume(with_table(tmp_path, table, np.array([[[0, 1, 2]]], np.uint8)))

    assert [(label.title, label.color) for label in read.labels] == [
        ("gracilis", (128, 128, 128)),
        ("gracilis left", (1, 2, 3)),
    ]


@pytest.mark.parametrize("rows", ["", "0\tair\n", "-1\tVL\n", "99999999999999999999\tVL\n"])
def test_a_table_without_numbers_of_labels_is_refused(tmp_path: Path, rows: str) -> None:
    with pytest.raises(InputError, match="does not fit its voxels"):
        read_labelled_volume(with_table(tmp_path, f"index\tname\n{rows}", np.ones((1, 1, 1), np.uint8)))


@pytest.mark.parametrize("name", ["bare.nii.gz", "bare.nrrd", "bare.seg.nrrd"])
def test_a_label_map_without_names_is_refused(tmp_path: Path, name: str) -> None:
    sitk.WriteImage(oblique(np.ones((2, 2, 2), np.uint8)), str(tmp_path / name))

    with pytest.raises(InputError, match="Nothing says what the numbers"):
        read_labelled_volume(tmp_path / name)


def test_a_file_that_is_missing_or_unreadable_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.nii.gz").write_text("no image")

    with pytest.raises(InputError, match="There is no segmentation file"):
        read_labelled_volume(tmp_path / "none.nii.gz")
    with pytest.raises(InputError, match="could not be read"):
        read_labelled_volume(tmp_path / "text.nii.gz")


def test_a_file_without_its_last_voxels_is_refused(tmp_path: Path) -> None:
    values = np.random.default_rng(1).integers(0, 2, (8, 40, 40), np.uint8)
    path = with_table(tmp_path, "index\tname\n1\tVL right\n", values)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 7 // 10])

    with pytest.raises(InputError, match="incomplete or damaged"):
        read_labelled_volume(path)


def test_a_damaged_list_of_segments_is_refused(segmentation: Segmentation, tmp_path: Path) -> None:
    path = tmp_path / "thigh.seg.nrrd"
    write_segmentation(segmentation, path)
    image = sitk.ReadImage(str(path))
    image.SetMetaData("Segment0_LabelValue", "one")
    sitk.WriteImage(image, str(path))

    with pytest.raises(InputError, match="damaged"):
        read_labelled_volume(path)


def test_models_are_known_from_the_file(segmentation: Segmentation, tmp_path: Path) -> None:
    path = tmp_path / "thigh.seg.nrrd"
    write_segmentation(segmentation, path)
    image = sitk.ReadImage(str(path))
    image.SetMetaData("MuscleSeg_Models", "a 1.0 (sha256 12); b 2.0 (sha256 34)")
    sitk.WriteImage(image, str(path))

    assert read_labelled_volume(path).models == ("a 1.0 (sha256 12)", "b 2.0 (sha256 34)")


def test_models_are_known_from_the_table_of_a_label_map(segmentation: Segmentation, tmp_path: Path) -> None:
    models = ("a 1.0 (sha256 12)", "b 2.0 (sha256 34)")
    for made_by in (models, ()):
        volume = replace(LabelledVolume.of(segmentation), models=made_by)
        write_labelled_volume(volume, tmp_path / "thigh.nii.gz", {})
        assert read_labelled_volume(tmp_path / "thigh.nii.gz").models == made_by


def test_a_time_series_is_no_label_map(segmentation: Segmentation, tmp_path: Path) -> None:
    series = sitk.JoinSeries([segmentation.label_map, segmentation.label_map])
    sitk.WriteImage(series, str(tmp_path / "series.nii.gz"))

    with pytest.raises(InputError, match="4 dimensions"):
        read_labelled_volume(tmp_path / "series.nii.gz")


def test_a_label_without_voxels_stays_in_the_list(segmentation: Segmentation) -> None:
    empty = replace(segmentation, label_map=sitk.Image(2, 2, 2, sitk.sitkUInt8))

    assert LabelledVolume.of(empty).labels == LabelledVolume.of(segmentation).labels
