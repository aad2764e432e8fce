import json
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.errors import Cancelled, InputError
from MuscleSegLib.maps.complex_echoes import ComplexEchoes, complex_echoes, read_complex_echoes
from MuscleSegLib.maps.glover_schneider import glover_schneider
from MuscleSegLib.maps.multi_peak import multi_peak
from Testing.maps.limb_phantom import SIX_MS, THREE_MS, WEDGES, echoes, grid, image_of, limbs


def in_wedges(values, of) -> np.ndarray:
    return np.array([np.nanmean(values[of.muscle & (abs(of.percent - wedge) < 0.1)]) for wedge in WEDGES])


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("times_ms", [THREE_MS, (1.1, 2.0, 2.9, 3.8), SIX_MS])
def test_multi_peak_finds_the_fat_fraction_in_an_uneven_field_whatever_the_sign_of_the_phase(times_ms, reverse):
    truth = limbs(field_hz=80.0)
    made = multi_peak(echoes(truth, times_ms, reverse=reverse))
    values = made.fat_fraction.values
    np.testing.assert_allclose(in_wedges(values, truth), WEDGES, atol=0.25)
    assert np.nanmax(np.abs(values - truth.percent)[truth.body]) < 20  # no voxel is swapped
    field = np.where(reverse, -1, 1) * truth.field_hz
    assert np.nanstd((made.field.values - field)[truth.muscle]) < 5
    assert np.isnan(values[~truth.body]).mean() > 0.99


def test_six_echoes_tell_r2star_and_amplitudes():
    truth = limbs()
    made = multi_peak(echoes(truth, SIX_MS))
    assert made.decay is not None
    assert np.nanmean((made.decay.values - truth.decay_per_s)[truth.muscle]) == pytest.approx(0, abs=0.5)
    assert np.nanmean((made.water.values - truth.water)[truth.muscle]) == pytest.approx(0, abs=0.01)
    assert np.nanmean((made.fat.values - truth.fat)[truth.muscle]) == pytest.approx(0, abs=0.01)
    assert not made.fat_fraction.warnings


def test_noise_has_no_bias_on_lean_muscle():
    truth = limbs()
    values = multi_peak(echoes(truth, SIX_MS, snr=30)).fat_fraction.values
    assert in_wedges(values, truth)[0] == pytest.approx(0, abs=0.25)
    assert np.nanmin(values[truth.muscle]) < 0


def test_three_echoes_assume_r2star_and_say_so():
    made = multi_peak(echoes(limbs(), THREE_MS))
    assert made.decay is None
    assert made.fat_fraction.warnings == ("Three echoes do not tell R2*: 40/s was assumed.",)


def test_a_field_beyond_what_is_searched_is_said():
    made = multi_peak(echoes(limbs(field_hz=400.0), SIX_MS))
    assert any("as far as it is searched" in warning for warning in made.fat_fraction.warnings)


def test_phases_that_do_not_belong_to_the_magnitudes_are_said():
    right = echoes(limbs(), SIX_MS)
    wrong = np.abs(right.values) * np.exp(1j * np.angle(right.values[[0, 2, 1, 3, 5, 4]]))
    made = multi_peak(replace(right, values=wrong.astype(np.complex64))).fat_fraction
    assert any("not those of water and fat" in sentence for sentence in made.warnings)
    assert not any("not those of water and fat" in sentence for sentence in multi_peak(right).fat_fraction.warnings)


def test_separating_can_be_cancelled():
    def stop(fraction: float, _: str) -> None:
        if fraction > 0.3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        multi_peak(echoes(limbs(), SIX_MS), progress=stop)


def test_glover_and_schneider_find_the_fat_fraction_of_a_single_line():
    truth = limbs(field_hz=120.0)
    times = np.array(THREE_MS) / 1000
    angles = np.pi * np.array([-1, 0, 1])[:, None, None, None]
    field = 2 * np.pi * truth.field_hz * times[:, None, None, None]
    signal = (truth.water + truth.fat * np.exp(1j * angles)) * np.exp(1j * (field + 0.4))
    signal *= np.exp(-truth.decay_per_s * (times - times[0])[:, None, None, None])
    random = np.random.default_rng(3)
    signal = signal + (random.normal(size=signal.shape) + 1j * random.normal(size=signal.shape)) / 100
    made = glover_schneider(
        ComplexEchoes(signal.astype(np.complex64), np.array(THREE_MS), 3.0, grid(), ("a", "b", "c"))
    )
    np.testing.assert_allclose(in_wedges(made.values, truth), WEDGES, atol=0.3)
    assert np.nanmax(np.abs(made.values - truth.percent)[truth.body]) < 20


def test_glover_and_schneider_say_that_the_lines_of_fat_are_missed():
    truth = limbs()
    made = glover_schneider(echoes(truth, THREE_MS))
    read = in_wedges(made.values, truth)
    # The numbers in the warning.
    assert read[WEDGES.index(10.0)] == pytest.approx(6, abs=0.5) and read[WEDGES.index(45.0)] == pytest.approx(
        33, abs=0.5
    )
    assert "10 % of fat reads as 6 %, 45 % as 33 %" in made.warnings[0]


@pytest.mark.parametrize("times_ms", [SIX_MS, (1.0, 2.0, 3.0), (2.3, 3.45, 4.6)])
def test_glover_and_schneider_refuse_other_echo_times(times_ms):
    with pytest.raises(InputError, match="multi-peak method"):
        glover_schneider(echoes(limbs(), times_ms))


