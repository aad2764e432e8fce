import matplotlib.image
import numpy as np
import pytest

from MuscleSegLib.errors import InputError
from MuscleSegLib.registration import register_rigid
from MuscleSegLib.registration.picture import write_picture
from Testing.registration.phantoms import WATER, grid, limbs, motion

pytest.importorskip("matplotlib")
FIXED = limbs(grid((4.0, 4.0, 8.0), (74, 38, 9)), WATER, motion((0.0, 8.0, 0.0)))
MOVING = limbs(grid((3.0, 3.0, 7.0), (96, 48, 12)))


def test_the_picture_shows_slices_before_and_after(tmp_path):
    path = tmp_path / "picture.png"
    write_picture(FIXED, MOVING, register_rigid(FIXED, MOVING), path)
    pixels = matplotlib.image.imread(path)[..., :3]
    assert [found.name for found in tmp_path.iterdir()] == ["picture.png"]
    before, after = np.array_split(pixels[: pixels.shape[0] // 2], 3, axis=1)[:2]
    assert np.abs(before[:, : after.shape[1]] - after).mean() > 0.005
    coloured = pixels.max(2) - pixels.min(2) > 0.3
    assert coloured[:, 2 * pixels.shape[1] // 3 :].any() and not coloured[:, : pixels.shape[1] // 2].any()


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"\.png"):
        write_picture(FIXED, MOVING, register_rigid(FIXED, MOVING), tmp_path / "picture.jpg")
