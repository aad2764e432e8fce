import struct

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.pipeline import segment_with
from MuscleSegLib.segmentation.qc import check_montage, write_montage
from Testing.segmentation.phantoms import Limb, limb_volume
from Testing.segmentation.stand_in_models import StandInModels


@pytest.mark.parametrize("slices", [1, 30])
def test_the_montage_is_a_picture_with_coloured_outlines(tmp_path, slices):
    image = limb_volume([Limb(-85), Limb(85)], slices=slices)
    path = tmp_path / "qc.png"
    write_montage(image, segment_with(StandInModels(), image, region="thigh"), path)
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    assert width > 400 and height > 300
    picture = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))[..., :3].astype(int)
    assert np.count_nonzero(np.ptp(picture, axis=2) > 60) > 1000
    assert list(tmp_path.iterdir()) == [path]


def test_a_result_without_muscles_is_drawn_too(tmp_path):
    image = limb_volume([Limb(-85)], slices=2)
    result = segment_with(StandInModels(), image, region="thigh")
    result.label_map[:] = 0
    write_montage(image, result, tmp_path / "qc.png")
    assert (tmp_path / "qc.png").exists()


@pytest.mark.parametrize(("name", "text"), [("qc.jpg", r"end in \.png"), ("nowhere/qc.png", "does not exist")])
def test_where_no_picture_can_be_written_is_said_before_the_work(tmp_path, name, text):
    with pytest.raises(InputError, match=text):
        check_montage(tmp_path / name)
