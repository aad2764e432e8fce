"""Segmenting a volume node, from the node to the node."""

import pytest

from MuscleSegLib.errors import Cancelled, InputError, ModelError
from MuscleSegLib.resources import resources_dir
from MuscleSegLib.slicer import segmentVolumeNode, warningsFromSegmentationNode
from MuscleSegLib.slicer.attributes import MODELS_ATTRIBUTE

SAMPLE = resources_dir() / "SampleData" / "thigh.nii.gz"
needs_the_sample = pytest.mark.skipif(
    not (SAMPLE.is_file() and (resources_dir() / "Models" / "thigh-unet2d").is_dir()),
    reason="the sample volume and the bundled models are not here",
)


def segmentations_in(scene):
    return scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode")


def test_a_volume_without_voxels_is_refused(fresh_scene):
    node = fresh_scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "nothing yet")

    with pytest.raises(InputError, match="nothing yet"):
        segmentVolumeNode(node)


def test_what_fails_leaves_the_scene_as_it_was(fresh_scene, volume):
    with pytest.raises(ModelError, match="no such model"):
        segmentVolumeNode(volume, model="no such model")

    assert segmentations_in(fresh_scene) == 0


def test_models_are_looked_for_where_they_are_said_to_be(fresh_scene, volume, tmp_path):
    with pytest.raises(ModelError, match="There is no folder"):
        segmentVolumeNode(volume, models_dir=tmp_path / "none")

    assert segmentations_in(fresh_scene) == 0


def test_a_segmentation_that_was_not_made_here_has_no_warnings(fresh_scene):
    assert warningsFromSegmentationNode(fresh_scene.AddNewNodeByClass("vtkMRMLSegmentationNode")) == ()


@needs_the_sample
def test_cancelling_leaves_the_scene_as_it_was(core):
    node = core.loadVolume(SAMPLE)

    def cancel(fraction, _message):
        if fraction > 0:
            raise Cancelled("Enough.")

    with pytest.raises(Cancelled):
        segmentVolumeNode(node, model="unet2d", progress=cancel)
    assert segmentations_in(core.scene) == 0


@needs_the_sample
def test_the_sample_volume_becomes_a_segmentation_with_warnings_and_provenance(core):
    node = core.loadVolume(SAMPLE)

    segmentation = segmentVolumeNode(node, model="unet2d", region="thigh", side="left", device="cpu")

    assert segmentation.GetSegmentation().GetNumberOfSegments() > 0
    assert "thigh-unet2d" in segmentation.GetAttribute(MODELS_ATTRIBUTE)
    # The sample shows both thighs.
    assert any('"left" was given' in warning.text for warning in warningsFromSegmentationNode(segmentation))