def test_echoes_without_signal_are_refused():
    silent = ComplexEchoes(np.zeros((3, 5, 72, 120), np.complex64), np.array(THREE_MS), 3.0, grid(), ("a", "b", "c"))
    for method in (multi_peak, glover_schneider):
        with pytest.raises(InputError, match="show no signal"):
            method(silent)


def stored(turn: float) -> tuple[list[sitk.Image], list[sitk.Image], ComplexEchoes]:
    """Magnitude and phase as a scanner stores them."""
    true = echoes(limbs(), THREE_MS)
    magnitudes = [image_of(np.abs(values)) for values in true.values]
    phases = [image_of(np.angle(values) / (2 * np.pi) * turn) for values in true.values]
    return magnitudes, phases, true


@pytest.mark.parametrize("turn", [2 * np.pi, 360.0, 4096.0, 2000 * np.pi, 8192.0])
def test_the_unit_of_the_phase_is_found_out(turn):
    magnitudes, phases, true = stored(turn)
    made = complex_echoes(magnitudes, phases, THREE_MS, 3.0)
    assert np.abs(made.values - true.values).max() < 1e-3


def test_echoes_in_the_wrong_order_are_sorted_with_their_times():
    magnitudes, phases, true = stored(4096.0)
    order = [2, 0, 1]
    made = complex_echoes(
        [magnitudes[k] for k in order],
        [phases[k] for k in order],
        [THREE_MS[k] for k in order],
        3.0,
        names=[f"echo{k}" for k in order],
    )
    assert np.abs(made.values - true.values).max() < 1e-3
    assert made.times_ms.tolist() == list(THREE_MS) and made.names == ("echo0", "echo1", "echo2")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda m, p: (m[:2], p[:2], THREE_MS[:2], 3.0), "2 echoes are too few"),
        (lambda m, p: (m, p[:2], THREE_MS, 3.0), "3 magnitude and 2 phase images"),
        (lambda m, p: (m, p, THREE_MS[:2], 3.0), "3 echoes and 2 echo times"),
        (lambda m, p: (m, p, (0.00345, 0.0046, 0.00575), 3.0), "Give them in ms"),
        (lambda m, p: (m, p, (3.45, 3.45, 5.75), 3.0), "the same echo time"),
        (lambda m, p: (m, p, THREE_MS, 127.7), "in tesla"),
        (lambda m, _: (m, m, THREE_MS, 3.0), "Are they phase images"),
        (lambda m, p: (m, [p[0], p[1], p[2][:, :, 1:]], THREE_MS, 3.0), "different grids"),
    ],
)
def test_echoes_that_do_not_fit_together_are_refused(change, sentence):
    magnitudes, phases, _ = stored(2 * np.pi)
    with pytest.raises(InputError, match=sentence):
        complex_echoes(*change(magnitudes, phases))


def written(folder, kind, images, times_ms):
    """Files of a magnitude or phase each, with what dcm2niix writes beside them."""
    paths = []
    for image, time in zip(images, times_ms, strict=True):
        paths.append(folder / f"{kind}_{time}.nii.gz")
        sitk.WriteImage(image, str(paths[-1]))
        beside = {"EchoTime": time / 1000, "MagneticFieldStrength": 3.0}
        (folder / f"{kind}_{time}.json").write_text(json.dumps(beside), encoding="utf-8")
    return paths


def test_phases_in_another_order_than_the_magnitudes_are_refused(tmp_path):
    magnitudes, phases, true = stored(2 * np.pi)
    magnitude_files, phase_files = (
        written(tmp_path, "m", magnitudes, THREE_MS),
        written(tmp_path, "p", phases, THREE_MS),
    )
    made = read_complex_echoes(magnitude_files, phase_files)
    assert np.abs(made.values - true.values).max() < 1e-3
    with pytest.raises(InputError, match=r"are of echoes at 4.6, 3.45, 5.75 ms, but the magnitudes of .* 3.45, 4.6"):
        read_complex_echoes(magnitude_files, [phase_files[k] for k in (1, 0, 2)])


def said_of_range(method, echoes_):
    made = method(echoes_)
    warnings = (made if method is glover_schneider else made.fat_fraction).warnings
    return any("beyond 0 to 100 %" in text for text in warnings)


@pytest.mark.parametrize("method", [multi_peak, glover_schneider])
@pytest.mark.parametrize("order", [[1, 0, 2], [0, 2, 1], [1, 2, 0], [2, 0, 1]])
def test_three_echoes_in_the_wrong_order_are_told_of(method, order):
    true = echoes(limbs(), THREE_MS)
    assert said_of_range(method, replace(true, values=true.values[order]))


@pytest.mark.parametrize("method", [multi_peak, glover_schneider])
@pytest.mark.parametrize("snr", [100.0, 20.0, 10.0])
@pytest.mark.parametrize("wedges", [(0.0,) * 6, (80.0,) * 6, (0.0, 20.0, 40.0, 60.0, 80.0, 5.0)])
def test_three_echoes_in_the_right_order_are_not_doubted(method, snr, wedges, monkeypatch):
    monkeypatch.setattr("Testing.maps.limb_phantom.WEDGES", wedges)
    assert not said_of_range(method, echoes(limbs(), THREE_MS, snr=snr))
