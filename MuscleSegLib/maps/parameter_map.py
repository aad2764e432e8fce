"""A map of a quantity in tissue, with what made it; as files, an image with a JSON sidecar."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from MuscleSegLib import __version__
from MuscleSegLib.atomic import check_folder, written_atomically, written_together
from MuscleSegLib.errors import InputError
from MuscleSegLib.itk_paths import itk_path
from MuscleSegLib.maps.scale import rescale
from MuscleSegLib.segmentation.image_reading import read_image, split_choice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

#: Unit of each quantity: fat fraction, (water) T2, magnetisation transfer ratio, transmit field relative to the nominal
#: one, the fat fraction and the error of a fit of T2, and what a fat-water separation gives besides (field in Hz, R2*
#: in 1/s).
UNITS: Mapping[str, str] = {
    "FF": "%",
    "T2": "ms",
    "MTR": "%",
    "B1": "",
    "T2_FF": "%",
    "T2_FIT_ERROR": "%",
    "B0": "Hz",
    "R2star": "1/s",
    "WATER": "",
    "FAT": "",
}
NOTICE = "For research; not for diagnostic use."
_SUFFIXES = (".nrrd", ".nii.gz", ".nii")
#: Whose sidecar it is: other programs write JSON files beside images too.
_FORMAT = "MuscleSeg parameter map"


@dataclass(frozen=True)
class ParameterMap:
    """A quantity, voxel by voxel.

    Attributes:
        image: Float32, three-dimensional, in the geometry of what it was made from; NaN where there is no value.
        quantity: One of :data:`UNITS`.
        unit: Its unit; empty for a pure number.
        provenance: What made it, as JSON: ``method``, ``inputs`` (role to file name), ``parameters``, ``warnings``
            (sentences), ``version``.
    """

    image: sitk.Image
    quantity: str
    unit: str
    provenance: dict[str, Any]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what a person should know before using the map."""
        return tuple(self.provenance.get("warnings", ()))

    @property
    def values(self) -> NDArray[np.float32]:
        """(slices, rows, columns), a copy: a view would not keep the image alive."""
        return sitk.GetArrayFromImage(self.image)


def map_of(
    values: NDArray[np.floating],
    grid: sitk.Image,
    quantity: str,
    *,
    method: str,
    inputs: Mapping[str, str] | None = None,
    parameters: Mapping[str, Any] | None = None,
    warnings: Sequence[str] = (),
) -> ParameterMap:
    """A map from its values.

    Args:
        values: (slices, rows, columns) in the unit of the quantity; what is not finite becomes NaN.
        grid: An image of the map's geometry; three-dimensional.
        quantity: One of :data:`UNITS`.
        method: How it was made: a sentence or a name, with the paper.
        inputs: File name by role, e.g. ``{"fat": "dixon_f.nii.gz"}``. Names only: folders may be named for patients.
        parameters: What the method was told, as JSON; units in the names.
        warnings: Sentences about what a person should know before using the map.

    Raises:
        InputError: No value is finite.
    """
    finite = np.isfinite(values)
    if not finite.any():
        raise InputError(
            f"No voxel has a value of {quantity}, so there is no map of it. Check that the right images were given, "
            "and that the numbers given with them, such as the noise, are in their units."
        )
    image = sitk.GetImageFromArray(np.where(finite, values, np.nan).astype(np.float32))
    image.CopyInformation(grid)
    provenance = {
        "method": method,
        "inputs": dict(inputs or {}),
        "parameters": dict(parameters or {}),
        "warnings": list(warnings),
        "version": __version__,
    }
    return ParameterMap(image, quantity, UNITS[quantity], provenance)


def check_map_path(path: str | Path) -> Path:
    """The path, when :func:`write_map` can write there: worth asking before the long work.

    Raises:
        InputError: The name's ending is none of ours, or the folder does not exist.
    """
    path = Path(path)
    if not path.name.endswith(_SUFFIXES):
        raise InputError(
            f"A map cannot be written as {path.name}. Let the name end in .nrrd, which keeps in every program where "
            "there is no value, or in .nii.gz or .nii."
        )
    check_folder(path)
    return path


def sidecar_path(path: Path) -> Path:
    """Where the sidecar of the map ``path`` is: the same name, ending in ``.json``."""
    return path.parent / f"{path.name.removesuffix(_suffix(path))}.json"


def map_files(path: Path) -> list[Path]:
    """The files that a map is written to, or read from, as ``path``: the image, and its sidecar."""
    return [path, sidecar_path(path)]


