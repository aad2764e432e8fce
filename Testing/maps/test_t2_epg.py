import numpy as np
import pytest

from MuscleSegLib.errors import Cancelled, InputError
from MuscleSegLib.evaluation.water_t2 import water_t2_errors
from MuscleSegLib.maps.fat_t2 import FAT_T2_MS
from MuscleSegLib.maps.slice_profile import SINC_PULSES
from MuscleSegLib.maps.t2_epg import fit_water_t2
from Testing.maps.echo_series import DIRECTION, ORIGIN, SPACING, TIMES_MS, epg_echoes, in_noise, series_of

#: (slices, rows, columns); T2 changes from slice to slice, fat from column to column.
T2_MS = np.array([32.0, 45.0])[:, None, None]
B1 = np.full((1, 32, 1), 0.88)
FAT = np.repeat([0.0, 0.2, 0.5], 6)[None, None, :]
#: Far below what is fitted to, so that errors are those of the method.
QUIET = 0.01


@pytest.fixture(scope="module")
def quiet_maps():
    return fit_water_t2(series_of(epg_echoes(T2_MS, FAT, B1)), noise_sd=QUIET, fat_t2_ms=FAT_T2_MS)


def test_without_noise_every_quantity_is_right(quiet_maps):
    t2, b1, fat_fraction, error = (parameter_map.values for parameter_map in quiet_maps)
    np.testing.assert_allclose(b1, np.broadcast_to(B1, b1.shape), atol=2e-3)
    np.testing.assert_allclose(t2, np.broadcast_to(T2_MS, t2.shape), atol=0.1)
    np.testing.assert_allclose(fat_fraction, np.broadcast_to(100 * FAT, t2.shape), atol=0.1)
    assert error.max() < 0.5


def test_water_t2_in_noise_is_within_a_millisecond_on_average():
    errors = water_t2_errors(snr=50, t2_ms=(35.0,), fat_fractions_percent=(0.0, 25.0, 50.0), columns=24)
    assert errors["bias_ms"].abs().max() < 1.0
    assert (errors["sd_ms"] < 1.2 * errors["least_sd_ms"]).all()
    assert errors["fat_fraction_bias_percent"].abs().max() < 1.5
    assert errors["unfitted_percent"].max() < 1


def test_maps_lie_where_the_echoes_lie(quiet_maps):
    for parameter_map in quiet_maps:
        assert parameter_map.image.GetSpacing() == SPACING
        assert parameter_map.image.GetOrigin() == ORIGIN
        np.testing.assert_allclose(parameter_map.image.GetDirection(), DIRECTION)


def test_maps_say_what_made_them(quiet_maps):
    assert [(made.quantity, made.unit) for made in quiet_maps] == [
        ("T2", "ms"),
        ("B1", ""),
        ("T2_FF", "%"),
        ("T2_FIT_ERROR", "%"),
    ]
    provenance = quiet_maps[0].provenance
    assert provenance["inputs"] == {"echoes": "echoes.nii.gz"}
    assert provenance["parameters"]["echo_times_ms"] == list(TIMES_MS)
    assert (provenance["parameters"]["fat_t2_ms"], provenance["parameters"]["fat_t2"]) == (151.0, "given")
    assert not provenance["warnings"]


def test_what_cannot_be_fitted_has_no_value():
    echoes = epg_echoes(T2_MS[:1], FAT, B1)
    echoes[:, 0, 0] = 1.0
    echoes[3, 0, 1] = np.nan
    echoes[3, 0, 2] = -5.0
    echoes[:, 0, 3] = 0.0
    for made in fit_water_t2(series_of(echoes), noise_sd=1.0):
        assert np.isnan(made.values[0, :4]).all()
        assert np.isfinite(made.values[0, 4:]).all()


def test_pure_fat_has_no_water_t2():
    fat = np.broadcast_to(np.arange(16) < 8, (1, 8, 16))
    t2, _, fat_fraction, _ = fit_water_t2(series_of(in_noise(epg_echoes(35.0, 1.0 * fat, 0.95), 5.0)), noise_sd=5.0)
    assert np.isnan(t2.values[fat]).mean() > 0.5
    assert np.isfinite(t2.values[~fat]).all()
    assert np.mean(fat_fraction.values[fat]) > 90


def test_a_missing_echo_changes_little(quiet_maps):
    kept = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11]
    times = [TIMES_MS[index] for index in kept]
    t2 = fit_water_t2(series_of(epg_echoes(T2_MS, FAT, B1)[kept], times), noise_sd=QUIET)[0]
    np.testing.assert_allclose(t2.values, quiet_maps[0].values, atol=0.1)


def test_the_order_of_the_echoes_does_not_matter(quiet_maps):
    shuffled = np.random.default_rng(0).permutation(len(TIMES_MS))
    series = series_of(epg_echoes(T2_MS, FAT, B1)[shuffled], [TIMES_MS[index] for index in shuffled])
    np.testing.assert_array_equal(fit_water_t2(series, noise_sd=QUIET)[0].values, quiet_maps[0].values)


def test_the_scale_of_the_image_does_not_matter(quiet_maps):
    t2 = fit_water_t2(series_of(1e-3 * epg_echoes(T2_MS, FAT, B1)), noise_sd=1e-3 * QUIET)[0]
    np.testing.assert_allclose(t2.values, quiet_maps[0].values, atol=0.1)


