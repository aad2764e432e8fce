import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from MuscleSegLib.propagation.signed_distance import signed_distance_mm


@given(angle=st.floats(0, 2 * np.pi), shift=st.floats(-0.5, 0.5), pixel_mm=st.sampled_from([0.5, 1.0, 1.25]))
def test_the_distance_to_a_straight_border_is_right_on_either_side_whatever_its_direction(angle, shift, pixel_mm):
    rows, columns = np.indices((60, 60)) - 29.5
    true_mm = (rows * np.cos(angle) + columns * np.sin(angle) - shift) * pixel_mm
    mask = sitk.GetImageFromArray((true_mm > 0).astype(np.uint8))
    mask.SetSpacing((pixel_mm, pixel_mm))
    found_mm = signed_distance_mm(mask)
    inside, middle = true_mm > 0, np.hypot(rows, columns) < 12
    assert ((found_mm > 0) == inside).all()
    error = (found_mm - true_mm) / pixel_mm
    assert np.abs(error)[middle].max() < 0.75
    # Where within a pixel the border runs cannot be seen, but it is the same border from either side.
    assert error[middle & inside].mean() == pytest.approx(error[middle & ~inside].mean(), abs=0.5)


@pytest.mark.parametrize(("value", "sign"), [(0, -1), (1, 1)])
def test_nothing_and_everything_are_far_from_any_border(value, sign):
    distance = signed_distance_mm(sitk.GetImageFromArray(np.full((5, 6), value, np.uint8)))
    assert (sign * distance > 100).all()
