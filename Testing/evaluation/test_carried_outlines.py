import numpy as np
import SimpleITK as sitk

from MuscleSegLib.anatomy import label_set, sided_labels
from MuscleSegLib.evaluation.carried_outlines import carry_outlines
from MuscleSegLib.evaluation.outlines import Outline
from MuscleSegLib.segmentation.result import Segmentation

HOSTIN = label_set("hostin").for_regions({"thigh"})
VALUES = {(s.side, s.label.abbreviation): s.value for s in sided_labels(HOSTIN)}
#: First and last x, first and last y of a rectangle.
BOX = (15, 40, 12, 33)


def outline(box, slice_, side="right") -> Outline:
    """Around the pixels of the rectangle, half a pixel outside their middles."""
    left, right, top, bottom = box[0] - 0.5, box[1] + 0.5, box[2] - 0.5, box[3] + 0.5
    return Outline(slice_, side, "RF", np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))


def tube(slices=9) -> tuple[sitk.Image, Segmentation]:
    """A bright rectangle, found as RF on each of many slices of 60 × 50 pixels."""
    labels = np.zeros((slices, 50, 60), np.uint8)
    left, right, top, bottom = BOX
    labels[:, top : bottom + 1, left : right + 1] = VALUES["right", "RF"]
    image = np.full(labels.shape, 20, np.float32)
    image[labels > 0] = 100
    return sitk.GetImageFromArray(image), Segmentation(sitk.GetImageFromArray(labels), HOSTIN, (), ())


def test_an_outline_that_does_not_go_on_from_the_nearest_other_slice_is_told_from_what_was_found():
    """A reader may be wrong too: here on slice 6, where half of the muscle is left out."""
    image, found = tube()
    outlines = [outline(BOX, 2), outline((15, 40, 12, 22), 6), outline((50, 55, 12, 33), 2, "left")]
    told = carry_outlines(image, found, outlines)
    assert told[["slice", "side", "muscle", "from_slice"]].values.tolist() == [
        [2, "right", "RF", 6],
        [6, "right", "RF", 2],
    ]
    on_six = told[told["slice"] == 6].iloc[0]
    assert on_six["dsc_found"] > 0.97 and on_six["dsc_drawn"] < 0.75


def test_outlines_on_one_slice_alone_go_on_from_nowhere():
    image, found = tube()
    assert carry_outlines(image, found, [outline(BOX, 2)]).empty
