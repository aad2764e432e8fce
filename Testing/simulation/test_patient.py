import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

import MuscleSegLib.simulation.patient as simulated_patient
from MuscleSegLib.anatomy import LEFT_OFFSET, muscles
from MuscleSegLib.maps.multi_peak import multi_peak
from MuscleSegLib.simulation.body import Body, simulate_body
from MuscleSegLib.simulation.patient import MOTION, SPIN_ECHOES, SimulatedPatient, simulate_patient
from MuscleSegLib.simulation.poses import Look, draw_motion, grid_over

VL = muscles()["VL"].index
MIDDLE = (3.0, -5.0, 8.0)


@pytest.fixture(scope="module")
def body(thigh) -> Body:
    heights = np.arange(0.0, 24.0, 4.0)
    return simulate_body(
        thigh, "Body_Right", "Body_Left", heights, spacing_mm=3.0, width=64, left_offset=LEFT_OFFSET, seed=3
    )


@pytest.fixture(scope="module", autouse=True)
def _coarse():
    """Voxels as large as the body's."""
    with pytest.MonkeyPatch.context() as patch:
        grids = {"FF": ((3.0, 3.0, 5.0), 0.9), "MTR": ((3.5, 3.5, 6.0), 0.8), "T2": ((4.0, 4.0, 8.0), 0.8)}
        patch.setattr(simulated_patient, "GRIDS", grids)
        yield


@pytest.fixture(scope="module")
def patient(body) -> SimulatedPatient:
    return simulate_patient(body, seed=1)


def in_muscle(patient: SimulatedPatient, quantity: str) -> tuple[np.ndarray, np.ndarray]:
    """The truth in the vastus lateralis of both limbs, and where it is."""
    sequence = patient.sequences[quantity]
    label = sitk.GetArrayFromImage(sequence.label)
    where = (label == VL) | (label == VL + LEFT_OFFSET)
    return sitk.GetArrayFromImage(sequence.truth)[where], where


def test_the_anatomical_image_shows_every_second_slice_of_the_body_where_it_is(body, patient):
    assert patient.anatomical.image.GetSpacing() == (3.0, 3.0, 8.0) and patient.anatomical.image.GetSize() == (
        128,
        64,
        3,
    )
    np.testing.assert_array_equal(
        sitk.GetArrayFromImage(patient.anatomical.label), sitk.GetArrayFromImage(body.label)[::2]
    )


