"""What a kind of map is going to read and make: known before the work, which may be long."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import SimpleITK as sitk

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


def plan_for_pair(
    pair: tuple[str, str],
    quantity: str,
    make: Callable[[sitk.Image, sitk.Image, tuple[str, str], Progress], ParameterMap],
) -> MapPlan:
    """The plan of a map that is made of two images.

    Args:
        pair: Where they are.
        quantity: Of the map.
        make: Of the images, their names and the progress; raises MuscleSegError where they cannot be used.
    """
    from MuscleSegLib.segmentation.image_reading import read_image

    def read_and_make(progress: Progress) -> list[ParameterMap]:
        one, other = map(read_image, pair)
        return [make(one, other, (Path(pair[0]).name, Path(pair[1]).name), progress)]

    return MapPlan(pair, (quantity,), read_and_make)
