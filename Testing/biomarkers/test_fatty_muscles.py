"""The error to expect of a fatty muscle's fat fraction: that of the model that found it, as its card tells it."""

from dataclasses import replace

from MuscleSegLib.biomarkers.fatty_muscles import G20_BIAS, G20_SD, expected_error
from Testing.segmentation.stand_in_models import card as stand_in_card


def card(name, *metrics):
    plain = stand_in_card(name, ("background", "VL"), "thigh", "segmentation")
    rows = [{"measure": measure, "value": value, "on": on, "how": "in a test"} for measure, value, on in metrics]
    return replace(plain, metrics=tuple(rows))


MEASURED = card("one", (G20_BIAS, -0.14, "2 patients"), (G20_SD, 1.06, "2 patients"), ("mean DSC", 0.9, "2 patients"))


def test_mean_and_deviation_are_told_with_what_they_were_measured_on():
    assert expected_error([MEASURED.identity], [card("other"), MEASURED]) == "-0.1 ± 1.1 % (one, 2 patients)"


def test_every_erosion_and_every_model_is_told():
    eroded = replace(MEASURED, metrics=MEASURED.metrics + card("one", (G20_BIAS, 0.3, "x"), (G20_SD, 2.0, "x")).metrics)
    leg = card("leg", (G20_BIAS, 0.0, "x"), (G20_SD, 3.0, "x"))

    told = expected_error([eroded.identity, leg.identity], [eroded, leg])

    assert told == "-0.1 ± 1.1 % (one, 2 patients); +0.3 ± 2.0 % (one, x); +0.0 ± 3.0 % (leg, x)"


def test_other_weights_of_the_same_name_tell_nothing():
    assert expected_error([MEASURED.identity + "x"], [MEASURED]).startswith("not measured")


def test_a_mean_without_its_deviation_tells_nothing():
    lone = card("one", (G20_BIAS, 0.1, "2 patients"))
    assert expected_error([lone.identity], [lone]).startswith("not measured")
