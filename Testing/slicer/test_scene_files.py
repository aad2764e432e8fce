"""Files go into Slicer's core and come out of it as the application would have it."""

from ctypes.util import find_library

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.anatomy import label_set
from MuscleSegLib.errors import InputError, MuscleSegError
from MuscleSegLib.segmentation.result import SegmentationWarning
from MuscleSegLib.slicer import labelMapFromSegmentationNode, segmentationNodeFromResult, warningsFromSegmentationNode
from MuscleSegLib.slicer.rendering import renderSegmentationFile
from MuscleSegLib.slicer.scene import saveSegmentation

THIGH = label_set("muscleseg").for_regions({"thigh"})


def test_a_volume_file_becomes_a_node_named_after_it(core, tmp_path):
    image = sitk.GetImageFromArray(np.arange(60, dtype=np.int16).reshape(3, 4, 5))
    image.SetSpacing((1.5, 1.25, 6.0))
    sitk.WriteImage(image, tmp_path / "left thigh.nii.gz")

    node = core.loadVolume(tmp_path / "left thigh.nii.gz")

    assert node.GetName() == "left thigh"
    assert node.GetImageData().GetDimensions() == (5, 4, 3)
    assert node.GetDisplayNode() is not None


def test_what_is_no_image_is_refused_by_name(core, tmp_path):
    (tmp_path / "notes.nrrd").write_text("not an image")

    with pytest.raises(InputError, match="notes"):
        core.loadVolume(tmp_path / "notes.nrrd")
    with pytest.raises(InputError, match="absent"):
        core.loadVolume(tmp_path / "absent.nrrd")
    with pytest.raises(InputError, match="absent"):
        core.loadSegmentation(tmp_path / "absent.seg.nrrd")


def test_a_scene_bundle_holds_the_volume_the_segmentation_and_its_warnings(core, opened, volume, result_for, tmp_path):
    warnings = (SegmentationWarning("small", "The “gracilis; left” is small: 3 % & less.", value=101, slice=2),)
    node = segmentationNodeFromResult(result_for(volume, (1, 101), warnings), volume)
    before = labelMapFromSegmentationNode(node, volume, THIGH)

    core.saveScene(tmp_path / "case.mrb")

    again = opened(tmp_path / "case.mrb").scene
    segmentation = again.GetFirstNodeByName("volume segmentation")
    assert warningsFromSegmentationNode(segmentation) == warnings
    label_map = labelMapFromSegmentationNode(segmentation, again.GetFirstNodeByName("volume"), THIGH)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(label_map), sitk.GetArrayFromImage(before))
    np.testing.assert_allclose(label_map.GetOrigin(), before.GetOrigin())
    np.testing.assert_allclose(label_map.GetDirection(), before.GetDirection(), atol=1e-9)


@pytest.mark.usefixtures("volume")
def test_saving_a_scene_announces_nothing(core, tmp_path, capfd):
    core.saveScene(tmp_path / "case.mrb")

    assert capfd.readouterr().out == ""


def test_what_cannot_be_written_is_an_error(volume, result_for, tmp_path):
    node = segmentationNodeFromResult(result_for(volume, (1,)), volume)

    with pytest.raises(MuscleSegError, match="could not be written"):
        saveSegmentation(node, tmp_path / "no such folder" / "x.seg.nrrd")


@pytest.mark.usefixtures("volume")
def test_a_scene_that_cannot_be_written_is_an_error(core, tmp_path):
    with pytest.raises(MuscleSegError, match="could not be written"):
        core.saveScene(tmp_path / "no such folder" / "case.mrb")


def test_saving_leaves_nothing_but_the_file(core, volume, result_for, tmp_path):
    saveSegmentation(segmentationNodeFromResult(result_for(volume, (1,)), volume), tmp_path / "x.seg.nrrd")
    core.saveScene(tmp_path / "case.mrb")

    assert {path.name for path in tmp_path.iterdir()} == {"x.seg.nrrd", "case.mrb"}


def test_a_segmentation_is_drawn_in_its_colours(volume, result_for, tmp_path):
    first = THIGH.labels[0]
    result = result_for(volume, ())
    result.label_map[2:6, 2:5, 1:5] = first.index
    saveSegmentation(segmentationNodeFromResult(result, volume), tmp_path / "x.seg.nrrd")

    try:
        renderSegmentationFile(tmp_path / "x.seg.nrrd", tmp_path / "x.png")
    except MuscleSegError as error:
        pytest.skip(str(error))

    picture = sitk.GetArrayFromImage(sitk.ReadImage(tmp_path / "x.png"))[..., :3].astype(float)
    drawn = picture[(picture < 250).any(axis=-1)]
    assert len(drawn) > 1000
    # Shading darkens a colour and keeps its hue.
    shade = np.median(drawn, axis=0)
    np.testing.assert_allclose(shade / shade.max(), np.divide(first.color, max(first.color)), atol=0.05)


@pytest.mark.skipif(find_library("OSMesa") is not None, reason="OSMesa is installed")
def test_without_opengl_drawing_is_an_error_with_a_remedy(volume, result_for, tmp_path, monkeypatch):
    saveSegmentation(segmentationNodeFromResult(result_for(volume, (1,)), volume), tmp_path / "x.seg.nrrd")
    # VTK's own switch, set to a renderer that is not there.
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", "vtkOSOpenGLRenderWindow")

    with pytest.raises(MuscleSegError, match="Install Mesa"):
        renderSegmentationFile(tmp_path / "x.seg.nrrd", tmp_path / "x.png")
