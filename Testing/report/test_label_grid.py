"""Tests for bringing a label map onto the grid of its image."""

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleSegLib.errors import InputError
from MuscleSegLib.report.label_grid import labels_on_grid

DIRECTION = (0.0, 1.0, 0.0, 0.8, 0.0, -0.6, -0.6, 0.0, -0.8)


def _image() -> sitk.Image:
    """Oblique, with spacings and a size that differ from axis to axis."""
    image = sitk.Image([7, 6, 5], sitk.sitkUInt8)
    image.SetSpacing((0.8, 1.1, 5.0))
    image.SetOrigin((-31.0, 12.5, 400.0))
    image.SetDirection(DIRECTION)
    return image


def _labels(values: np.ndarray, like: sitk.Image) -> sitk.Image:
    labels = sitk.GetImageFromArray(values.astype(np.uint8))
    labels.CopyInformation(like)
    return labels


@settings(max_examples=25, deadline=None)
@given(
    first=st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)),
    size=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2)),
    seed=st.integers(0, 100),
)
def test_a_part_goes_back_to_where_it_was_cut_from(
    first: tuple[int, int, int], size: tuple[int, int, int], seed: int
) -> None:
    image = _image()
    part = sitk.RegionOfInterest(image, size, first)
    values = np.random.default_rng(seed).integers(0, 3, size[::-1])
    expected = np.zeros(image.GetSize()[::-1], int)
    expected[tuple(slice(start, start + length) for start, length in zip(first[::-1], size[::-1], strict=True))] = (
        values
    )
    moved = labels_on_grid(_labels(values, part), image)
    assert moved.IsSameImageGeometryAs(image)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(moved), expected)


def test_labels_whose_header_was_rounded_get_the_grid_to_the_last_digit() -> None:
    image = _image()
    labels = _labels(np.arange(7 * 6 * 5).reshape(5, 6, 7), image)
    labels.SetSpacing((0.8001, 1.1001, 5.0005))
    moved = labels_on_grid(labels, image)
    assert moved.IsSameImageGeometryAs(image)
    np.testing.assert_array_equal(sitk.GetArrayViewFromImage(moved), sitk.GetArrayViewFromImage(labels))


@pytest.mark.parametrize("change", ["shifted", "turned", "stretched", "flipped"])
def test_another_grid_is_refused(change: str) -> None:
    image = _image()
    labels = _labels(np.ones(image.GetSize()[::-1]), image)
    if change == "shifted":
        labels.SetOrigin((-31.3, 12.5, 400.0))
    if change == "turned":
        labels.SetDirection((1, 0, 0, 0, 1, 0, 0, 0, 1))
    if change == "stretched":
        labels.SetSpacing((0.8, 1.1, 5.5))
    if change == "flipped":
        labels = sitk.Flip(labels, (True, False, False))
    with pytest.raises(InputError, match="does not lie on the grid of the image"):
        labels_on_grid(labels, image)


def test_labels_beyond_the_image_are_refused() -> None:
    image = _image()
    labels = _labels(np.ones(image.GetSize()[::-1]), image)
    part = sitk.RegionOfInterest(image, (7, 6, 3), (0, 0, 1))
    with pytest.raises(InputError, match="reaches beyond the image"):
        labels_on_grid(labels, part)
