"""A multi-echo spin-echo series: its echoes, their times, and what in it can be fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.epg_signals import EchoTrain
from MuscleSegLib.maps.geometry import check_same_grid
from MuscleSegLib.maps.noise import background_noise_sd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

#: No spin echo comes as early, ms.
_LEAST_MS = 1.0
#: How far an echo may lie from its place in an evenly spaced train, as a part of the spacing.
_UNEVENNESS = 0.05
#: An echo is brighter than the one before by more than this part only if they are in the wrong order. Imperfect
#: refocusing makes the first too dark, and the second too bright: by this part at most, as extended phase graphs have
#: it for B1 of 0.6 to 1.4, T2 of 20 to 150 ms and echoes 6 to 15 ms apart.
_RISE, _FIRST_RISE = 0.05, 0.5
#: A voxel is fitted when its strongest echo is this many times the noise, or where the noise is not known, this part of
#: what the brightest hundredth shows.
_LEAST_SNR, _LEAST_PART = 5.0, 0.05
#: What is brighter than this part of it shows body, when the order of the echoes is checked.
_BODY_PART = 0.2


@dataclass(frozen=True)
class MultiEchoSeries:
    """Echoes of one acquisition.

    Attributes:
        images: One volume an echo, all of one grid, by ascending echo time.
        echo_times_ms: Ascending, ms.
        inputs: Where they came from: file or folder name by role.
    """

    images: tuple[sitk.Image, ...]
    echo_times_ms: tuple[float, ...]
    inputs: Mapping[str, str]

    @classmethod
    def of(
        cls, images: Sequence[sitk.Image], echo_times_ms: Sequence[float], inputs: Mapping[str, str]
    ) -> MultiEchoSeries:
        """A series from echoes in any order.

        Raises:
            InputError: Echo times are not one an image, not positive or not different; images differ in grid, are not
                three-dimensional magnitudes; or the signal grows with echo time.
        """
        if len(images) != len(echo_times_ms):
            raise InputError(
                f"There are {len(images)} echoes but {len(echo_times_ms)} echo times. Give one echo time for each echo."
            )
        if not all(np.isfinite(time) and time > 0 for time in echo_times_ms):
            raise InputError("An echo time is not above 0. Give echo times in ms.")
        if echo_times_ms and max(echo_times_ms) < _LEAST_MS:
            raise InputError(
                f"The last echo would come after {max(echo_times_ms):g} ms, too early for a spin echo: these look like "
                "seconds. Give echo times in ms."
            )
        if len(set(echo_times_ms)) < len(echo_times_ms):
            raise InputError(
                f"Two echoes have the same echo time ({_listed(sorted(echo_times_ms))} ms). Give each echo once, with "
                "its own time."
            )
        check_same_grid({f"Echo {number}": image for number, image in enumerate(images, 1)})
        order = np.argsort(echo_times_ms)
        series = cls(
            tuple(images[index] for index in order), tuple(float(echo_times_ms[index]) for index in order), inputs
        )
        _refuse_rising_signal(series)
        return series

    def magnitudes(self) -> NDArray[np.float32]:
        """(echoes, slices, rows, columns)."""
        return np.stack([sitk.GetArrayViewFromImage(image) for image in self.images]).astype(np.float32)

    def echo_train(self, fewest: int) -> EchoTrain:
        """Which echoes of an evenly spaced train these are.

        Raises:
            InputError: They are fewer than ``fewest``, or not evenly spaced.
        """
        times = np.array(self.echo_times_ms)
        if len(times) < fewest:
            raise InputError(
                f"Extended phase graphs need {fewest} echoes or more, and there are {len(times)}. Use the "
                "mono-exponential fit."
            )
        spacing = float(min(times[0], np.diff(times).min()))
        numbers = np.round(times / spacing)
        spacing = float((times @ numbers) / (numbers @ numbers))
        if np.abs(times - numbers * spacing).max() > _UNEVENNESS * spacing or len(set(numbers)) < len(numbers):
            raise InputError(
                f"The echo times ({_listed(self.echo_times_ms)} ms) are not multiples of one echo spacing, which "
                "extended phase graphs need. Check them, or use the mono-exponential fit."
            )
        return EchoTrain(spacing, tuple(int(number) for number in numbers))


def noise_of(magnitudes: NDArray[np.float32], noise_sd: float | None) -> tuple[float, list[str]]:
    """Noise to fit with: as given, or as measured in the background; with a sentence when it is neither.

    Returns:
        Standard deviation of each of the two channels, 0 for unknown; warnings.

    Raises:
        InputError: The given noise is not a positive number.
    """
    if noise_sd is not None:
        if not (np.isfinite(noise_sd) and noise_sd > 0):
            raise InputError("The standard deviation of the noise must be above 0, in the unit of the image.")
        return noise_sd, []
    measured = background_noise_sd(magnitudes)
    if measured is not None:
        return measured, []
    return 0.0, [
        "The noise could not be measured, as no air around the body is in the images. Late echoes at the noise floor "
        "make T2 too long, or look like fat: give the noise's standard deviation, or leave out late echoes."
    ]


def fittable_voxels(magnitudes: NDArray[np.float32], noise_sd: float) -> NDArray[np.bool_]:
    """Where every echo is a number and the strongest stands out of the noise: (slices, rows, columns)."""
    finite = np.isfinite(magnitudes).all(0) & (magnitudes >= 0).all(0)
    strongest = np.where(finite, magnitudes.max(0), 0)
    if noise_sd > 0:
        return strongest > _LEAST_SNR * noise_sd
    return strongest > _LEAST_PART * np.percentile(strongest, 99)


def _refuse_rising_signal(series: MultiEchoSeries) -> None:
    """Refuse echoes whose signal grows with echo time: they were told in the wrong order."""
    magnitudes = series.magnitudes()
    strongest = np.nan_to_num(magnitudes.max(0), posinf=0)
    if not strongest.any():
        raise InputError("The echoes hold no signal. Check that the right files were given.")
    of_body = magnitudes[:, strongest > _BODY_PART * np.percentile(strongest, 99)]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.nanmedian(of_body[1:] / of_body[:-1], 1)
    most = np.where(np.arange(len(ratios)) == 0, 1 + _FIRST_RISE, 1 + _RISE)
    rises = np.flatnonzero(ratios > most) + 1
    # The brighter of the first two, as imperfect refocusing may leave the first darker than the last.
    if len(rises) or np.nanmedian(of_body[-1]) > np.nanmedian(of_body[:2], 1).max():
        echo = int(rises[0]) if len(rises) else len(ratios)
        raise InputError(
            f"The signal grows towards the echo of {series.echo_times_ms[echo]:g} ms, so the echo times do not belong "
            "to the echoes in this order, or these are not the echoes of a spin-echo series. Check the order of the "
            "files and of the echo times."
        )


def _listed(times_ms: Sequence[float]) -> str:
    return ", ".join(f"{time:g}" for time in times_ms)
