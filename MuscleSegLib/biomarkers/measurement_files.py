"""Measurements as files: JSON with everything, or CSV tables."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from MuscleSegLib.atomic import check_folder, written_atomically
from MuscleSegLib.biomarkers.columns import KEYS, TEXT_COLUMNS, own_columns
from MuscleSegLib.biomarkers.measurement_checks import check_measurements
from MuscleSegLib.biomarkers.measurements import Measurements, profile_path
from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.labelled_volume import split_models

if TYPE_CHECKING:
    from collections.abc import Sequence

_SUFFIXES = (".json", ".csv")
_ABOUT = ("pseudonym", "scan_date", "version", "models", "notice")
#: Tables of older versions lack it.
_EROSION = "erosion_mm"
_NO_WARNINGS = (
    "These measures come from a CSV table, which holds no warnings, and not how the maps were made and what was left "
    "out: the .json file of the visit holds all."
)


def measurement_paths(path: str | Path) -> list[Path]:
    """The files that :func:`write_measurements` writes for ``path``: worth asking before the long work.

    Raises:
        InputError: The name's ending is none of ours, or the folder does not exist.
    """
    path = Path(path)
    if path.suffix not in _SUFFIXES:
        raise InputError(
            f"Measures cannot be written as {path.name}. Let the name end in .json (everything), or in .csv (the "
            "table, with the profile beside it)."
        )
    check_folder(path)
    return measurement_files(path)


def measurement_files(path: Path) -> list[Path]:
    """The files that measurements are written to, or read from, as ``path``."""
    return [path] if path.suffix == ".json" else [path, profile_path(path)]


def write_measurements(measurements: Measurements, path: str | Path) -> list[Path]:
    """Write measurements, complete or not at all.

    Args:
        measurements: What to write.
        path: ``.json`` for everything, which :func:`read_measurements` gives back as it was; ``.csv`` for a table of
            muscles with one of the profile beside it.

    Returns:
        The files written.

    Raises:
        InputError: As :func:`measurement_paths`, or they cannot be written.
    """
    path = measurement_paths(path)[0]
    if path.suffix == ".csv":
        return measurements.write_csv(path)
    with written_atomically(path) as unfinished:
        unfinished.write_text(measurements.to_json(), encoding="utf-8")
    return [path]


def is_measurements(path: str | Path) -> bool:
    """Whether a file's name is that of measures."""
    return Path(path).suffix in _SUFFIXES


def read_measurements(path: str | Path) -> Measurements:
    """Read what :func:`write_measurements` wrote.

    A ``.csv`` table brings none of the warnings, which it says in one, and less about its making; its profile is read
    where it lies beside it.

    Raises:
        InputError: There is no such file, it is something else, or its rows are of several visits.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no file of measures {path}.")
    try:
        found = _of_tables(path) if path.suffix == ".csv" else Measurements.from_json(path.read_text("utf-8-sig"))
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise InputError(
            f"{path.name} holds no measures of MuscleSeg, or not all that were written. Give a file that muscleseg "
            "measure wrote."
        ) from error
    check_measurements(found, path.name)
    return found


def _of_tables(path: Path) -> Measurements:
    muscles = _read_csv(path)
    profile = _read_csv(profile_path(path)) if profile_path(path).is_file() else pd.DataFrame(columns=[*KEYS])
    about = {name: _said_by_all(name, (muscles, profile), path.name) for name in (*_ABOUT, _EROSION)}
    about["models"] = list(split_models(about["models"]))
    erosion_mm = float(about.pop(_EROSION))
    if not isnan(erosion_mm):
        about[_EROSION] = erosion_mm
    return Measurements(muscles[own_columns(muscles)], profile[own_columns(profile)], about, (_NO_WARNINGS,))


def _said_by_all(column: str, tables: Sequence[pd.DataFrame], file: str) -> Any:
    """What every row of a visit's tables says in a column."""
    said = pd.Series([value for table in tables for value in table.get(column, ())]).unique()
    if len(said) > 1:
        raise InputError(
            f"{file}, or the profile beside it, is not of one visit: its rows say '{said[0]}' and '{said[1]}' as "
            f"{column}. Give the file that muscleseg measure wrote of one visit."
        )
    return said[0]


def _read_csv(path: Path) -> pd.DataFrame:
    words = (*TEXT_COLUMNS, *_ABOUT)
    frame = pd.read_csv(path, dtype=dict.fromkeys(words, str), keep_default_na=False, na_values=[""])
    frame = frame.dropna(how="all").infer_objects().reset_index(drop=True)
    missing = {*KEYS, *_ABOUT} - set(frame.columns)
    if missing:
        raise ValueError(f"columns are missing: {missing}")
    if frame[_ABOUT[-1]].isna().any():
        raise ValueError("a row ends before its last column")
    found = [name for name in words if name in frame]
    frame[found] = frame[found].fillna("")
    frame[_EROSION] = frame.get(_EROSION, float("nan"))
    return frame
