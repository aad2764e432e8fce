"""Measures in the scene: the numbers of the files, and up to date while the segmentation is corrected."""

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from MuscleSegLib.anatomy import label_set
from MuscleSegLib.biomarkers import map_labels, measure
from MuscleSegLib.biomarkers.measurement_files import write_measurements
from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.parameter_map import map_of
from MuscleSegLib.segmentation.result import Segmentation
from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume
from MuscleSegLib.slicer import imageFromVolumeNode
from MuscleSegLib.slicer.labelled_volumes import labelledVolumeFromSegmentationNodes
from MuscleSegLib.slicer.live_measures import LiveMeasures
from MuscleSegLib.slicer.results import addResult
from MuscleSegLib.slicer.scene import saveSegmentation
from MuscleSegLib.slicer.transforms import transformNodeFromTransform

THIGH = label_set("muscleseg").for_regions({"thigh"})
VL, RF, SA = (next(label.index for label in THIGH.labels if label.abbreviation == name) for name in ("VL", "RF", "Sa"))
SHAPE = (6, 12, 20)


@pytest.fixture
def volume(fresh_scene, add_volume):
    turned = sitk.Euler3DTransform()
    turned.SetRotation(0.2, -0.1, 0.1)
    directions = np.array(turned.GetMatrix()).reshape(3, 3)
    voxels = np.zeros(SHAPE, np.int16)
    return add_volume(
        fresh_scene, voxels, origin=(12.3, -45.6, 78.9), spacing=(0.7, 1.1, 6.5), directions=directions, name="T1"
    )


@pytest.fixture
def nodes(volume):
    """Three muscles of the right limb and one of the left, as the panel adds them: a node a side."""
    values = np.zeros(SHAPE, np.uint8)
    values[1:5, 2:6, 2:6], values[1:4, 6:9, 2:6], values[2:4, 2:8, 7:9] = VL, RF, SA
    values[1:5, 2:6, 13:17] = VL + 100
    label_map = sitk.GetImageFromArray(values)
    label_map.CopyInformation(imageFromVolumeNode(volume))
    return addResult(Segmentation(label_map, THIGH, ()), volume, {"right": "right thigh", "left": "left thigh"})


@pytest.fixture
def ff(volume):
    random = np.random.default_rng(1)
    return map_of(random.normal(10, 5, SHAPE), imageFromVolumeNode(volume), "FF", method="test")


def paint(node, segment_id, place, value=None):
    """Set one voxel (k, j, i) of a segment, as the Segment Editor does: in the label map that it shares."""
    segment = node.GetSegmentation().GetSegment(segment_id)
    labelmap = segment.GetRepresentation("Binary labelmap")
    i0, i1, j0, j1, k0, k1 = labelmap.GetExtent()
    voxels = vtk_to_numpy(labelmap.GetPointData().GetScalars()).reshape(k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1)
    voxels[place[0] - k0, place[1] - j0, place[2] - i0] = segment.GetLabelValue() if value is None else value
    labelmap.Modified()
    segment.Modified()
    node.GetSegmentation().InvokeEvent(slicer.vtkSegmentation.SourceRepresentationModified)


def add_overlapping_segment(node, mask, name):
    grid = node.GetSegmentation().GetNthSegment(0).GetRepresentation("Binary labelmap")
    labelmap = slicer.vtkOrientedImageData()
    labelmap.CopyDirections(grid)
    labelmap.SetOrigin(grid.GetOrigin())
    labelmap.SetSpacing(grid.GetSpacing())
    labelmap.SetExtent(0, mask.shape[2] - 1, 0, mask.shape[1] - 1, 0, mask.shape[0] - 1)
    labelmap.GetPointData().SetScalars(numpy_to_vtk(mask.astype(np.uint8).ravel(), deep=True))
    segment = slicer.vtkSegment()
    segment.SetName(name)
    segment.SetLabelValue(1)
    segment.AddRepresentation("Binary labelmap", labelmap)
    node.GetSegmentation().AddSegment(segment)


def cells(table_node, column):
    array = table_node.GetTable().GetColumnByName(column)
    return [array.GetValue(row) for row in range(array.GetNumberOfValues())]


def test_nodes_are_read_as_their_files_are(nodes, volume, tmp_path):
    right = nodes[0]
    overlapping = np.zeros(SHAPE, bool)
    overlapping[4:, 2:, 3:] = True
    add_overlapping_segment(right, overlapping, "Ödem")
    right.GetSegmentation().GetSegment("RF_right").SetName("gracilis left")
    saveSegmentation(right, tmp_path / "right.seg.nrrd")

    of_node = labelledVolumeFromSegmentationNodes([right], volume)
    of_file = read_labelled_volume(tmp_path / "right.seg.nrrd")

    pd.testing.assert_frame_equal(measure(of_node).muscles, measure(of_file).muscles, rtol=1e-6)
    assert of_node.warnings == of_file.warnings != ()


def test_both_sides_of_a_run_are_one_label_map(nodes, volume):
    read = labelledVolumeFromSegmentationNodes(nodes, volume)

    found = {
        (row["abbreviation"], row["side"]) for row in measure(read).muscles.query("kind == 'muscle'").to_dict("records")
    }
    assert found == {("VL", "right"), ("RF", "right"), ("Sa", "right"), ("VL", "left")}


def test_a_segmentation_without_segments_is_refused(volume):
    node = volume.GetScene().AddNewNodeByClass("vtkMRMLSegmentationNode")

    with pytest.raises(InputError, match="has no segments"):
        labelledVolumeFromSegmentationNodes([node], volume)


