"""Sides and names that contradict where muscles lie, or that are not known, are told of."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.biomarkers import measure
from MuscleSegLib.biomarkers.repeated import RepeatedMeasures
from MuscleSegLib.segmentation.labelled_volume import VolumeLabel
from Testing.biomarkers.conftest import labelled

NAMES = ("vastus lateralis", "rectus femoris", "sartorius", "semitendinosus", "gracilis")
ALL = "All muscles named right lie to the left of those named left. Check the sides, or the image's right and left."


def label(value, name, side):
    return VolumeLabel(value, name, name[:2].upper(), side, (value, 0, 0))


def thighs(rename=lambda name, side: (name, side), rotation=(0.0, 0.0, 0.0)):
    """Five muscles of each thigh from lateral to medial, 30 to 110 mm from the middle; and what they are called."""
    values = np.zeros((6, 24, 60))
    labels = []
    for n, name in enumerate(NAMES):
        for value, column, side in ((n + 1, 2 + 4 * n, "right"), (n + 101, 54 - 4 * n, "left")):
            values[1:5, 4 + 3 * n : 10 + 3 * n, column : column + 4] = value
            labels.append(label(value, *rename(name, side)))
    return labelled(values, labels, spacing=(5.0, 5.0, 8.0), rotation=rotation)


def other(side):
    return {"right": "left", "left": "right"}[side]


def swapped(*names):
    return lambda name, side: (name, other(side) if name in names else side)


def sentences(volume):
    return [text for text in measure(volume).warnings if "image's right and left" in text]


@pytest.mark.parametrize("orientation", ["LPS", "RAS", "SRP", "AIL"])
@pytest.mark.parametrize("rotation", [(0.0, 0.0, 0.0), (0.3, -0.3, 0.4)])
def test_swapped_names_are_told_of_however_the_image_is_stored(orientation, rotation):
    for names, expected in (
        ((), []),
        (NAMES[:1], ["vastus lateralis left, vastus lateralis right"]),
        (NAMES[4:], ["gracilis left, gracilis right"]),
        (NAMES, [ALL]),
    ):
        volume = thighs(swapped(*names), rotation)
        volume = replace(volume, image=sitk.DICOMOrient(volume.image, orientation))
        found = sentences(volume)
        assert len(found) == len(expected)
        for text, part in zip(found, expected, strict=True):
            assert text == ALL or sorted(text.split(": ")[1].split(".")[0].split(", ")) == part.split(", ")


def test_a_muscle_of_one_limb_with_the_side_of_the_other_is_told_of():
    volume = thighs(lambda name, side: (f"{name} {side}", "right"))
    labels = [one for one in volume.labels if one.value < 100]
    labels[0] = label(labels[0].value, "vastus lateralis", "left")

    said = sentences(replace(volume, labels=tuple(labels)))

    assert said == [
        "In the other limb than the name says: vastus lateralis left. Check the sides, or the image's right and left."
    ]


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_single_side_is_not_doubted(side):
    assert not sentences(thighs(lambda name, where: (f"{name} {where}", side)))


def test_unlike_muscles_of_the_two_sides_are_not_doubted():
    volume = thighs()
    few = tuple(one for one in volume.labels if one.side == "left" or one.name == "gracilis")
    assert not sentences(replace(volume, labels=few))


def test_measuring_again_says_the_same_of_sides():
    repeated = RepeatedMeasures()
    assert not repeated.measure(thighs()).warnings
    volume = thighs(swapped("sartorius"))
    assert repeated.measure(volume).warnings == measure(volume).warnings != ()


def own(*names):
    return thighs(lambda name, side: (f"my {name}" if name in names else name, side))


def unnamed(volume, names):
    labels = tuple(replace(one, abbreviation="") if one.name in names else one for one in volume.labels)
    return replace(volume, labels=labels)


def test_a_name_of_no_known_muscle_is_told_of():
    volume = unnamed(own("gracilis"), ["my gracilis"])

    assert measure(volume).warnings == (
        "No muscle is known by these names, so that they count in no group: my gracilis right, my gracilis left. "
        "Rename those that are of a group.",
    )


def test_names_of_another_part_of_the_body_are_not():
    volume = own(*NAMES)

    assert measure(unnamed(volume, [f"my {name}" for name in NAMES])).warnings == ()
