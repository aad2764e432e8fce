"""Propagation on nodes: what a person drew is the start of it, and is never lost by it."""

import numpy as np
import pytest
import SimpleITK as sitk
import slicer

from MuscleSegLib.anatomy import label_set, sided_labels
from MuscleSegLib.errors import InputError
from MuscleSegLib.slicer import segmentationNodeFromResult
from MuscleSegLib.slicer.carrying import (
    addCarried,
    changedSegments,
    drawnOrCorrected,
    keepCarried,
    lastResultOf,
    readCarried,
    segmentIdsByValue,
)
from MuscleSegLib.slicer.edits import editsSinceLastResult
from MuscleSegLib.slicer.key_slices import keySlices
from MuscleSegLib.slicer.labelled_volumes import labelledVolumeFromSegmentationNodes
from MuscleSegLib.slicer.segmentations import updateSegmentationNode

THIGH = label_set("muscleseg").for_regions({"thigh"})
RIGHT = [sided for sided in sided_labels(THIGH) if sided.side == "right"]
FIRST, SECOND = RIGHT[0].segment_id, RIGHT[1].segment_id


@pytest.fixture
def node(volume, result_for):
    return segmentationNodeFromResult(result_for(volume, [sided.value for sided in RIGHT]), volume)


def labels_of(node, volume):
    return labelledVolumeFromSegmentationNodes([node], volume)


def values_of(node, volume):
    return sitk.GetArrayFromImage(labels_of(node, volume).image)


def ids_of(node):
    return {value: segment_id for value, (_, segment_id) in segmentIdsByValue([node]).items()}


def edited(values, value, index):
    """The label map after a person erased a muscle in one slice."""
    after = values.copy()
    after[index][after[index] == value] = 0
    return after


def correct(node, volume, segment_id, index):
    """Erase a muscle in one slice, as a person does."""
    values = values_of(node, volume)
    (value,) = (value for value, key in ids_of(node).items() if key == segment_id)
    labelmap = node.GetSegmentation().GetLayerDataObject(0, "Binary labelmap")
    kept = slicer.util.arrayFromSegmentInternalBinaryLabelmap(node, segment_id)
    kept[index][kept[index] == node.GetSegmentation().GetSegment(segment_id).GetLabelValue()] = 0
    labelmap.Modified()
    np.testing.assert_array_equal(values_of(node, volume), edited(values, value, index))


def test_key_slices_are_those_that_were_edited(node, volume):
    assert keySlices(node) == {}

    correct(node, volume, FIRST, 2)

    assert keySlices(node) == {FIRST: (2,)}


def test_what_others_drew_is_drawn_in_every_slice_that_shows_anything(fresh_scene, node, volume):
    """It was not made here, so that nothing tells what was drawn last; once it was carried, that is remembered."""
    drawn = drawn_by_others(fresh_scene, node, volume)
    assert keySlices(drawn) == {}
    keys = drawnOrCorrected(drawn, volume)
    values = values_of(drawn, volume)
    shown = tuple(np.flatnonzero(values.any((1, 2))).tolist())
    assert keys == {ids_of(drawn)[value]: shown for value in np.unique(values[values > 0]).tolist()}

    keepCarried(drawn, values_of(drawn, volume), {1: FIRST}, volume)

    assert keySlices(drawn) == drawnOrCorrected(drawn, volume) == keys


def drawn_by_others(scene, node, volume):
    """The same segments in a node that says nothing of how it was made."""
    other = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    other.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    other.GetSegmentation().DeepCopy(node.GetSegmentation())
    return other


def test_what_is_kept_is_in_the_segments_and_others_are_not_touched(node, volume):
    before = values_of(node, volume)
    carried = before.copy()
    carried[carried == 1] = 0
    carried[4][before[4] == 2] = 0
    display = node.GetSegmentation().GetLayerDataObject(0, "Binary labelmap")

    changed = changedSegments(node, carried, ids_of(node), volume)
    keepCarried(node, carried, {1: FIRST}, volume)

    assert changed == {1: FIRST, 2: SECOND}
    expected = before.copy()
    expected[expected == 1] = 0
    np.testing.assert_array_equal(values_of(node, volume), expected)
    assert node.GetSegmentation().GetLayerDataObject(0, "Binary labelmap") is display


def test_what_was_propagated_is_no_key_slice_afterwards_but_what_it_came_from_is(node, volume):
    correct(node, volume, FIRST, 2)
    carried = values_of(node, volume)
    carried[carried == 1] = 0

    keepCarried(node, carried, {1: FIRST}, volume)
    assert keySlices(node) == {FIRST: (2,)}
    correct(node, volume, SECOND, 4)

    assert keySlices(node) == {FIRST: (2,), SECOND: (4,)}
    assert len(editsSinceLastResult(node)[FIRST].slices) > 1


def test_an_undone_propagation_does_not_count(node, volume):
    history = slicer.vtkSegmentationHistory()
    history.SetSegmentation(node.GetSegmentation())
    correct(node, volume, FIRST, 2)
    carried = values_of(node, volume)
    carried[carried == 1] = 0
    history.SaveState()
    keepCarried(node, carried, {1: FIRST}, volume)

    history.RestorePreviousState()
    correct(node, volume, FIRST, 4)

    assert keySlices(node) == {FIRST: (2, 4)}


def test_a_new_result_forgets_what_was_propagated(node, volume, result_for):
    correct(node, volume, FIRST, 2)
    keepCarried(node, values_of(node, volume), ids_of(node), volume)

    updateSegmentationNode(node, result_for(volume, [sided.value for sided in RIGHT]), volume)

    assert keySlices(node) == {}


def test_the_last_result_has_the_labels_that_there_are_now(node, volume):
    before = values_of(node, volume)
    correct(node, volume, FIRST, 2)

    last = lastResultOf([node], volume)

    np.testing.assert_array_equal(sitk.GetArrayFromImage(last.image), before)
    assert [label.title for label in last.labels] == [sided.name for sided in RIGHT]


def test_there_is_no_last_result_of_what_others_drew(fresh_scene, volume):
    theirs = fresh_scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    theirs.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    theirs.GetSegmentation().AddEmptySegment("a", "a muscle")

    assert lastResultOf([theirs], volume) is None


def test_a_preview_is_a_segmentation_of_the_same_muscles(node, volume):
    values = values_of(node, volume)

    preview = addCarried(node, values, {1: FIRST, 2: SECOND}, volume, "Preview")

    assert list(preview.GetSegmentation().GetSegmentIDs()) == [FIRST, SECOND]
    assert preview.GetSegmentation().GetSegment(FIRST).GetName() == RIGHT[0].name
    np.testing.assert_array_equal(values_of(preview, volume), np.where(values <= 2, values, 0))
    assert editsSinceLastResult(preview) == {}


def test_what_is_not_of_this_volume_is_refused(volume, tmp_path):
    sitk.WriteImage(sitk.Image(2, 2, 2, sitk.sitkUInt8), tmp_path / "other.nrrd")

    with pytest.raises(InputError, match="not of this volume"):
        readCarried(tmp_path / "other.nrrd", volume)
    with pytest.raises(InputError, match="cannot be read"):
        readCarried(tmp_path / "missing.nrrd", volume)
