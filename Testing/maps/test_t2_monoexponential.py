import numpy as np
import pytest

from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.slice_profile import SINC_PULSES
from MuscleSegLib.maps.t2_monoexponential import fit_t2
from Testing.maps.echo_series import TIMES_MS, epg_echoes, in_noise, series_of

T2_MS = np.linspace(20, 90, 60).reshape(3, 4, 5)


def decay(t2_ms=T2_MS, scale=1000.0):
    return scale * np.exp(-np.reshape(TIMES_MS, (-1, 1, 1, 1)) / t2_ms)


def test_an_exponential_is_found_without_noise():
    t2, error = fit_t2(series_of(decay()), noise_sd=1e-3)
    np.testing.assert_allclose(t2.values, T2_MS, rtol=1e-3)
    assert error.values.max() < 0.05
    assert (t2.quantity, t2.unit, error.quantity, error.unit) == ("T2", "ms", "T2_FIT_ERROR", "%")


def test_the_noise_floor_does_not_make_t2_too_long():
    clean = np.zeros((len(TIMES_MS), 1, 60, 60))
    clean[:, :, 20:] = decay(np.full((1, 40, 60), 25.0))
    noisy = in_noise(clean, 40.0)
    found = fit_t2(series_of(noisy))[0].values[:, 20:]
    assert np.nanmean(found) == pytest.approx(25.0, abs=0.4)
    slope = np.polyfit(TIMES_MS[1:], np.log(noisy[1:, 0, 20:].reshape(11, -1)), 1)[0]
    assert np.mean(-1 / slope) > 35


def test_the_first_echo_is_left_out_unless_asked_for():
    series = series_of(epg_echoes(np.full((1, 2, 2), 35.0), 0.0, 0.85, times_ms=TIMES_MS))
    without, with_first = (fit_t2(series, leave_out_first=left_out, noise_sd=0.01)[0] for left_out in (True, False))
    assert 35 < without.values.mean() < with_first.values.mean()
    assert without.provenance["parameters"]["echo_times_ms"] == list(TIMES_MS[1:])
    assert with_first.provenance["parameters"]["echo_times_ms"] == list(TIMES_MS)


def test_what_cannot_be_fitted_has_no_value():
    echoes = decay()
    echoes[:, 0, 0, 0] = 0.0
    echoes[2, 0, 0, 1] = np.nan
    echoes[2, 0, 0, 2] = -1.0
    echoes[:, 0, 0, 3] = 500.0
    t2, error = fit_t2(series_of(echoes), noise_sd=1.0)
    assert np.isnan(t2.values[0, 0, :4]).all()
    assert np.isnan(error.values[0, 0, :3]).all()
    assert np.isfinite(t2.values).sum() == T2_MS.size - 4


def test_echo_times_need_not_be_evenly_spaced():
    times = [10.0, 17.0, 31.0, 50.0, 80.0]
    echoes = 1000 * np.exp(-np.reshape(times, (-1, 1, 1, 1)) / T2_MS)
    np.testing.assert_allclose(fit_t2(series_of(echoes, times), noise_sd=1e-3)[0].values, T2_MS, rtol=1e-3)


def test_too_few_echoes_are_refused():
    with pytest.raises(InputError, match="3 echoes or more besides the first, and there are 3"):
        fit_t2(series_of(decay()[:3], TIMES_MS[:3]))


def exchanged(echoes):
    return echoes[[1, 0, *range(2, len(echoes))]]


def test_a_first_rise_beyond_what_refocusing_explains_is_refused():
    with pytest.raises(InputError, match="The signal grows towards the echo of 20 ms"):
        series_of(exchanged(decay(np.full((1, 4, 5), 20.0))))


@pytest.mark.parametrize("b1", [0.6, 0.8, 1.0, 1.2, 1.4])
@pytest.mark.parametrize("pulses", [SINC_PULSES, None])
@pytest.mark.parametrize("fat_fraction", [0.0, 0.8])
def test_a_first_rise_by_imperfect_refocusing_is_not_refused(b1, pulses, fat_fraction):
    times_ms = TIMES_MS[:6]
    echoes = epg_echoes(np.full((1, 2, 2), 35.0), fat_fraction, b1, times_ms=times_ms, pulses=pulses)
    series = series_of(echoes, times_ms)
    assert series.echo_times_ms == times_ms
    np.testing.assert_allclose(series.magnitudes(), echoes, rtol=1e-6)


def test_exchanged_first_echoes_are_told_of_by_what_the_fit_leaves():
    t2_ms = np.full((1, 4, 5), 35.0)

    def doubted(echoes):
        return any(
            "do not decay as the model says" in text for text in fit_t2(series_of(echoes), noise_sd=5.0)[0].warnings
        )

    assert doubted(in_noise(exchanged(decay(t2_ms)), 5.0))
    assert not doubted(in_noise(decay(t2_ms), 5.0))


@pytest.mark.parametrize("fat_fraction", [0.0, 0.1, 0.4, 0.8])
@pytest.mark.parametrize("b1", [0.8, 1.0, 1.2])
def test_refocusing_and_fat_as_they_are_usual_are_not_doubted(fat_fraction, b1):
    echoes = in_noise(epg_echoes(np.full((1, 4, 5), 35.0), fat_fraction, b1), 10.0)
    assert not fit_t2(series_of(echoes), noise_sd=10.0)[0].warnings