def test_the_table_has_the_numbers_of_the_csv(nodes, volume, ff, tmp_path):
    live = LiveMeasures(nodes, volume, [ff], pseudonym="P01")
    measurements = live.refresh()
    write_measurements(measurements, tmp_path / "p01.csv")
    csv = pd.read_csv(tmp_path / "p01.csv", keep_default_na=False, na_values=[""])

    table = live.tableNode.GetTable()
    assert [table.GetColumnName(n) for n in range(table.GetNumberOfColumns())] == list(csv.columns)
    for column in csv.columns:
        if pd.api.types.is_float_dtype(csv[column]) and csv[column].notna().any():
            np.testing.assert_array_equal(cells(live.tableNode, column), csv[column])
    assert cells(live.tableNode, "name") == list(measurements.muscles["name"])
    assert cells(live.tableNode, "cut_by_field_of_view")[0] == "no"


def test_the_table_says_its_units(nodes, volume, ff):
    live = LiveMeasures(nodes, volume, [ff])
    live.refresh()

    assert live.tableNode.GetColumnUnitLabel("volume_cm3") == "cm³"
    assert live.tableNode.GetColumnUnitLabel("ff_mean_percent") == "%"


def test_painting_measures_the_muscle_and_its_group_again(nodes, volume, ff):
    live = LiveMeasures(nodes, volume, [ff])
    before = live.refresh()
    again = []

    def refresh():
        live.refresh()
        again.extend(live.measuredAgain)

    live.observe(refresh)
    paint(nodes[0], "Sa_right", (2, 8, 7))

    assert again == ["sartorius right"]
    labels = labelledVolumeFromSegmentationNodes(nodes, volume)
    pd.testing.assert_frame_equal(live.measurements.muscles, measure(labels, [map_labels(labels, ff)]).muscles)
    row = cells(live.tableNode, "name").index("sartorius")
    assert cells(live.tableNode, "volume_cm3")[row] > before.muscles["volume_cm3"][row]


@pytest.mark.parametrize(
    "edit",
    [
        lambda node: node.GetSegmentation().RemoveSegment("Sa_right"),
        lambda node: node.GetSegmentation().GetSegment("Sa_right").SetName("gracilis right"),
        lambda node: add_overlapping_segment(node, np.ones(SHAPE, bool), "all"),
    ],
)
def test_segments_that_are_added_removed_or_renamed_are_followed(nodes, volume, edit):
    live = LiveMeasures(nodes, volume)
    before = set(live.refresh().muscles["name"])
    live.observe(live.refresh)

    edit(nodes[0])

    assert set(live.measurements.muscles["name"]) != before
    assert cells(live.tableNode, "name") == list(live.measurements.muscles["name"])


def test_changes_are_told_of_until_stopped(nodes, volume):
    live = LiveMeasures(nodes, volume)
    live.refresh()
    calls = []
    live.observe(lambda: calls.append(1))

    paint(nodes[0], "Sa_right", (2, 8, 7))
    assert calls
    live.stop()
    calls.clear()
    paint(nodes[0], "Sa_right", (2, 9, 7))
    assert not calls


def test_the_chart_has_a_line_for_each_muscle_with_its_numbers(nodes, volume, ff):
    live = LiveMeasures(nodes, volume, [ff], chartMeasure="ff_mean_percent")
    measurements = live.refresh()

    lines = [live.chartNode.GetNthPlotSeriesNode(n) for n in range(live.chartNode.GetNumberOfPlotSeriesNodes())]
    assert {line.GetName() for line in lines} == {
        "vastus lateralis right",
        "rectus femoris right",
        "sartorius right",
        "vastus lateralis left",
    }
    assert live.chartNode.GetYAxisTitle() == "ff mean, %"
    for line in lines:
        name, _, side = line.GetName().rpartition(" ")
        own = measurements.profile[(measurements.profile["name"] == name) & (measurements.profile["side"] == side)]
        assert line.GetTableNode() is live.profileTableNode
        assert line.GetYColumnName() == f"{line.GetName()}, %"
        assert live.profileTableNode.GetColumnUnitLabel(line.GetYColumnName()) == "%"
        drawn = np.array(cells(live.profileTableNode, line.GetYColumnName()))
        np.testing.assert_array_equal(drawn[np.isfinite(drawn)], own["ff_mean_percent"])


def test_a_muscle_that_is_gone_takes_its_line_with_it(nodes, volume):
    live = LiveMeasures(nodes, volume)
    live.refresh()
    scene = volume.GetScene()
    count = scene.GetNumberOfNodesByClass("vtkMRMLPlotSeriesNode")

    nodes[0].GetSegmentation().RemoveSegment("Sa_right")
    live.refresh()

    assert scene.GetNumberOfNodesByClass("vtkMRMLPlotSeriesNode") == count - 1
    assert live.chartNode.GetNumberOfPlotSeriesNodes() == count - 1


def test_a_profile_that_is_not_there_is_refused(nodes, volume):
    with pytest.raises(InputError, match="no profile of t2_mean_ms"):
        LiveMeasures(nodes, volume, chartMeasure="t2_mean_ms").refresh()


def test_a_transform_node_says_where_the_muscles_are_in_a_map(nodes, volume, ff):
    shift = sitk.TranslationTransform(3, (1.4, -1.1, 0.0))
    transform_node = transformNodeFromTransform(shift, volume.GetScene(), "T1 to FF")

    live = LiveMeasures(nodes, volume, [ff], transformNodes={"FF": transform_node})

    labels = labelledVolumeFromSegmentationNodes(nodes, volume)
    expected = measure(labels, [map_labels(labels, ff, transform=shift)]).muscles
    pd.testing.assert_frame_equal(live.refresh().muscles, expected, rtol=1e-6)
    assert not np.allclose(
        expected["ff_mean_percent"], measure(labels, [map_labels(labels, ff)]).muscles["ff_mean_percent"]
    )