def test_pulses_that_act_alike_on_the_whole_slice_have_no_profile():
    t2, b1, *_ = fit_water_t2(series_of(epg_echoes(T2_MS, FAT, B1, pulses=None)), pulses=None, noise_sd=QUIET)
    np.testing.assert_allclose(t2.values, np.broadcast_to(T2_MS, t2.values.shape), atol=0.1)
    assert abs(b1.values - B1).max() < 0.02


def test_echoes_that_do_not_decay_as_told_are_warned_about():
    echoes = epg_echoes(T2_MS, FAT, B1)
    echoes[[0, 1]] = echoes[[1, 0]]
    (warning,) = fit_water_t2(series_of(in_noise(echoes, 2.0)), noise_sd=2.0, fat_t2_ms=FAT_T2_MS)[0].warnings
    assert "do not decay as the model says" in warning


def test_unknown_noise_is_warned_about():
    (warning,) = fit_water_t2(series_of(in_noise(epg_echoes(T2_MS, FAT, B1), 2.0)), fat_t2_ms=FAT_T2_MS)[0].warnings
    assert "noise could not be measured" in warning


@pytest.mark.parametrize(
    ("times", "options", "sentence"),
    [
        (TIMES_MS[:5], {}, "need 6 echoes or more, and there are 5"),
        ((*TIMES_MS[:11], 124.0), {}, "not multiples of one echo spacing"),
        (TIMES_MS, {"fat_t2_ms": -1.0}, "T2 of fat must lie between"),
        (TIMES_MS, {"noise_sd": 0.0}, "must be above 0"),
        (tuple(time / 1000 for time in TIMES_MS), {}, "look like seconds"),
    ],
)
def test_what_cannot_be_used_is_said(times, options, sentence):
    with pytest.raises(InputError, match=sentence):
        fit_water_t2(series_of(epg_echoes(T2_MS, FAT, B1)[: len(times)], times), **options)


def test_it_can_be_stopped():
    def stop(_: float, message: str) -> None:
        raise Cancelled(message)

    with pytest.raises(Cancelled):
        fit_water_t2(series_of(epg_echoes(T2_MS, FAT, B1)), noise_sd=QUIET, progress=stop)


def test_b1_too_high_is_told_from_b1_too_low():
    high = np.full((1, 20, 20), 1.15)
    b1 = fit_water_t2(series_of(in_noise(epg_echoes(36.0, 0.1, high), 5.0)), noise_sd=5.0)[1]
    np.testing.assert_allclose(b1.values, high, atol=0.04)


@pytest.mark.parametrize("fat", [0.3, 0.6])
def test_noise_does_not_make_b1_too_low_look_too_high(fat):
    # The echoes of both are so much alike that a bias of every noisy voxel decided between them.
    echoes = np.broadcast_to(epg_echoes(30.0, fat, 0.88)[:, :, None, None], (len(TIMES_MS), 4, 60, 60))
    b1 = fit_water_t2(series_of(in_noise(echoes, 20.0)), noise_sd=20.0, fat_t2_ms=FAT_T2_MS)[1]
    np.testing.assert_allclose(np.median(b1.values), 0.88, atol=0.03)


@pytest.mark.parametrize(("simulated", "fitted"), [(None, SINC_PULSES), (SINC_PULSES, None)])
def test_the_wrong_slice_profile_is_warned_about(simulated, fitted):
    echoes = in_noise(epg_echoes(T2_MS, FAT, B1, pulses=simulated), 4.0)
    (warning,) = fit_water_t2(series_of(echoes), pulses=fitted, noise_sd=4.0, fat_t2_ms=FAT_T2_MS)[0].warnings
    assert "slice-selective" in warning


def test_the_t2_of_fat_is_found_where_there_is_hardly_anything_else():
    fat_t2_ms = 120.0
    fat = np.repeat([0.0, 0.3, 0.5, 0.95], 12)[None, None, :]
    echoes = epg_echoes(T2_MS, fat, B1, fat_t2_ms=fat_t2_ms)
    t2 = fit_water_t2(series_of(in_noise(echoes, 5.0)), noise_sd=5.0)[0]
    assert t2.provenance["parameters"]["fat_t2"] == "found in the images"
    assert abs(t2.provenance["parameters"]["fat_t2_ms"] - fat_t2_ms) < 5
    np.testing.assert_allclose(np.nanmean(t2.values[:, :, :36], (1, 2)), T2_MS.ravel(), atol=1.0)


def test_the_t2_of_fat_is_assumed_and_said_where_there_is_none():
    t2 = fit_water_t2(series_of(epg_echoes(T2_MS, FAT, B1)), noise_sd=QUIET)[0]
    assert (t2.provenance["parameters"]["fat_t2_ms"], t2.provenance["parameters"]["fat_t2"]) == (FAT_T2_MS, "assumed")
    (warning,) = t2.warnings
    assert "too little pure fat" in warning


def test_noise_that_hides_the_t2_of_little_water_leaves_it_untold():
    fat = np.repeat([0.2, 0.9], 20)[None, None, :]
    t2 = fit_water_t2(series_of(in_noise(epg_echoes(35.0, fat, B1), 20.0)), noise_sd=20.0, fat_t2_ms=FAT_T2_MS)[0]
    assert np.isfinite(t2.values[:, :, :15]).mean() > 0.95
    assert np.isnan(t2.values[:, :, 25:]).mean() > 0.95
    assert t2.provenance["parameters"]["t2_standard_error_below_percent"] == 50
