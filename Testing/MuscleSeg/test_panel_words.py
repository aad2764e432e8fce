"""What the panel says, from what it knows: models, times, slices."""

import pytest

from MuscleSegLib.networks import find_models
from MuscleSegLib.slicer.edits import Edit
from Testing.segmentation.model_folders import write_model


@pytest.mark.parametrize(
    ("fraction", "seconds", "words"),
    [
        (0.01, 5, ""),
        (0.5, 1, ""),
        (1.0, 60, ""),
        (0.9, 60, "a few seconds left"),
        (0.5, 31, "about 30 s left"),
        (0.5, 61, "about 1 min left"),
        (0.1, 60, "about 9 min left"),
    ],
)
def test_the_time_left_is_said_as_roughly_as_it_is_known(application, fraction, seconds, words):  # noqa: ARG001
    from MuscleSegModule.time_left import timeLeft

    assert timeLeft(fraction, seconds) == words


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit("changed", (3,)), "slice 3"),
        (Edit("changed", (0, 1, 2, 6)), "slices 0–2, 6"),
        (Edit("added", (0, 1)), "added"),
    ],
)
def test_edited_slices_are_counted_as_in_pictures_and_sentences(application, edit, words):  # noqa: ARG001
    from MuscleSegModule.muscle_rows import editTitle

    assert editTitle(edit) == words


def test_models_of_one_family_are_one_choice_and_own_models_come_after(application, tmp_path):  # noqa: ARG001
    from MuscleSegModule.models import modelChoices

    write_model(tmp_path, "mine", "leg")

    choices = modelChoices(find_models(tmp_path).cards)

    assert [(choice.value, choice.title) for choice in choices] == [
        ("hrnet", "HRNet (thigh + leg)"),
        ("unet2d", "U-Net 2D (thigh + leg)"),
        ("mine", "A model for tests (leg)"),
    ]
    assert "simulated" in choices[0].images
    assert choices[-1].data == "Nothing (CC0)"
