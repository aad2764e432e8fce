"""Simulated patients: the images of an examination of muscle, each on its own grid, and what they should give.

The patient moves between the sequences. Every sequence sees the same body (:mod:`MuscleSegLib.simulation.body`); its
truth is given on its own grid and as the patient lay there: what a measurement without noise, registered perfectly,
would give. So errors of maps, registration and labels are measured, and the partial volume that any voxel has is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
import torch
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import correlate1d

from MuscleSegLib.maps.complex_echoes import ComplexEchoes
from MuscleSegLib.maps.epg_signals import EchoTrain, exact_signals
from MuscleSegLib.maps.fat_spectrum import fat_signal
from MuscleSegLib.maps.slice_profile import SINC_PULSES
from MuscleSegLib.simulation.body import Body
from MuscleSegLib.simulation.poses import Look, draw_motion, grid_over

#: Voxel size (mm) of each sequence, and the part of the body's length that it covers.
GRIDS = {"FF": ((1.5, 1.5, 5.0), 0.9), "MTR": ((2.0, 2.0, 6.0), 0.8), "T2": ((2.0, 2.0, 8.0), 0.8)}
#: Motion between sequences, and between the two images of an MT pair: mm, degrees.
MOTION, MOTION_IN_PAIR = (10.0, 5.0), (3.0, 1.5)
#: Signal of lean muscle over the deviation of the noise.
SNR = {"FF": 60.0, "MTR": 60.0, "T2": 50.0}
FIELD_STRENGTH_T = 3.0
DIXON_ECHO_TIMES_MS = (1.3, 2.4, 3.5, 4.6, 5.7, 6.8)
SPIN_ECHOES = EchoTrain(9.5, tuple(range(1, 18)))
#: T1 of muscle and fat at 3 T, and T2 of fat as it shows in an echo train (ms).
MUSCLE_T1_MS, FAT_T1_MS, FAT_T2_MS = 1400.0, 365.0, 151.0
#: Largest relative unevenness of the receiver, of the transmit field; largest field (Hz); rate of decay (1/s).
_RECEIVE, _TRANSMIT, _FIELD_HZ, _DECAY = 0.25, 0.18, 90.0, 35.0
_LEAN_MUSCLE = 0.85


@dataclass(frozen=True)
class Sequence:
    """What one sequence shows, and what a map of it should give.

    Attributes:
        images: By role. FF: ``fat``, ``water``, ``in_phase``, ``opposed_phase``; MTR: ``without_pulse``,
            ``with_pulse``; T2: ``echo_01`` and so on.
        look: The grid and how the patient lay; of the MT pair, for the image without pulse.
        truth: Float32, the map without noise, in % or ms; 0 in air.
        label: UInt8, the true label map where it lay.
        unknown: UInt8, 1 where a muscle may lie that the source does not name.
    """

    images: Mapping[str, sitk.Image]
    look: Look
    truth: sitk.Image
    label: sitk.Image
    unknown: sitk.Image


@dataclass(frozen=True)
class AnatomicalScan:
    """The image that is segmented.

    Attributes:
        image: T1-weighted.
        label: UInt8 on its grid, the true label map; ``unknown`` as in :class:`Sequence`.
    """

    image: sitk.Image
    label: sitk.Image
    unknown: sitk.Image


@dataclass(frozen=True)
class SimulatedPatient:
    """An examination.

    Attributes:
        anatomical: The T1-weighted scan.
        sequences: ``FF``, ``MTR``, ``T2``.
        dixon_echoes: The complex echoes of the Dixon sequence.
    """

    anatomical: AnatomicalScan
    sequences: Mapping[str, Sequence]
    dixon_echoes: ComplexEchoes


def simulate_patient(body: Body, seed: int, *, every: int = 2) -> SimulatedPatient:
    """Examine a body.

    Args:
        body: It lies in the T1-weighted image as it is.
        seed: Of motion, fields and noise.
        every: As for :func:`anatomical_scan`.
    """
    random = np.random.default_rng(seed)
    looks = {}
    for quantity, (spacing, part) in GRIDS.items():
        grid = grid_over(body.label, spacing, part)
        looks[quantity] = Look(grid, draw_motion(random, _middle(grid), *MOTION))
    dixon, echoes = _dixon(body, looks["FF"], random)
    sequences = {
        "FF": dixon,
        "MTR": _magnetisation_transfer(body, looks["MTR"], random),
        "T2": _spin_echoes(body, looks["T2"], random),
    }
    return SimulatedPatient(anatomical_scan(body, every), sequences, echoes)


def anatomical_scan(body: Body, every: int = 2) -> AnatomicalScan:
    """The T1-weighted scan of a body, which lies in it as it is.

    Args:
        body: Whose.
        every: It has a slice where every second, or third, ..., of the body is, and as much thicker.
    """
    image = _thick_slices(body.t1_weighted, every)
    return AnatomicalScan(*(whole[:, :, ::every] for whole in (image, body.label, body.unknown)))


def _thick_slices(image: sitk.Image, number: int) -> sitk.Image:
    """Each slice with its neighbours, weighted by a triangle as wide at half its height as ``number`` slices."""
    profile = np.bartlett(2 * number + 1)
    thick = correlate1d(sitk.GetArrayFromImage(image), profile / profile.sum(), axis=0, mode="nearest")
    found = sitk.GetImageFromArray(thick)
    found.CopyInformation(image)
    return found


def _dixon(body: Body, look: Look, random: np.random.Generator) -> tuple[Sequence, ComplexEchoes]:
    water, fat = look.mean_of(body.water), look.mean_of(body.fat)
    coil = 1 + _RECEIVE * _smooth(random, look)
    noise = _Noise(random, _LEAN_MUSCLE / SNR["FF"])
    images = {
        "fat": noise.magnitude(coil * fat),
        "water": noise.magnitude(coil * water),
        "in_phase": noise.magnitude(coil * (water + fat)),
        "opposed_phase": noise.magnitude(coil * (water - fat)),
    }
    times = np.array(DIXON_ECHO_TIMES_MS)
    field = _FIELD_HZ * _smooth(random, look)
    offset = random.uniform(0, 2 * np.pi)
    echoes = [
        noise.added(coil * (water + fat * turned) * np.exp((2j * np.pi * field - _DECAY) * time / 1000 + 1j * offset))
        for time, turned in zip(times, fat_signal(times / 1000, FIELD_STRENGTH_T), strict=True)
    ]
    names = tuple(f"echo {k + 1}" for k in range(len(times)))
    complex_echoes = ComplexEchoes(np.stack(echoes).astype(np.complex64), times, FIELD_STRENGTH_T, look.grid, names)
    return _sequence(body, look, images, 100 * _ratio(fat, water + fat)), complex_echoes


def _magnetisation_transfer(body: Body, look: Look, random: np.random.Generator) -> Sequence:
    second = Look(look.grid, _after(look.motion, draw_motion(random, _middle(look.grid), *MOTION_IN_PAIR)))
    noise = _Noise(random, _LEAN_MUSCLE / SNR["MTR"])
    coil = 1 + _RECEIVE * _smooth(random, look)
    kept = body.water * sitk.Cast(1 - body.mtr / 100, sitk.sitkFloat32)
    signal = look.mean_of(body.water) + look.mean_of(body.fat)
    saturated = look.mean_of(kept) + look.mean_of(body.fat)
    images = {
        "without_pulse": noise.magnitude(coil * signal),
        "with_pulse": noise.magnitude(coil * (second.mean_of(kept) + second.mean_of(body.fat))),
    }
    return _sequence(body, look, images, 100 * _ratio(signal - saturated, signal))


def _spin_echoes(body: Body, look: Look, random: np.random.Generator) -> Sequence:
    water, fat = look.mean_of(body.water), look.mean_of(body.fat)
    t2_ms = _ratio(look.mean_of(body.water * body.t2_ms), water)
    b1 = 1 + _TRANSMIT * _smooth(random, look)
    coil = 1 + _RECEIVE * _smooth(random, look)
    noise = _Noise(random, _LEAN_MUSCLE / SNR["T2"])
    of_water = _echo_train(MUSCLE_T1_MS, t2_ms, b1, np.geomspace(2.0, 320.0, 120))
    of_fat = _echo_train(FAT_T1_MS, np.full_like(b1, FAT_T2_MS), b1, np.array([FAT_T2_MS, 1.01 * FAT_T2_MS]))
    images = {
        f"echo_{number:02d}": noise.magnitude(coil * (water * of_water[..., k] + fat * of_fat[..., k]))
        for k, number in enumerate(SPIN_ECHOES.numbers)
    }
    return _sequence(body, look, images, t2_ms)


def _echo_train(
    t1_ms: float, t2_ms: NDArray[np.floating], b1: NDArray[np.floating], t2_nodes: NDArray[np.floating]
) -> NDArray[np.floating]:
    """(..., echoes) by extended phase graphs, linear between ``t2_nodes`` and as close values of B1."""
    b1_nodes = np.linspace(1 - 1.1 * _TRANSMIT, 1 + 1.1 * _TRANSMIT, 31)
    table = exact_signals(
        t1_ms, torch.from_numpy(t2_nodes)[:, None], torch.from_numpy(b1_nodes), SPIN_ECHOES, SINC_PULSES
    )
    look_up = RegularGridInterpolator((np.log(t2_nodes), b1_nodes), table.numpy(), method="linear")
    return look_up(np.stack([np.log(np.clip(t2_ms, t2_nodes[0], t2_nodes[-1])), b1], -1))


def _sequence(
    body: Body, look: Look, images: Mapping[str, NDArray[np.floating]], truth: NDArray[np.floating]
) -> Sequence:
    return Sequence(
        {role: look.image_of(values) for role, values in images.items()},
        look,
        look.image_of(truth),
        look.labels_of(body.label),
        look.labels_of(body.unknown),
    )


@dataclass(frozen=True)
class _Noise:
    random: np.random.Generator
    deviation: float

    def added(self, signal: NDArray[np.number]) -> NDArray[np.complexfloating]:
        """The signal with complex noise."""
        real, imaginary = (self.random.normal(0, self.deviation, signal.shape) for _ in range(2))
        return signal + real + 1j * imaginary

    def magnitude(self, signal: NDArray[np.number]) -> NDArray[np.floating]:
        """What a magnitude image shows of it."""
        return np.abs(self.added(signal))


def _smooth(random: np.random.Generator, look: Look) -> NDArray[np.floating]:
    """(slices, rows, columns) from −1 to 1 at most: a second-order polynomial of the position."""
    axes = np.meshgrid(*(np.linspace(-1, 1, n) for n in look.grid.GetSize()[::-1]), indexing="ij")
    terms = [*axes, *(a * b for i, a in enumerate(axes) for b in axes[i:])]
    values = sum(weight * term for weight, term in zip(random.normal(size=len(terms)), terms, strict=True))
    return values / np.abs(values).max()


def _ratio(part: NDArray[np.floating], whole: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 1e-3)


def _after(motion: sitk.Transform, further: sitk.Transform) -> sitk.CompositeTransform:
    """First ``further``, then ``motion``, as points are mapped."""
    return sitk.CompositeTransform([motion, further])


def _middle(grid: sitk.Image) -> tuple[float, float, float]:
    return grid.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in grid.GetSize()])
