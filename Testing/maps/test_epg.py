import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from MuscleSegLib.maps.epg import cpmg_echoes


def echoes(angle_rad, t1_ms=1400.0, t2_ms=35.0, spacing_ms=10.0, count=8):
    values = (torch.tensor(value, dtype=torch.float64) for value in (1.0, angle_rad, t1_ms, t2_ms))
    return cpmg_echoes(*values, spacing_ms=spacing_ms, echoes=count).numpy()


def echoes_of_isochromats(angle_rad, t1_ms, t2_ms, spacing_ms, count, spins=64):
    """The same by the Bloch equations, for spins that gradients dephase by every angle."""
    phase = np.arange(spins) / spins * 2 * np.pi
    half_t1, half_t2 = np.exp(-spacing_ms / 2 / t1_ms), np.exp(-spacing_ms / 2 / t2_ms)
    x, y, z = np.ones(spins), np.zeros(spins), np.zeros(spins)
    found = []

    def half_a_spacing(x, y, z):
        x, y = x * np.cos(phase) - y * np.sin(phase), x * np.sin(phase) + y * np.cos(phase)
        return x * half_t2, y * half_t2, 1 + (z - 1) * half_t1

    for _ in range(count):
        x, y, z = half_a_spacing(x, y, z)
        y, z = y * np.cos(angle_rad) - z * np.sin(angle_rad), y * np.sin(angle_rad) + z * np.cos(angle_rad)
        x, y, z = half_a_spacing(x, y, z)
        found.append(x.mean())
    return np.array(found)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.3, np.pi), st.floats(100, 2000), st.floats(10, 90), st.floats(5, 20))
def test_phase_graphs_agree_with_the_bloch_equations(angle, t1, t2, spacing):
    found = echoes(angle, t1, t2, spacing)
    np.testing.assert_allclose(found, echoes_of_isochromats(angle, t1, t2, spacing, 8), atol=1e-9)


def test_perfect_refocusing_leaves_an_exponential():
    np.testing.assert_allclose(echoes(np.pi), np.exp(-10 * np.arange(1, 9) / 35), rtol=1e-12)


def test_the_second_echo_holds_a_stimulated_echo():
    sine = np.sin(np.radians(120) / 2) ** 2
    spin_echo, stored = sine**2, np.sin(np.radians(120)) ** 2 / 2
    expected = np.exp(-20 / 35) * spin_echo + np.exp(-10 / 35) * np.exp(-10 / 1400) * stored
    np.testing.assert_allclose(echoes(np.radians(120))[:2], [sine * np.exp(-10 / 35), expected], rtol=1e-12)


def test_turning_too_far_refocuses_as_turning_too_little():
    np.testing.assert_allclose(echoes(np.pi + 0.5), echoes(np.pi - 0.5), rtol=1e-12)


def test_voxels_broadcast():
    t2 = torch.tensor([20.0, 40.0], dtype=torch.float64)[:, None]
    angle = torch.tensor([2.0, 2.5, 3.0], dtype=torch.float64)
    one, t1 = torch.tensor([1.0, 1e3], dtype=torch.float64)
    found = cpmg_echoes(one, angle, t1, t2, spacing_ms=10, echoes=5)
    assert found.shape == (2, 3, 5)
    np.testing.assert_allclose(found[1, 2], echoes(3.0, 1e3, 40.0, count=5), rtol=1e-12)
