import pytest
import torch

from MuscleSegLib.segmentation.limbs import LimbSlice
from MuscleSegLib.segmentation.smoothing import smooth_along_limb


def limb_maps(slices: list[int]):
    maps = torch.rand(len(slices), 2, 3, 3, generator=torch.Generator().manual_seed(1))
    return maps, [
        (LimbSlice(k, "right", (0, 0), (0, 1, 0, 1), (0.0, 0.0), False), part)
        for k, part in zip(slices, maps, strict=True)
    ]


def smoothed(parts, slice_mm, sigma_mm):
    limbs, maps = zip(*smooth_along_limb(parts, slice_mm, sigma_mm), strict=True)
    return [limb.slice for limb in limbs], torch.stack(maps)


@pytest.mark.parametrize("slice_mm", [1.0, 3.0, 6.0])
def test_each_slice_is_averaged_with_those_in_reach(slice_mm):
    slices = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13, 20]
    maps, parts = limb_maps(slices)
    order, result = smoothed(iter(parts), slice_mm, 3.0)
    assert order == slices
    for n, k in enumerate(slices):
        near = torch.tensor([abs(k - other) * slice_mm for other in slices])
        weights = torch.exp(-((near / 3.0) ** 2) / 2) * (near <= 7)
        expected = (weights[:, None, None, None] * maps).sum(0) / weights.sum()
        torch.testing.assert_close(result[n], expected)


@pytest.mark.parametrize(("slice_mm", "sigma_mm"), [(6.0, 0.0), (8.0, 3.0)])
def test_switched_off_or_with_distant_slices_nothing_changes(slice_mm, sigma_mm):
    maps, parts = limb_maps([0, 1, 2])
    torch.testing.assert_close(smoothed(parts, slice_mm, sigma_mm)[1], maps)
