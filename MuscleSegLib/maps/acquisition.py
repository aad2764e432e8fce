"""What the files of an image say of its sequence: DICOM headers, or JSON beside as dcm2niix and BIDS have it."""

from __future__ import annotations

import json
from pathlib import Path

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.dicom_series import header_value, read_header
from MuscleSegLib.segmentation.image_reading import dicom_files, split_choice

IMAGE_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd")
_ECHO_TIME, _FIELD_STRENGTH = "0018|0081", "0018|0087"
#: Echo times below this are seconds, as BIDS and dcm2niix have them; no echo comes in less than a millisecond.
_LEAST_MS = 1.0


def stated_echo_times_ms(path: str | Path) -> list[float]:
    """Echo times of an image, in the order of its volumes; none where nothing says them.

    Args:
        path: As :func:`MuscleSegLib.segmentation.image_reading.read_image` takes it: of ``FILE#2`` the time of volume 2
            alone, where there is one for each.

    Raises:
        InputError: What is beside the image cannot be understood.
    """
    times = _stated(path, _ECHO_TIME, "EchoTime", "echo time")
    location, choice = split_choice(str(path))
    if not location.is_dir() and choice is not None and choice < len(times):
        times = times[choice : choice + 1]
    return [1000 * time for time in times] if times and max(times) < _LEAST_MS else times


def stated_field_strength_t(path: str | Path) -> float | None:
    """Strength of the main field; None where nothing says it.

    Raises:
        InputError: As :func:`stated_echo_times_ms`.
    """
    strengths = _stated(path, _FIELD_STRENGTH, "MagneticFieldStrength", "field strength")
    return strengths[0] if strengths else None


def _stated(path: str | Path, tag: str, key: str, name: str) -> list[float]:
    location, _ = split_choice(str(path))
    files = dicom_files(path)
    source = files[0] if files else _sidecar(location)
    try:
        if files:
            return [float(value) for value in header_value(read_header(str(source)), tag).split()]
        stated = json.loads(source.read_text(encoding="utf-8-sig")).get(key, []) if source.is_file() else []
        return [float(value) for value in (stated if isinstance(stated, list) else [stated])]
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(
            f"{source.name} cannot be understood where it should say the {name}. Correct it, or give the {name}."
        ) from error


def _sidecar(file: Path) -> Path:
    suffix = next((suffix for suffix in IMAGE_SUFFIXES if file.name.endswith(suffix)), file.suffix)
    return file.with_name(file.name.removesuffix(suffix) + ".json")
