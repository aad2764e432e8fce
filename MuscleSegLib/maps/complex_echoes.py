"""Complex gradient echoes: what is needed to tell fat from water by its frequency."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import EchoTimesMissing, InputError
from MuscleSegLib.maps.acquisition import stated_echo_times_ms, stated_field_strength_t
from MuscleSegLib.maps.geometry import check_same_grid
from MuscleSegLib.segmentation.image_reading import read_image, split_choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: What scanners store a full turn of the phase as: radians, a thousandth of them (GE), steps of 12 or 13 bits (Siemens,
#: Philips, and either after conversion), degrees.
_TURNS = (2 * np.pi, 360.0, 4096.0, 2000 * np.pi, 8192.0)
#: Phase images show noise, which fills the turn: their values span at least this part of it, and little more than it.
_FILLED = (0.93, 1.01)
#: Echo times (ms) and field strengths (T) beyond these were given in another unit.
_PLAUSIBLE_MS = (0.3, 100.0)
_PLAUSIBLE_T = (0.2, 15.0)
#: How far two programs may round one echo time apart.
_ROUNDING_MS = 0.02


@dataclass(frozen=True)
class ComplexEchoes:
    """Echoes of one gradient-echo acquisition, in the order of their times.

    Attributes:
        values: (echoes, slices, rows, columns) complex64.
        times_ms: (echoes,) rising.
        field_strength_t: Of the main field.
        grid: An image of their geometry.
        names: Their files' names, in order.
    """

    values: NDArray[np.complex64]
    times_ms: NDArray[np.float64]
    field_strength_t: float
    grid: sitk.Image
    names: tuple[str, ...]


def complex_echoes(
    magnitudes: Sequence[sitk.Image],
    phases: Sequence[sitk.Image],
    times_ms: Sequence[float],
    field_strength_t: float,
    *,
    names: Sequence[str] = (),
) -> ComplexEchoes:
    """Put echoes together from magnitude and phase.

    Args:
        magnitudes, phases: One of each for an echo, of one geometry. The phase's unit is found out from its range.
        times_ms: Echo times, in the order of the images; they are sorted.
        field_strength_t: Of the main field.
        names: What sentences and the sidecar call the echoes.

    Raises:
        InputError: Images are missing, do not fit together, or hold no phase; times are missing, equal or implausible.
    """
    count = len(magnitudes)
    if count < 3:
        raise InputError(f"{count} echoes are too few to tell water, fat and the field apart. Give three or more.")
    if len(phases) != count:
        raise InputError(f"There are {count} magnitude and {len(phases)} phase images. Give one of each for an echo.")
    if len(times_ms) != count:
        raise InputError(
            f"There are {count} echoes and {len(times_ms)} echo times. Give one time for each echo, in ms."
        )
    times = np.array(times_ms, float)
    if not ((times >= _PLAUSIBLE_MS[0]) & (times <= _PLAUSIBLE_MS[1])).all():
        raise InputError(f"Echo times of {times.tolist()} ms are implausible for gradient echoes. Give them in ms.")
    if not _PLAUSIBLE_T[0] <= field_strength_t <= _PLAUSIBLE_T[1]:
        raise InputError(f"A field of {field_strength_t:g} T is implausible. Give the field strength in tesla.")
    order = np.argsort(times, kind="stable")
    if np.diff(times[order]).min() <= 0:
        raise InputError("Two echoes have the same echo time. Give each echo once, with its time.")
    names = tuple(names) or tuple(f"echo {k + 1}" for k in range(count))
    by_name = {f"the magnitude of {name}": image for name, image in zip(names, magnitudes, strict=True)}
    by_name |= {f"the phase of {name}": image for name, image in zip(names, phases, strict=True)}
    check_same_grid(by_name)
    stored = [sitk.GetArrayFromImage(image).astype(np.float64) for image in phases]
    turn = _turn(stored)
    values = np.stack(
        [
            sitk.GetArrayFromImage(magnitudes[k]).astype(np.float32)
            * np.exp(2j * np.pi / turn * stored[k]).astype(np.complex64)
            for k in order
        ]
    )
    return ComplexEchoes(values, times[order], field_strength_t, magnitudes[0], tuple(names[k] for k in order))


def read_complex_echoes(
    magnitudes: Sequence[str | Path],
    phases: Sequence[str | Path],
    times_ms: Sequence[float] | None = None,
    field_strength_t: float | None = None,
) -> ComplexEchoes:
    """Read echoes from files; see :func:`complex_echoes`.

    Args:
        magnitudes, phases: One of each for an echo, as :func:`MuscleSegLib.segmentation.image_reading.read_image` reads
            it: ``FILE#2`` is the volume 2, counted from 0, of a file that holds several. Or a DICOM folder each, whose
            series holds all echoes (``FOLDER#7``: its series number 7).
        times_ms, field_strength_t: As for :func:`complex_echoes`; None for what DICOM headers or JSON files beside the
            magnitudes say.

    Raises:
        EchoTimesMissing: Nothing says the echo times.
        InputError: Nor the field strength; the phases are of other echo times than the magnitudes; or as
            :func:`complex_echoes`.
    """
    images, stated = _read(magnitudes)
    of_phases, stated_of_phases = _read(phases)
    if times_ms is None and len(stated) != len(images):
        raise EchoTimesMissing(
            "The echo times are not known: neither the files nor JSON files beside them say one for each echo. Give "
            "them in ms, in the order of the echoes.",
            len(images),
        )
    known = stated if len(stated) == len(images) else list(times_ms or ())
    if len(stated_of_phases) == len(of_phases) == len(known):
        _check_phases(stated_of_phases, known)
    if field_strength_t is None:
        field_strength_t = stated_field_strength_t(magnitudes[0])
    if field_strength_t is None:
        raise InputError(
            "The field strength is not known: neither the files nor JSON files beside them say it. Give it in tesla."
        )
    names = [Path(path).name for path in magnitudes]
    if len(names) < len(images):
        names = [f"{names[0]}, echo {number}" for number in range(1, len(images) + 1)]
    return complex_echoes(images, of_phases, times_ms or stated, field_strength_t, names=names)


def _check_phases(of_phases: Sequence[float], of_magnitudes: Sequence[float]) -> None:
    """Make sure that each phase is of the echo whose magnitude it is put together with."""
    if np.abs(np.subtract(of_phases, of_magnitudes)).max() > _ROUNDING_MS:
        said = (", ".join(f"{time:g}" for time in times) for times in (of_phases, of_magnitudes))
        raise InputError(
            "The phase images are of echoes at {} ms, but the magnitudes of echoes at {} ms. Give the phases of the "
            "same series, in the order of the magnitudes.".format(*said)
        )


def _read(paths: Sequence[str | Path]) -> tuple[list[sitk.Image], list[float]]:
    """Images, and the echo times (ms) that are stated for them: as many, where one is stated for each."""
    folder, series_number = split_choice(str(paths[0]))
    if len(paths) == 1 and folder.is_dir():
        from MuscleSegLib.maps.dicom_echoes import read_dicom_echoes

        echoes = read_dicom_echoes(folder, series_number)
        return [echoes[time] for time in sorted(echoes)], sorted(echoes)
    images = [read_image(path) for path in paths]
    return images, [time for path in paths for time in stated_echo_times_ms(path)]


def _turn(phases: Sequence[NDArray[np.float64]]) -> float:
    """The number that a full turn is stored as."""
    span = max(float(np.nanmax(values) - np.nanmin(values)) for values in phases)
    for turn in _TURNS:
        if _FILLED[0] * turn <= span <= _FILLED[1] * turn:
            return turn
    raise InputError(
        f"The phase images span {span:.4g}, which is no full turn in radians, degrees or a scanner's steps. Are they "
        "phase images? Convert them to radians."
    )
