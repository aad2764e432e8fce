"""Whether muscles that do not lie on a map are told of."""

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.biomarkers import map_labels, measure
from MuscleSegLib.biomarkers.placement import fit_beside
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, VolumeLabel
from Testing.biomarkers.conftest import image_of, map_like

SPACING_MM = (1.5, 1.5, 6.0)
LABELS = tuple(VolumeLabel(value, f"muscle {value}", f"M{value}", "right", (value, 0, 0)) for value in range(1, 9))


def thigh(muscles_mm: float, middle=(0.0, 0.0)) -> np.ndarray:
    """(8, 100, 100) eight sectors of muscle around a bone, in a limb 60 mm in radius: 1 to 8, fat 20, air 30."""
    axis = (np.arange(100) - 49.5) * SPACING_MM[0]
    y, x = np.meshgrid(axis - middle[0], axis - middle[1], indexing="ij")
    radius = np.hypot(x, y)
    sector = 1 + np.floor((np.arctan2(y, x) / np.pi + 1) * 3.999)
    tissue = np.where(radius < 60, np.where((radius < muscles_mm) & (radius > 12), sector, 20), 30)
    return np.tile(tissue, (8, 1, 1))


def fat_fraction(tissue: np.ndarray, muscle_ff: float = 8.0) -> np.ndarray:
    random = np.random.default_rng(3)
    ff = np.where(tissue < 20, muscle_ff, 92) + random.normal(0, 4, tissue.shape)
    return np.where(tissue == 30, random.uniform(0, 100, tissue.shape), ff)


def muscles_of(tissue: np.ndarray, labels=LABELS) -> LabelledVolume:
    values = np.where(np.isin(tissue, [label.value for label in labels]), tissue, 0)
    return LabelledVolume(image_of(values.astype(np.uint8), SPACING_MM), labels)


def told(labels: LabelledVolume, ff: np.ndarray) -> bool:
    measured = measure(labels, [map_labels(labels, map_like(labels.image, ff))])
    return any("better than they would 10 mm beside. Is the segm" in text for text in measured.warnings)


@pytest.mark.parametrize("muscle_ff", [2.0, 60.0])
def test_muscles_that_lie_right_are_not_doubted(muscle_ff):
    own = thigh(45)
    assert not told(muscles_of(own), fat_fraction(own, muscle_ff))


@pytest.mark.parametrize("other", [thigh(45, (9, 0)), thigh(25, (10, 10)), thigh(57, (-8, 5))])
def test_muscles_of_another_patient_on_the_same_grid_are_told_of(other):
    assert told(muscles_of(other), fat_fraction(thigh(45)))


@pytest.mark.parametrize("few", [1, 2, 3, 4, 5, 7])
def test_few_muscles_are_not_doubted_for_neighbours_like_themselves(few):
    own = thigh(45)
    assert not told(muscles_of(own, LABELS[:few]), fat_fraction(own))


@pytest.mark.parametrize("few", [4, 7])
def test_a_few_muscles_of_another_patient_are_told_of(few):
    assert told(muscles_of(thigh(45, (20, 0)), LABELS[:few]), fat_fraction(thigh(45)))


def test_that_the_place_of_too_few_muscles_was_not_checked_is_said():
    own = thigh(45)
    for few, expected in ((3, True), (4, False)):
        labels = muscles_of(own, LABELS[:few])
        said = measure(labels, [map_labels(labels, map_like(labels.image, fat_fraction(own)))]).warnings
        sentence = "Whether the muscles lie right in the FF map was not checked: that takes 4 muscles."
        assert (sentence in said) == expected


def test_a_map_that_does_not_tell_muscle_doubts_nothing():
    own = thigh(45)
    assert not told(muscles_of(own), np.full(own.shape, 7.0))
    assert np.isnan(fit_beside(muscles_of(own).image, sitk.Image((100, 100, 8), sitk.sitkFloat32)))


def test_what_could_not_be_fitted_tells_too():
    own = thigh(45)
    ff = np.where(own < 20, fat_fraction(own), np.nan)
    assert not told(muscles_of(own), ff)
    assert told(muscles_of(thigh(45, (10, 0))), ff)


@pytest.mark.parametrize("orientation", ["LAS", "LIP", "PIR"])
def test_how_the_slices_are_stored_makes_no_difference(orientation):
    images = muscles_of(thigh(45, (4, 0))).image, image_of(fat_fraction(thigh(45)).astype(np.float32), SPACING_MM)
    stored = [sitk.DICOMOrient(image, orientation) for image in images]
    assert stored[0].GetDirection() != images[0].GetDirection()
    assert fit_beside(*stored) == pytest.approx(fit_beside(*images), abs=0.05)
