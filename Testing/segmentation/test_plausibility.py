from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.anatomy import label_set
from MuscleSegLib.segmentation.orientation import AxialVolume
from MuscleSegLib.segmentation.plausibility import warnings_of_muscles

VL, ST, BF = 1, 11, 2


def labelled(pieces, *values: int, names="muscleseg", muscles=("VL", "ST")):
    """The warnings about a map of one row of voxels a value, for a set of two muscles."""
    labels = np.zeros((3, 12, 12), np.uint8)
    for n, value in enumerate(values):
        labels[:, 2 + n, 3:6] = value
    every = label_set(names)
    few = type(every)(
        every.name, every.title, every.source, tuple(label for label in every.labels if label.abbreviation in muscles)
    )
    volume = AxialVolume.of(sitk.GetImageFromArray(labels.astype(np.float32)))
    return warnings_of_muscles(volume, labels, few, pieces)


def test_nothing_is_said_of_plausible_muscles():
    both = {VL: [9e5], ST: [8e4]}
    assert labelled({"right": both, "left": both}, VL, ST, VL + 100, ST + 100) == []


def test_absent_muscles_are_named_only_on_the_sides_that_are_shown():
    (warning,) = labelled({"left": {VL: [9e5]}}, VL + 100)
    assert (warning.kind, warning.value) == ("absent", ST + 100)
    assert "semitendinosus left" in warning.text


@pytest.mark.parametrize(("volume", "said"), [(300.0, True), (1200.0, False)])
def test_a_muscle_much_smaller_than_on_the_other_side(volume, said):
    pieces = {"right": {VL: [9e5], ST: [volume]}, "left": {VL: [9e5], ST: [9e3]}}
    found = labelled(pieces, VL, ST, VL + 100, ST + 100)
    assert [(warning.kind, warning.value, warning.slice) for warning in found] == ([("small", ST, 1)] if said else [])
    assert all("0.30 cm³, 9.00 cm³ on the other side" in warning.text for warning in found)


@pytest.mark.parametrize("sides", [("right",), ("left",), ("right", "left")])
def test_a_muscle_that_is_next_to_nothing_beside_the_others(sides):
    labels = np.zeros((3, 40, 90), np.uint8)
    pieces = {}
    for side in sides:
        offset = 100 if side == "left" else 0
        columns = slice(50, 90) if side == "left" else slice(0, 40)
        labels[:, :, columns] = VL + offset
        labels[1, 20, columns.start] = ST + offset
        pieces[side] = {VL: [4799.0], ST: [1.0]}
    volume = AxialVolume.of(sitk.GetImageFromArray(labels.astype(np.float32)))
    every = label_set("muscleseg")
    two = replace(every, labels=tuple(label for label in every.labels if label.abbreviation in ("VL", "ST")))
    found = [warning for warning in warnings_of_muscles(volume, labels, two, pieces) if warning.kind == "small"]
    assert [warning.text for warning in found] == [
        f"The semitendinosus {side} is implausibly small: 0.00 cm³, 0.06% of the muscles on the slices where it is."
        for side in sides
    ]
    assert all(warning.slice == 1 for warning in found)


def test_a_muscle_in_two_large_pieces():
    (warning,) = labelled({"right": {VL: [9e5], ST: [5e4, 3e4]}}, VL, ST)
    assert (warning.kind, warning.value) == ("split", ST)
    assert "50.0 cm³ and 30.0 cm³" in warning.text


def test_a_compound_of_several_muscles_may_be_in_pieces():
    pieces = {"right": {BF: [5e4, 3e4]}}
    assert labelled(pieces, BF, names="hostin", muscles=("BF",)) == []
