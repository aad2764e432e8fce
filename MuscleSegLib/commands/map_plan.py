"""What a kind of map is going to read and make: known before the work, which may be long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from MuscleSegLib.maps.parameter_map import ParameterMap
    from MuscleSegLib.progress import Progress


@dataclass(frozen=True)
class MapPlan:
    """What was asked for.

    Attributes:
        inputs: What is read, as it was given: ``FILE#2`` is a frame of FILE.
        quantities: Of the maps that may come of it, the one that was asked for first.
        make: Reads, and makes the maps; raises MuscleSegError where what was given cannot be used.
    """

    inputs: Sequence[str | Path]
    quantities: tuple[str, ...]
    make: Callable[[Progress], Sequence[ParameterMap]]
