"""Tests for the map of muscles by fat fraction."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import SimpleITK as sitk
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from MuscleSegLib.report.body_map import STEPS, MuscleShade, draw_body_map, shade_colour
from MuscleSegLib.report.limb_sections import limb_sections
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume


def _luminance(colour: tuple[float, ...]) -> float:
    linear = np.where(
        np.array(colour) <= 0.04045, np.array(colour) / 12.92, ((np.array(colour) + 0.055) / 1.055) ** 2.4
    )
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_each_step_of_fat_is_printed_clearly_darker_without_colours() -> None:
    lightness = [_luminance(shade_colour((low + high) / 2)[:3]) for low, high in pairwise(STEPS)]
    assert all(before - after > 0.03 for before, after in pairwise(lightness))


def test_steps_begin_at_their_lower_border_and_nothing_falls_outside() -> None:
    assert shade_colour(20.0) != shade_colour(19.99)
    assert shade_colour(20.0) == shade_colour(29.99)
    assert shade_colour(-3.0) == shade_colour(0.0)
    assert shade_colour(140.0) == shade_colour(99.0)
    assert to_rgb(shade_colour(math.nan)) == (1, 1, 1)


def test_slices_are_called_by_their_number_in_the_file_as_in_tables_and_arguments(
    labels: LabelledVolume, image: sitk.Image
) -> None:
    downwards = replace(labels, image=labels.image[:, :, ::-1])
    (section, *_) = limb_sections(downwards, image[:, :, ::-1], [6])
    assert section.title == "right, slice 1 (0 to 7)"


def test_right_limb_is_left_of_the_left_one_and_holds_only_its_muscles(
    labels: LabelledVolume, image: sitk.Image
) -> None:
    sections = limb_sections(labels, image, [6])
    assert [section.title for section in sections] == ["right, slice 6 (0 to 7)", "left, slice 6 (0 to 7)"]
    for section, side in zip(sections, ("right", "left"), strict=True):
        assert {label.side for label, _ in section.muscles} == {side}
        assert len(section.muscles) == 4
        # The limb of 88 mm is drawn whole, without the other one.
        assert 88 <= section.width_mm <= 104
        assert section.body is not None
        # The body is found on a coarse grid: to a few millimetres.
        radius_mm = math.sqrt((section.body > 0.5).sum() * math.prod(section.spacing_mm) / math.pi)
        assert radius_mm == pytest.approx(44, abs=5)


def test_sections_of_a_flipped_and_turned_image_are_the_same(labels: LabelledVolume) -> None:
    turned = sitk.DICOMOrient(labels.image, "RSP")
    moved = limb_sections(LabelledVolume(turned, labels.labels), None, [6])
    straight = limb_sections(labels, None, [6])
    for first, second in zip(moved, straight, strict=True):
        assert [label for label, _ in first.muscles] == [label for label, _ in second.muscles]
        for (_, mask), (_, other) in zip(first.muscles, second.muscles, strict=True):
            np.testing.assert_array_equal(mask, other)


def test_every_muscle_is_named_with_its_number_and_fatty_ones_are_hatched(
    labels: LabelledVolume, image: sitk.Image
) -> None:
    shades = {label.value: MuscleShade(f"{n + 0.5:.1f}", n + 0.5) for n, label in enumerate(labels.labels, 15)}
    figure = Figure()
    sections = limb_sections(labels, image, [6])
    draw_body_map(figure, sections, shades, (7.0, 3.0))
    texts = [text.get_text().replace("\n", " ") for axes in figure.axes for text in axes.texts]
    drawn = [label for section in sections for label, _ in section.muscles]
    assert sorted(texts) == sorted(f"{label.abbreviation} {shades[label.value].text}" for label in drawn)
    hatched = [
        artist for axes in figure.axes[:2] for artist in axes.collections if getattr(artist, "hatches", [None])[0]
    ]
    assert len(hatched) == sum(shades[label.value].fat_fraction_percent > 20 for label in drawn)


def test_without_fat_fractions_muscles_are_named_and_no_scale_is_shown(labels: LabelledVolume) -> None:
    figure = Figure()
    draw_body_map(figure, limb_sections(labels, None, [6]), {}, (7.0, 3.0))
    assert len(figure.axes) == 2
    assert {text.get_text() for axes in figure.axes for text in axes.texts} == {"VL", "RF", "SM", "Sa"}


def test_labels_beside_a_limb_do_not_overlap(labels: LabelledVolume, image: sitk.Image) -> None:
    figure = Figure()
    shades = {label.value: MuscleShade("100.0", 99.9) for label in labels.labels}
    draw_body_map(figure, limb_sections(labels, image, [6, 3]), shades, (3.0, 2.2))
    renderer = FigureCanvasAgg(figure).get_renderer()
    for axes in figure.axes[:-1]:
        boxes = [text.get_window_extent(renderer) for text in axes.texts]
        assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])
