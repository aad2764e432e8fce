"""Where the muscles are in each map that ``muscleseg measure`` measures in: by registration, or by given transforms."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from MuscleSegLib.commands.segmented_image import check_segmented

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import SimpleITK as sitk

    from MuscleSegLib.maps.parameter_map import ParameterMap
    from MuscleSegLib.progress import Progress
    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume


@dataclass
class Placement:
    """How the muscles come to each map; the scanner's coordinates are taken for a map that is not named.

    Attributes:
        transforms: From points of the map to points of the label map, by quantity.
        registered: Of the transforms that registration found, what it warned of, by quantity.
        inputs: File name by role.
    """

    transforms: dict[str, sitk.Transform] = field(default_factory=dict)
    registered: dict[str, tuple[str, ...]] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)


def given_placement(paths: Mapping[str, str]) -> Placement:
    """Read transforms by quantity, and what ``muscleseg register`` wrote beside those that it found.

    Raises:
        InputError: A file is no transform.
    """
    from MuscleSegLib.registration import read_transform
    from MuscleSegLib.registration.quality_file import read_quality

    placement = Placement()
    for quantity, path in paths.items():
        placement.transforms[quantity] = read_transform(path)
        placement.inputs[f"{quantity} transform"] = Path(path).name
        if (quality := read_quality(Path(path))) is not None:
            placement.registered[quantity] = tuple(quality["warnings"])
    return placement


def registered_placement(
    path: str, labels: LabelledVolume, maps: Iterable[ParameterMap], progress: Progress
) -> Placement:
    """Lay the image that was segmented over each map; once over all maps of one grid.

    Raises:
        InputError: It is another image, or cannot be laid over a map.
    """
    from MuscleSegLib.registration import register
    from MuscleSegLib.segmentation.grids import same_grid
    from MuscleSegLib.segmentation.image_reading import read_image

    image = read_image(path)
    check_segmented(image, path, labels)
    placement = Placement(inputs={"segmented image": Path(path).name})
    done: list[ParameterMap] = []
    for one in maps:
        alike = next((other.quantity for other in done if same_grid(other.image, one.image)), None)
        if alike is None:
            names = f"the {one.quantity} map", Path(path).name
            found = register(one.image, image, muscles=labels.image, names=names, progress=progress)
            placement.transforms[one.quantity] = found.transform
            placement.registered[one.quantity] = found.warnings
        else:
            placement.transforms[one.quantity] = placement.transforms[alike]
            placement.registered[one.quantity] = placement.registered[alike]
        done.append(one)
    return placement
