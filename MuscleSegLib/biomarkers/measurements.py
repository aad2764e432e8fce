"""The measures of one visit, and how they are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from MuscleSegLib.atomic import written_atomically, written_together
from MuscleSegLib.biomarkers.columns import TEXT_COLUMNS
from MuscleSegLib.maps.parameter_map import NOTICE
from MuscleSegLib.segmentation.labelled_volume import join_models

#: Columns that say whose a row is.
WHOSE = ("pseudonym", "scan_date")
_FORMAT = "MuscleSeg measurements"


@dataclass(frozen=True)
class Measurements:
    """The measures of one visit of one patient.

    Attributes:
        muscles: A row for each muscle and side, then for each group and side. ``kind`` (``muscle`` or ``group``),
            ``abbreviation``, ``name``, ``side`` and ``members`` say which; then ``volume_cm3``,
            ``largest_area_mm2``, ``mean_area_mm2``, ``length_mm``, ``cut_by_field_of_view``; with a fat fraction map
            ``lean_volume_cm3``, ``fat_volume_cm3`` and ``g20`` (``G20+``, ``G20-`` or empty); for each map, e.g.
            ``ff_mean_percent``, ``ff_sd_percent``, ``ff_median_percent``, ``ff_p5_percent``, ``ff_p95_percent``,
            ``ff_voxels_used``, ``ff_voxels_left_out``, ``ff_told_percent`` (of the voxels that erosion left, where the
            map has a value) and ``ff_covered_percent`` (of the volume). NaN is what could not be measured.
        profile: A row for each muscle or group, side and slice of the label map in which it is, towards superior:
            ``kind``, ``abbreviation``, ``name``, ``side``, ``slice`` (as stored, counted from 0), ``position_mm`` (see
            :class:`MuscleSegLib.biomarkers.voxels.LimbAxis`), ``area_mm2`` and the mean of each map.
        about: Where it all comes from: ``pseudonym``, ``scan_date`` (ISO, or empty), ``inputs`` (file name by role),
            ``maps`` (what made each map), ``models``, ``erosion_mm``, ``exclusions``, ``placement`` (by what the
            muscles came to where they are in each map: ``scanner coordinates``, ``registration``, or a person's
            ``transform``), ``g20_expected_error``, ``version``, ``notice``.
        warnings: Sentences about what a person should know before using the numbers.
    """

    muscles: pd.DataFrame
    profile: pd.DataFrame
    about: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def to_json(self) -> str:
        """All of it as JSON; numbers with all their digits, NaN as null."""
        content = {
            "format": _FORMAT,
            "about": self.about,
            "warnings": list(self.warnings),
            "muscles": _records(self.muscles),
            "profile": _records(self.profile),
        }
        return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Measurements:
        """What :meth:`to_json` wrote.

        Raises:
            ValueError: It is something else.
        """
        content = json.loads(text)
        if not isinstance(content, Mapping) or content.get("format") != _FORMAT:
            raise ValueError(f"this is not of the format '{_FORMAT}'")
        try:
            muscles, profile = _frame(content["muscles"]), _frame(content["profile"])
            return cls(muscles, profile, dict(content["about"]), tuple(content["warnings"]))
        except (KeyError, TypeError) as error:
            raise ValueError("a part of the measurements is missing") from error

    def write_csv(self, path: Path) -> list[Path]:
        """Write the table of muscles and, beside it, that of the profile (``…_profile.csv``): both, or neither.

        Each row says too whose it is, and by what it was made: a table is passed on alone.

        Returns:
            The files written.

        Raises:
            InputError: They cannot be written.
        """
        return write_tables(path, self.signed(self.muscles), self.signed(self.profile))

    def signed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A table of this visit with columns that say whose it is, and by what program, erosion and models it was made.

        The erosion is NaN where it is not known: in measures from a table of an older version.
        """
        before = {name: self.about.get(name, "") for name in WHOSE}
        after = {
            "version": self.about.get("version", ""),
            "erosion_mm": self.about.get("erosion_mm", float("nan")),
            "models": join_models(self.about.get("models", ())),
            "notice": NOTICE,
        }
        return pd.concat(
            [_constant(before, frame.index), frame, _constant(after, frame.index)],
            axis="columns",
        )


def write_tables(path: Path, muscles: pd.DataFrame, profile: pd.DataFrame) -> list[Path]:
    """Write a table of muscles and one of profiles beside it: both, or neither.

    Returns:
        The files written.

    Raises:
        InputError: They cannot be written.
    """
    written = [path, profile_path(path)]
    with written_together():
        for table, file in zip((muscles, profile), written, strict=True):
            with written_atomically(file) as unfinished:
                table.to_csv(unfinished, index=False)
    return written


def profile_path(path: Path) -> Path:
    """Where the profile of the table ``path`` is."""
    return path.parent / f"{path.stem}_profile{path.suffix}"


def _constant(values: Mapping[str, Any], index: pd.Index) -> pd.DataFrame:
    return pd.DataFrame({name: [value] * len(index) for name, value in values.items()}, index=index)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {name: [None if pd.isna(value) else value for value in frame[name].tolist()] for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _frame(records: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(records)
    for name in frame.columns:
        if name not in TEXT_COLUMNS and frame[name].dtype != bool:
            frame[name] = pd.to_numeric(frame[name])
    return frame
