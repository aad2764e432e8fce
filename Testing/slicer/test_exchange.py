"""A volume goes to another process and its result comes back, geometry to the last digit."""

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.anatomy import label_set, sided_labels
from MuscleSegLib.errors import InputError
from MuscleSegLib.networks import find_models
from MuscleSegLib.segmentation.result import Segmentation, SegmentationWarning
from MuscleSegLib.segmentation.segmentation_writing import write_segmentation
from MuscleSegLib.slicer.exchange import readResult, writeVolumeNode
from MuscleSegLib.slicer.results import addResult

THIGH = label_set("muscleseg").for_regions({"thigh"})
NAMES = {"right": "right", "left": "left"}


def test_nothing_but_voxels_and_geometry_is_written(volume, tmp_path):
    volume.SetName("Doe^Jane")
    volume.SetAttribute("DICOM.patientName", "Doe^Jane")

    writeVolumeNode(volume, tmp_path / "image.nrrd")

    header = (tmp_path / "image.nrrd").read_bytes().split(b"\n\n")[0]
    assert b"Doe" not in header
    np.testing.assert_array_equal(
        sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "image.nrrd"))).ravel(), np.arange(6 * 7 * 8)
    )


def test_a_folder_that_cannot_be_written_is_said(volume, tmp_path):
    with pytest.raises(InputError, match="could not be written"):
        writeVolumeNode(volume, tmp_path / "missing" / "image.nrrd")


def test_a_result_comes_back_as_it_was_made(volume, result_for, tmp_path):
    image = writeVolumeNode(volume, tmp_path / "image.nrrd")
    made = result_for(volume, [sided.value for sided in sided_labels(THIGH)])
    cards = tuple(card for card in find_models().cards if card.name == "thigh-hrnet")
    # As in the other process: the geometry it has is the one it read from the file.
    sitk_map = sitk.Cast(made.label_map, sitk.sitkUInt8)
    sitk_map.CopyInformation(sitk.ReadImage(str(tmp_path / "image.nrrd")))
    write_segmentation(Segmentation(sitk_map, THIGH, cards), tmp_path / "result.seg.nrrd")
    warnings = [SegmentationWarning("small", "small", 1, 2)]

    result = readResult(tmp_path / "result.seg.nrrd", image, "muscleseg", None, warnings)

    np.testing.assert_array_equal(
        sitk.GetArrayViewFromImage(result.label_map), sitk.GetArrayViewFromImage(made.label_map)
    )
    assert result.warnings == tuple(warnings)
    assert [card.name for card in result.cards] == ["thigh-hrnet"]
    assert len(addResult(result, volume, NAMES)) == 2


def test_a_missing_or_foreign_result_is_refused(volume, tmp_path):
    image = writeVolumeNode(volume, tmp_path / "image.nrrd")
    path = tmp_path / "result.seg.nrrd"
    with pytest.raises(InputError, match="cannot be read"):
        readResult(path, image, "muscleseg", None, [])

    write_segmentation(Segmentation(sitk.Image(3, 3, 3, sitk.sitkUInt8), THIGH, ()), path)
    with pytest.raises(InputError, match="not of this volume"):
        readResult(path, image, "muscleseg", None, [])
