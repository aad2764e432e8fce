import math

import numpy as np
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from MuscleSegLib.evaluation.overlap import dice_by_value

MAPS = arrays(np.uint8, (5, 6), elements=st.sampled_from([0, 3, 103]))


@settings(deadline=None, max_examples=40)
@given(MAPS, MAPS)
def test_the_dice_of_each_value_is_that_of_counting_pixels(truth, found):
    scores = dice_by_value(sitk.GetImageFromArray(truth), sitk.GetImageFromArray(found), [3, 103, 7])
    assert math.isnan(scores.pop(7))
    for value, score in scores.items():
        sizes = (truth == value).sum() + (found == value).sum()
        if sizes == 0:
            assert math.isnan(score)
        else:
            np.testing.assert_allclose(score, 2 * ((truth == value) & (found == value)).sum() / sizes)
