import numpy as np
import pytest
import SimpleITK as sitk
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleSegLib.segmentation.crops import CropGrid, extract_crops, most_probable_at_pixels
from MuscleSegLib.segmentation.limbs import LimbSlice
from MuscleSegLib.segmentation.orientation import AxialVolume

ROWS, COLUMNS = 60, 80


def ramp_volume(spacing: tuple[float, float], axis: int) -> AxialVolume:
    """Values are the distance from the first row (``axis`` 0) or column (1) in mm."""
    voxels = (np.mgrid[:ROWS, :COLUMNS][axis] * spacing[1 - axis])[None].astype(np.float32)
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing((*spacing, 5.0))
    return AxialVolume.of(image)


def limb_at(row: float, column: float, side="right") -> LimbSlice:
    return LimbSlice(0, side, (row, column), (0, ROWS, 0, COLUMNS), (0.0, 0.0), False)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("axis", [0, 1])
@settings(max_examples=25, deadline=None)
@given(
    spacing=st.tuples(st.floats(0.4, 4), st.floats(0.4, 4)),
    row=st.floats(25, 35),
    column=st.floats(35, 45),
    pixel=st.floats(0.5, 3),
)
def test_a_crop_holds_the_values_at_its_pixels_and_mirrors_the_left(side, axis, spacing, row, column, pixel):
    volume = ramp_volume(spacing, axis)
    grid = CropGrid(5, pixel * min(spacing))
    crop = extract_crops(volume, [limb_at(row, column, side)], grid)[0, 0].numpy()
    offsets = grid.offsets_mm().numpy()
    if axis == 0:
        expected = np.repeat((row * spacing[1] + offsets)[:, None], 5, 1)
    else:
        expected = np.repeat((column * spacing[0] + offsets * (1 if side == "right" else -1))[None], 5, 0)
    # Averaging over wide pixels moves a value by up to a tenth of a pixel.
    np.testing.assert_allclose(crop, expected, atol=0.1 * max(*spacing, grid.spacing_mm))


def test_beyond_the_image_a_crop_has_no_signal():
    crop = extract_crops(ramp_volume((1.0, 1.0), 0), [limb_at(0, 0)], CropGrid(21, 4.0))[0, 0]
    assert (crop[:9] == 0).all() and (crop[:, :9] == 0).all()
    assert (crop[11:, 11:] > 0).all()


def test_fine_pixels_are_averaged_not_skipped():
    voxels = np.indices((1, 64, 64)).sum(0) % 2 * 100.0
    volume = AxialVolume.of(sitk.GetImageFromArray(voxels.astype(np.float32)))
    crop = extract_crops(
        volume, [LimbSlice(0, "right", (31.5, 31.5), (0, 64, 0, 64), (0.0, 0.0), False)], CropGrid(8, 4.0)
    )
    np.testing.assert_allclose(crop, 50.0, atol=1.0)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("spacing", [(0.7, 0.9), (1.75, 1.75), (4.0, 3.0)])
def test_the_largest_map_at_each_pixel_is_that_of_interpolating_all(side, spacing):
    volume = ramp_volume(spacing, 0)
    grid = CropGrid(24, 1.75)
    limb = LimbSlice(0, side, (30.3, 41.7), (8, 55, 10, 70), (0.0, 0.0), False)
    maps = torch.nn.functional.avg_pool2d(torch.rand(5, 28, 28, generator=torch.Generator().manual_seed(2)), 5, 1)
    y = (torch.arange(8, 55) - 30.3) * spacing[1] / (12 * 1.75)
    x = (torch.arange(10, 70) - 41.7) * spacing[0] / (12 * 1.75) * (1 if side == "right" else -1)
    points = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], -1)[None]
    sampled = torch.nn.functional.grid_sample(maps[None], points, padding_mode="border", align_corners=False)[0]
    expected = torch.where((points.abs() <= 1).all(-1)[0], sampled.argmax(0), 0)
    found = most_probable_at_pixels(maps, limb, grid, volume)
    assert np.mean(found != expected.numpy()) < 0.001


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("spacing", [(0.7, 0.9), (1.75, 1.75)])
def test_what_is_cut_out_comes_back_to_where_it_was(side, spacing):
    voxels = np.zeros((1, ROWS, COLUMNS), np.float32)
    voxels[0, 26:35, 30:40] = 1
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing((*spacing, 5.0))
    volume, grid, limb = AxialVolume.of(image), CropGrid(80, 0.7), limb_at(30.3, 41.7, side)
    crop = extract_crops(volume, [limb], grid)[0]
    found = most_probable_at_pixels(torch.cat([1 - crop, crop]), limb, grid, volume)
    np.testing.assert_array_equal(found, voxels[0])
