"""Whether voxels of two images lie in the same places."""

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleSegLib.segmentation.grids import place_on_grid, same_grid

ROUNDING = 1e-4
axes = st.integers(0, 2)


@st.composite
def grids(draw) -> sitk.Image:
    """Of any size, spacing, place and direction."""
    size = draw(st.tuples(st.integers(2, 500), st.integers(2, 500), st.integers(2, 8)))
    image = sitk.Image(size, sitk.sitkUInt8)
    image.SetSpacing(draw(st.tuples(*3 * [st.floats(0.3, 8.0)])))
    image.SetOrigin(draw(st.tuples(*3 * [st.floats(-500.0, 500.0)])))
    angles = draw(st.tuples(*3 * [st.floats(-3.0, 3.0)]))
    image.SetDirection(sitk.Euler3DTransform((0, 0, 0), *angles).GetMatrix())
    return image


def moved(image: sitk.Image, voxels) -> sitk.Image:
    made = sitk.Image(image)
    made.SetOrigin(image.TransformContinuousIndexToPhysicalPoint(list(voxels)))
    return made


@settings(max_examples=60, deadline=None)
@given(image=grids(), parts=st.tuples(*3 * [st.floats(-ROUNDING, ROUNDING)]), digits=st.integers(3, 9))
def test_headers_that_were_rounded_tell_of_one_grid(image, parts, digits):
    rounded = sitk.Image(image)
    rounded.SetSpacing([mm * (1 + part) for mm, part in zip(image.GetSpacing(), parts, strict=True)])
    rounded.SetOrigin([round(mm, digits) for mm in image.GetOrigin()])
    assert same_grid(image, rounded) and same_grid(rounded, image)


@settings(max_examples=60, deadline=None)
@given(image=grids(), axis=axes, side=st.sampled_from([-1, 1]), voxels=st.floats(0.5, 3.0))
def test_a_shift_by_half_a_voxel_or_more_is_another_grid(image, axis, side, voxels):
    assert not same_grid(image, moved(image, side * voxels * np.eye(3)[axis]))


@settings(max_examples=60, deadline=None)
@given(image=grids(), axis=axes)
def test_another_direction_spacing_or_size_is_another_grid(image, axis):
    flipped = sitk.Flip(image, [axis == n for n in range(3)])
    stretched = sitk.Image(image)
    steps = np.array(image.GetSize()) - 1
    stretched.SetSpacing((np.array(image.GetSpacing()) * (1 + 0.5 * np.eye(3)[axis] / steps)).tolist())
    shorter = image[tuple(slice(None, -1) if axis == n else slice(None) for n in range(3))]
    longer = sitk.ConstantPad(image, [0] * 3, np.eye(3, dtype=int)[axis].tolist())
    for other in (flipped, stretched, shorter, longer):
        assert not same_grid(image, other) and not same_grid(other, image)


@settings(max_examples=30, deadline=None)
@given(image=grids(), data=st.data())
def test_a_part_of_a_grid_knows_its_place(image, data):
    first = data.draw(st.tuples(*(st.integers(0, n - 1) for n in image.GetSize())))
    part = image[tuple(slice(index, None) for index in first)]
    assert tuple(place_on_grid(part, image)) == first
    assert tuple(place_on_grid(image, part)) == tuple(-index for index in first)
    assert place_on_grid(moved(part, (0, 0.5, 0)), image) is None


@pytest.mark.parametrize("size", [(4, 4), (4, 4, 3, 2)])
def test_an_image_of_other_dimensions_lies_on_another_grid(size):
    assert not same_grid(sitk.Image((4, 4, 3), sitk.sitkUInt8), sitk.Image(size, sitk.sitkUInt8))
