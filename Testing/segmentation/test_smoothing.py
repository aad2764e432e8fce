import pytest
import torch

from MuscleSegLib.segmentation.limbs import LimbSlice
from MuscleSegLib.segmentation.smoothing import smooth_along_limb


def batches(slices: list[int], size: int):
    maps = torch.rand(len(slices), 2, 3, 3, generator=torch.Generator().manual_seed(1))
    limbs = [LimbSlice(k, "right", (0, 0), (0, 1, 0, 1), False) for k in slices]
    return maps, [(limbs[n : n + size], maps[n : n + size]) for n in range(0, len(limbs), size)]


def smoothed(parts, slice_mm, sigma_mm):
    limbs, maps = zip(*smooth_along_limb(parts, slice_mm, sigma_mm), strict=True)
    return [limb.slice for part in limbs for limb in part], torch.cat(maps)


@pytest.mark.parametrize("size", [1, 2, 3, 8, 40])
@pytest.mark.parametrize("slice_mm", [1.0, 3.0, 6.0])
def test_each_slice_is_averaged_with_those_in_reach_whatever_the_batches(size, slice_mm):
    slices = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13, 20]
    maps, parts = batches(slices, size)
    order, result = smoothed(parts, slice_mm, 3.0)
    assert order == slices
    for n, k in enumerate(slices):
        near = torch.tensor([abs(k - other) * slice_mm for other in slices])
        weights = torch.exp(-((near / 3.0) ** 2) / 2) * (near <= 7)
        expected = (weights[:, None, None, None] * maps).sum(0) / weights.sum()
        torch.testing.assert_close(result[n], expected)


@pytest.mark.parametrize(("slice_mm", "sigma_mm"), [(6.0, 0.0), (8.0, 3.0)])
def test_switched_off_or_with_distant_slices_nothing_changes(slice_mm, sigma_mm):
    maps, parts = batches([0, 1, 2], 2)
    torch.testing.assert_close(smoothed(parts, slice_mm, sigma_mm)[1], maps)
