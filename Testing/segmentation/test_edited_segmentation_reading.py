"""Segmentations that a person edited, written by Slicer's own writer, are read as Slicer shows them."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

slicer = pytest.importorskip("slicer")

from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy  # noqa: E402

from MuscleSegLib.anatomy import label_set  # noqa: E402
from MuscleSegLib.segmentation.result import Segmentation  # noqa: E402
from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume  # noqa: E402
from MuscleSegLib.segmentation.segmentation_writing import write_segmentation  # noqa: E402
from MuscleSegLib.slicer.scene import CoreApplication  # noqa: E402

THIGH = label_set("muscleseg").for_regions({"thigh"})
SARTORIUS, RECTUS_FEMORIS, VASTUS_LATERALIS = (
    next(label.index for label in THIGH.labels if label.abbreviation == name) for name in ("Sa", "RF", "VL")
)
SHAPE = (6, 7, 8)


@pytest.fixture
def values() -> np.ndarray:
    values = np.zeros(SHAPE, np.uint8)
    values[1:5, 2:4, 2:4] = SARTORIUS
    values[1:5, 4:6, 2:4] = RECTUS_FEMORIS
    values[2:4, 2:4, 4:6] = VASTUS_LATERALIS
    return values


@pytest.fixture
def node(values: np.ndarray, tmp_path: Path) -> slicer.vtkMRMLSegmentationNode:
    """Three muscles of the right thigh, loaded from our own file."""
    image = sitk.GetImageFromArray(values)
    turned = sitk.Euler3DTransform()
    turned.SetRotation(0.3, -0.2, 0.1)
    image.SetDirection(turned.GetMatrix())
    image.SetSpacing((0.7, 1.1, 6.5))
    image.SetOrigin((12.3, -45.6, 78.9))
    path = tmp_path / "thigh.seg.nrrd"
    write_segmentation(Segmentation(image, THIGH, ()), path)
    core = CoreApplication.start()
    node = core.loadSegmentation(path)
    node.core = core  # the logic that the node needs lives as long as the node
    return node


def saved(node, tmp_path: Path, *, cropped: bool = False) -> Path:
    path = tmp_path / "edited.seg.nrrd"
    storage = slicer.vtkMRMLSegmentationStorageNode()
    storage.SetCropToMinimumExtent(cropped)
    storage.SetFileName(str(path))
    assert storage.WriteData(node)
    return path


def add_segment(node, mask: np.ndarray, name: str) -> None:
    """A segment in a layer of its own, on the grid of the others."""
    labelmap = slicer.vtkOrientedImageData()
    labelmap.CopyDirections(node.GetSegmentation().GetNthSegment(0).GetRepresentation("Binary labelmap"))
    grid = node.GetSegmentation().GetNthSegment(0).GetRepresentation("Binary labelmap")
    labelmap.SetOrigin(grid.GetOrigin())
    labelmap.SetSpacing(grid.GetSpacing())
    labelmap.SetExtent(0, mask.shape[2] - 1, 0, mask.shape[1] - 1, 0, mask.shape[0] - 1)
    labelmap.GetPointData().SetScalars(numpy_to_vtk(mask.astype(np.uint8).ravel(), deep=True))
    segment = slicer.vtkSegment()
    segment.SetName(name)
    segment.SetLabelValue(1)
    segment.AddRepresentation("Binary labelmap", labelmap)
    node.GetSegmentation().AddSegment(segment)


def masks(read) -> dict[str, np.ndarray]:
    array = sitk.GetArrayViewFromImage(read.image)
    return {label.title: array == label.value for label in read.labels}


def assert_same_mask(mask: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(mask, expected)


def test_what_slicer_saves_is_what_it_loaded(node, values, tmp_path: Path) -> None:
    read = read_labelled_volume(saved(node, tmp_path))

    assert {label.abbreviation: label.value for label in read.labels} == {
        "Sa": SARTORIUS,
        "RF": RECTUS_FEMORIS,
        "VL": VASTUS_LATERALIS,
    }
    assert_same_mask(sitk.GetArrayFromImage(read.image), values)


def test_a_painted_segment_is_read_as_painted(node, values, tmp_path: Path) -> None:
    labelmap = node.GetSegmentation().GetSegment("VL_right").GetRepresentation("Binary labelmap")
    i0, i1, j0, j1, k0, k1 = labelmap.GetExtent()
    voxels = vtk_to_numpy(labelmap.GetPointData().GetScalars()).reshape(k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1)
    voxels[3 - k0, 2 - j0, 4 - i0] = SARTORIUS
    labelmap.Modified()

    values[3, 2, 4] = SARTORIUS
    assert_same_mask(sitk.GetArrayFromImage(read_labelled_volume(saved(node, tmp_path)).image), values)


def test_a_renamed_segment_is_what_its_new_name_says_or_else_its_terminology(node, tmp_path: Path) -> None:
    node.GetSegmentation().GetSegment("RF_right").SetName("gracilis left")
    node.GetSegmentation().GetSegment("VL_right").SetName("vastus lateralis rechts")

    read = read_labelled_volume(saved(node, tmp_path))

    assert {label.value: (label.name, label.abbreviation, label.side, label.group) for label in read.labels} == {
        SARTORIUS: ("sartorius", "Sa", "right", "anterior thigh"),
        RECTUS_FEMORIS: ("gracilis", "Gr", "left", "adductors"),
        VASTUS_LATERALIS: ("vastus lateralis", "VL", "right", "quadriceps"),
    }
    assert read.warnings == (
        "Known by terminology, not by name: vastus lateralis rechts as vastus lateralis right. If one is no such "
        "muscle, change its terminology in Slicer.",
    )


def test_a_copy_of_a_muscle_under_a_name_of_its_own_is_another_segment(node, tmp_path: Path) -> None:
    copy = slicer.vtkSegment()
    copy.DeepCopy(node.GetSegmentation().GetSegment("VL_right"))
    copy.SetName("Narbe")
    node.GetSegmentation().AddSegment(copy)

    read = read_labelled_volume(saved(node, tmp_path))

    assert {"vastus lateralis right", "Narbe right"} < {label.title for label in read.labels}
    assert not any("terminology" in warning for warning in read.warnings)


def test_a_removed_segment_is_gone(node, values, tmp_path: Path) -> None:
    node.GetSegmentation().RemoveSegment("RF_right")

    read = read_labelled_volume(saved(node, tmp_path))

    assert {label.abbreviation for label in read.labels} == {"Sa", "VL"}
    assert_same_mask(sitk.GetArrayFromImage(read.image), np.where(values == RECTUS_FEMORIS, 0, values))


def test_an_added_segment_that_overlaps_is_read_from_its_own_layer(node, values, tmp_path: Path) -> None:
    added = np.zeros(SHAPE, bool)
    added[4:, 2:, 3:] = True
    add_segment(node, added, "Ödem")

    path = saved(node, tmp_path)
    assert sitk.ReadImage(str(path)).GetNumberOfComponentsPerPixel() == 2  # else there is no second layer to read
    read = read_labelled_volume(path)

    assert_same_mask(masks(read)["Ödem"], added)
    assert_same_mask(masks(read)["sartorius right"], (values == SARTORIUS) & ~added)
    lost = int(((values == SARTORIUS) & added).sum())
    assert (
        f"The sartorius right lost {lost} voxels to segments that overlap it and stand below it in the list."
    ) in read.warnings


def test_the_order_of_the_list_decides_which_of_two_overlapping_segments_is_kept(node, values, tmp_path: Path) -> None:
    added = np.zeros(SHAPE, bool)
    added[4:, 2:, 3:] = True
    add_segment(node, added, "Ödem")
    segmentation = node.GetSegmentation()
    segmentation.SetSegmentIndex(segmentation.GetNthSegmentID(segmentation.GetNumberOfSegments() - 1), 0)

    read = read_labelled_volume(saved(node, tmp_path))

    assert_same_mask(masks(read)["Ödem"], added & (values == 0))
    assert_same_mask(masks(read)["sartorius right"], values == SARTORIUS)


@pytest.mark.parametrize("overlapping", [False, True])
def test_a_cropped_file_is_brought_back_to_the_grid_of_its_image(node, values, tmp_path, overlapping) -> None:
    if overlapping:
        add_segment(node, values == SARTORIUS, "copy")
    whole = read_labelled_volume(saved(node, tmp_path))
    path = saved(node, tmp_path, cropped=True)
    assert sitk.ReadImage(str(path)).GetSize() != whole.image.GetSize()  # else nothing was cropped

    read = read_labelled_volume(path)

    assert_same_mask(sitk.GetArrayFromImage(read.image), sitk.GetArrayFromImage(whole.image))
    np.testing.assert_allclose(read.image.GetOrigin(), whole.image.GetOrigin(), atol=1e-4)
    assert read.image.GetSize() == whole.image.GetSize() == SHAPE[::-1]