def test_slices_of_the_anatomical_image_are_as_thick_as_they_are_far_apart(body, patient):
    # Thin ones would show the body's steps from slice to slice shifted to one side.
    thin, thick = (sitk.GetArrayFromImage(image) for image in (body.t1_weighted, patient.anatomical.image))
    np.testing.assert_allclose(thick[1], (thin[1] + 2 * thin[2] + thin[3]) / 4, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(thick[0], (3 * thin[0] + thin[1]) / 4, rtol=1e-5, atol=1e-5)


def test_every_sequence_has_a_grid_and_a_motion_of_its_own(patient):
    grids = [sequence.look.grid for sequence in patient.sequences.values()]
    assert len({grid.GetSpacing() for grid in grids}) == 3
    places = [sequence.look.motion.TransformPoint(MIDDLE) for sequence in patient.sequences.values()]
    assert len({tuple(np.round(place, 3)) for place in places}) == 3
    for sequence in patient.sequences.values():
        for image in (*sequence.images.values(), sequence.truth, sequence.label):
            assert (
                image.GetSize() == sequence.look.grid.GetSize() and image.GetOrigin() == sequence.look.grid.GetOrigin()
            )


def test_the_true_labels_lie_where_the_motion_puts_them(body, patient):
    for sequence in patient.sequences.values():
        label = sitk.GetArrayFromImage(sequence.label)
        stored = sitk.GetArrayFromImage(body.label)
        for place in np.argwhere(label > 0)[::150]:
            point = sequence.look.grid.TransformIndexToPhysicalPoint(place[::-1].tolist())
            index = body.label.TransformPhysicalPointToIndex(sequence.look.motion.TransformPoint(point))
            assert stored[index[::-1]] == label[tuple(place)]


def test_fat_and_water_images_give_the_true_fat_fraction(patient):
    truth, where = in_muscle(patient, "FF")
    images = patient.sequences["FF"].images
    fat, water, together, opposed = (
        sitk.GetArrayFromImage(images[role])[where] for role in ("fat", "water", "in_phase", "opposed_phase")
    )
    assert np.median(100 * fat / (fat + water) - truth) == pytest.approx(0, abs=1.5)
    assert np.median(together - fat - water) == pytest.approx(0, abs=0.03)
    assert np.median(opposed - np.abs(water - fat)) == pytest.approx(0, abs=0.03)


def test_the_echoes_give_the_true_fat_fraction(patient):
    truth, where = in_muscle(patient, "FF")
    found = multi_peak(patient.dixon_echoes).fat_fraction.values[where]
    assert np.nanmean(found - truth) == pytest.approx(0, abs=0.2)


def test_the_pair_gives_the_true_mtr_where_the_patient_hardly_moved(patient):
    truth, where = in_muscle(patient, "MTR")
    off, on = (sitk.GetArrayFromImage(image)[where] for image in patient.sequences["MTR"].images.values())
    assert 20 < np.median(truth) < 48
    assert np.median(100 * (off - on) / off - truth) == pytest.approx(0, abs=2)


def test_the_spin_echoes_decay_with_about_the_true_t2(patient):
    truth, where = in_muscle(patient, "T2")
    images = patient.sequences["T2"].images
    second, sixth = (sitk.GetArrayFromImage(images[f"echo_{number:02d}"])[where] for number in (2, 6))
    naive = 4 * SPIN_ECHOES.spacing_ms / np.log(second / sixth)
    # Stimulated echoes and fat make it look longer.
    assert 1.0 < np.median(naive / truth) < 2.0
    assert len(images) == len(SPIN_ECHOES.numbers)


def test_one_seed_is_one_examination(body, patient):
    again, other = simulate_patient(body, seed=1), simulate_patient(body, seed=2)
    images = [sitk.GetArrayFromImage(one.sequences["T2"].images["echo_01"]) for one in (patient, again, other)]
    np.testing.assert_array_equal(images[0], images[1])
    assert (images[0] != images[2]).any()


@given(st.integers(0, 10**6))
def test_a_motion_is_no_larger_than_it_may_be(seed):
    motion = draw_motion(np.random.default_rng(seed), MIDDLE, *MOTION)
    assert np.linalg.norm(np.subtract(motion.TransformPoint(MIDDLE), MIDDLE)) <= MOTION[0] + 1e-6
    angle = np.degrees(np.arccos(np.clip((np.trace(np.reshape(motion.GetMatrix(), (3, 3))) - 1) / 2, -1, 1)))
    assert angle <= MOTION[1] + 1e-4


@given(st.integers(0, 10**6))
def test_means_over_voxels_of_a_linear_image_are_its_values_at_their_middles(seed):
    y, z, x = np.meshgrid(np.arange(20), np.arange(8), np.arange(24))
    image = sitk.GetImageFromArray((1 + 2.0 * x - y + 3 * z).astype(np.float64))
    look = Look(grid_over(image, (2.5, 3.0, 2.0), 0.6), draw_motion(np.random.default_rng(seed), (12, 10, 4), 1.0, 3.0))
    means = look.mean_of(image)
    inside = 0
    for place in np.ndindex(means.shape):
        point = look.motion.TransformPoint(look.grid.TransformIndexToPhysicalPoint([int(k) for k in place[::-1]]))
        if all(2 < c < n - 3 for c, n in zip(point, image.GetSize(), strict=True)):
            assert means[place] == pytest.approx(1 + 2 * point[0] - point[1] + 3 * point[2], abs=1e-6)
            inside += 1
    assert inside > 0
