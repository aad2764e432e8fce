import json

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.anatomy import label_set, sided_labels
from MuscleSegLib.errors import InputError
from MuscleSegLib.evaluation.outlines import Outline, read_outlines, score_outlines
from MuscleSegLib.segmentation.result import Segmentation

HOSTIN = label_set("hostin").for_regions({"thigh"})
VALUES = {(s.side, s.label.abbreviation): s.value for s in sided_labels(HOSTIN)}
#: First and last x, first and last y of rectangles.
RF, BF, BF_SHORT, LEFT_RF = (2, 6, 1, 4), (2, 5, 8, 12), (8, 11, 8, 12), (20, 24, 1, 4)


def outline(box, muscle, side="right", slice_=1) -> Outline:
    """Around the pixels of the rectangle, half a pixel outside their middles."""
    left, right, top, bottom = box[0] - 0.5, box[1] + 0.5, box[2] - 0.5, box[3] + 0.5
    return Outline(slice_, side, muscle, np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))


def segmentation(*boxes) -> Segmentation:
    """Rectangles of (box, muscle, side) on slice 1 of an image of 28 × 16 × 3 voxels."""
    labels = np.zeros((3, 16, 28), np.uint8)
    for (left, right, top, bottom), muscle, side in boxes:
        labels[1, top : bottom + 1, left : right + 1] = VALUES[side, muscle]
    return Segmentation(sitk.GetImageFromArray(labels), HOSTIN, (), ())


PERFECT = segmentation((RF, "RF", "right"), (BF, "BF", "right"), (BF_SHORT, "BF", "right"), (LEFT_RF, "RF", "left"))
OUTLINES = [outline(RF, "RF"), outline(BF, "BF"), outline(BF_SHORT, "BF"), outline(LEFT_RF, "RF", "left")]


def test_the_right_label_map_scores_one_and_pieces_of_a_muscle_are_one_muscle():
    scores = score_outlines(PERFECT, OUTLINES)
    assert list(scores.columns) == ["slice", "side", "muscle", "dsc", "area_ratio"]
    assert sorted(zip(scores["side"], scores["muscle"], strict=True)) == [
        ("left", "RF"),
        ("right", "BF"),
        ("right", "RF"),
    ]
    assert (scores["dsc"] == 1.0).all() and (scores["area_ratio"] == 1.0).all() and (scores["slice"] == 1).all()


def test_half_a_muscle_scores_two_thirds_and_has_half_the_area():
    scores = score_outlines(segmentation((BF, "BF", "right")), [outline((2, 9, 8, 12), "BF")])
    assert scores["dsc"].tolist() == pytest.approx([2 / 3])
    assert scores["area_ratio"].tolist() == [0.5]


def test_a_muscle_on_the_wrong_side_or_slice_scores_nothing():
    assert score_outlines(segmentation((RF, "RF", "left")), [outline(RF, "RF")])["dsc"].tolist() == [0.0]
    assert score_outlines(PERFECT, [outline(RF, "RF", slice_=2)])["dsc"].tolist() == [0.0]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (outline(RF, "RF", slice_=3), "slice 3, but the image has 3 slices"),
        (outline(RF, "RF", slice_=-1), "slice -1"),
        (outline((20, 40, 1, 4), "RF"), "reaches beyond the image"),
        (outline((2, 6, -3, 4), "RF"), "reaches beyond the image"),
        (outline(RF, "TA"), "TA right, which is not among"),
        (outline(RF, "RF", side="middle"), "RF middle"),
    ],
)
def test_an_outline_that_cannot_be_judged_is_refused(wrong, text):
    with pytest.raises(InputError, match=text):
        score_outlines(PERFECT, [wrong])


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


GOOD = {"slice": 1, "side": "right", "muscle": "RF", "outline": [[1, 2], [3, 4], [5, 2.5]]}


def test_outlines_are_read_from_json(tmp_path):
    (read,) = read_outlines(write(tmp_path / "outlines.json", [GOOD]))
    assert (read.slice, read.side, read.muscle) == (1, "right", "RF")
    np.testing.assert_array_equal(read.corners, [[1, 2], [3, 4], [5, 2.5]])


@pytest.mark.parametrize(
    "content",
    [
        "{",
        [],
        {"RF": GOOD},
        [{"slice": 1}],
        [GOOD | {"outline": [[1, 2, 3]]}],
        [GOOD | {"outline": [1, 2, 3]}],
        [GOOD | {"outline": [[1, 2], [3]]}],
        [GOOD | {"outline": [[1, 2], [3, 4]]}],
        [GOOD | {"slice": "two"}],
    ],
)
def test_a_file_of_another_form_is_refused_with_the_form_it_should_have(tmp_path, content):
    with pytest.raises(InputError, match="JSON list"):
        read_outlines(write(tmp_path / "outlines.json", content))


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(InputError, match=r"none\.json cannot be read"):
        read_outlines(tmp_path / "none.json")


def test_the_outlines_of_the_real_scan_lie_in_it_and_score_one_against_themselves(shared_data):
    outlines = read_outlines(shared_data / "mr" / "thigh_outlines.json")
    size = sitk.ReadImage(str(shared_data / "mr" / "thigh.nii.gz")).GetSize()
    nothing = Segmentation(sitk.Image(size, sitk.sitkUInt8), HOSTIN, (), ())
    scores = score_outlines(nothing, outlines)
    assert set(scores["slice"]) == {9, 15, 21} and set(scores["muscle"]) == {
        label.abbreviation for label in HOSTIN.labels
    }
    assert (scores["dsc"] == 0).all()