def write_map(parameter_map: ParameterMap, path: str | Path) -> list[Path]:
    """Write a map and its sidecar; both are complete, or neither is there.

    Prefer ``.nrrd`` for what Slicer opens: programs built on ITK 5 read the NaN of a NIfTI file as 0. :func:`read_map`
    does not.

    Returns:
        The files written, the image first.

    Raises:
        InputError: As :func:`check_map_path`, or the files cannot be written.
    """
    path = check_map_path(path)
    written = map_files(path)
    sidecar = {
        "format": _FORMAT,
        "suffix": _suffix(path),
        "quantity": parameter_map.quantity,
        "unit": parameter_map.unit,
        **parameter_map.provenance,
        "notice": NOTICE,
    }
    image = sitk.GetImageFromArray(parameter_map.values)  # carries no header of a patient
    image.CopyInformation(parameter_map.image)
    with written_together():
        with written_atomically(written[1]) as unfinished:
            text = json.dumps(sidecar, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
            unfinished.write_text(text, encoding="utf-8")
        with written_atomically(path) as unfinished:
            sitk.WriteImage(image, itk_path(unfinished), useCompression=True)
    return written


def read_map(path: str | Path, quantity: str | None = None, *, scale: str | None = None) -> ParameterMap:
    """Read a map: one that :func:`write_map` wrote, or a ready-made one from a scanner or another program.

    The scale of a ready-made map (0–1, 0–100, 0–1000) is found out from its values, its values are brought to the unit
    of the quantity, and a warning of the map says which scale was found.

    Args:
        path: A file of any format that SimpleITK reads, or the folder of a DICOM series.
        quantity: What it shows; needed for a ready-made map: ``FF``, ``T2`` or ``MTR``.
        scale: The scale of a ready-made map, instead of finding it out: one of
            :data:`MuscleSegLib.maps.scale.SCALE_NAMES`.

    Raises:
        InputError: It cannot be read, shows another quantity than asked for, its scale cannot be found out, or a scale
            is given for a map that says its own unit.
    """
    image = read_image(path)
    name = Path(path).name
    location, _ = split_choice(str(path))
    sidecar = _read_sidecar(location)
    if sidecar is None:
        if quantity is None:
            raise InputError(f"Nothing beside {name} says which map it is. Say whether it shows FF, T2 or MTR.")
        return ready_made_map(image, quantity, name, scale=scale)
    if quantity not in (None, sidecar["quantity"]):
        raise InputError(f"{name} is a map of {sidecar['quantity']}, not of {quantity}. Give another file.")
    if scale is not None:
        raise InputError(
            f"{name} says its own unit, in {sidecar_path(location).name} beside it, as MuscleSeg made it. Leave out "
            "its scale."
        )
    _check_scalar(image, name)
    own = ("format", "suffix", "quantity", "unit", "notice")
    about = {key: value for key, value in sidecar.items() if key not in own}
    return ParameterMap(sitk.Cast(image, sitk.sitkFloat32), sidecar["quantity"], sidecar["unit"], about)


def ready_made_map(image: sitk.Image, quantity: str, name: str, *, scale: str | None = None) -> ParameterMap:
    """A map as the scanner made it, in the unit of its quantity.

    Args:
        image: Three-dimensional, one number a voxel.
        quantity: ``FF``, ``T2`` or ``MTR``.
        name: The file's name, for the sidecar.
        scale: As for :func:`read_map`.

    Raises:
        InputError: It is no such image, its scale cannot be found out, or no value of it is a measurement.
    """
    _check_scalar(image, name)
    values, found, warnings = rescale(sitk.GetArrayFromImage(image), quantity, name, scale)
    return map_of(
        values,
        image,
        quantity,
        method="ready-made map, taken as it is",
        inputs={"map": name},
        parameters={"scale": found.name, "factor": found.factor, "scale_given": scale is not None},
        warnings=warnings,
    )


def _check_scalar(image: sitk.Image, name: str) -> None:
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise InputError(f"{name} is no map: it must be three-dimensional, one number a voxel.")
    if "complex" in image.GetPixelIDTypeAsString():
        raise InputError(f"{name} holds complex numbers, which a map does not. Give the map, not the raw echoes.")


def _suffix(path: Path) -> str:
    """How a map's name ends: ``.nii.gz`` as a whole."""
    return next((suffix for suffix in _SUFFIXES if path.name.endswith(suffix)), path.suffix)


def _read_sidecar(map_path: Path) -> dict[str, Any] | None:
    """What :func:`write_map` wrote beside a map; None when nothing of it is there."""
    path, suffix = sidecar_path(map_path), _suffix(map_path).lower()
    try:
        sidecar = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return None
    if not isinstance(sidecar, dict) or sidecar.get("format") != _FORMAT:
        return None
    # The scanner's ff.nii.gz beside ff.nrrd, which was made of it, is in another unit. Older versions do not say it.
    if sidecar.get("suffix", suffix) != suffix:
        return None
    quantity = str(sidecar.get("quantity"))
    if quantity not in UNITS or sidecar.get("unit") != UNITS[quantity]:
        raise InputError(
            f"{path.name} names a quantity or unit that is not known. Was it edited? Delete it, or redo it."
        )
    return sidecar
