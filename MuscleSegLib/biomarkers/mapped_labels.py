"""A parameter map with the label map on its grid: labels move to the map, so that its values stay as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.registration import move_labels
from MuscleSegLib.segmentation.grids import same_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.maps.parameter_map import ParameterMap
    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume


@dataclass(frozen=True)
class Exclusion:
    """Voxels that are not measured: where the fit is bad, or where a vessel is.

    Attributes:
        by: The map that tells, e.g. of the goodness of fit, or the measured map itself.
        sign: On which side of the limit voxels are left out.
        limit: In the unit of ``by``. Where ``by`` has no value, voxels are left out too.
    """

    by: ParameterMap
    sign: Literal["<", ">"]
    limit: float

    @property
    def text(self) -> str:
        """E.g. ``T2 > 100 ms``."""
        return f"{self.by.quantity} {self.sign} {self.limit:g} {self.by.unit}".rstrip()

    def kept(self, places: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which voxels stay, of those at some places of the flattened map."""
        values = _values_at(self.by, places)
        kept: NDArray[np.bool_] = values >= self.limit if self.sign == "<" else values <= self.limit
        return kept


@dataclass(frozen=True)
class MappedLabels:
    """A map and the muscles on its grid.

    Attributes:
        map: What is measured.
        label_map: The labels, on the grid of ``map``.
        to_labels: Maps points of the map to points of the label map that ``label_map`` was made from (LPS, mm); None
            where the scanner's coordinates are taken as they are.
        exclusions: Voxels that are left out besides those without a value; each ``by`` lies on the grid of ``map``.
    """

    map: ParameterMap
    label_map: sitk.Image
    to_labels: sitk.Transform | None = None
    exclusions: tuple[Exclusion, ...] = ()

    def values_at(self, places: NDArray[np.intp]) -> NDArray[np.float32]:
        """The map's values at some places of the flattened map (k, j, i)."""
        return _values_at(self.map, places)


def _values_at(parameter_map: ParameterMap, places: NDArray[np.intp]) -> NDArray[np.float32]:
    values: NDArray[np.float32] = sitk.GetArrayViewFromImage(parameter_map.image).ravel()[places]
    return values


def map_labels(
    labels: LabelledVolume,
    parameter_map: ParameterMap,
    *,
    transform: sitk.Transform | None = None,
    exclusions: Sequence[Exclusion] = (),
) -> MappedLabels:
    """Bring a label map to the grid of a map.

    Args:
        labels: The label map.
        parameter_map: On any grid.
        transform: Maps points of the map to points of the label map (LPS, mm), as
            :attr:`MuscleSegLib.registration.Registration.transform` does when the map is the fixed image; the scanner's
            coordinates are taken as they are when None.
        exclusions: Voxels to leave out.

    Returns:
        The map with its labels: the label map itself where it has the map's grid already and nothing moves.

    Raises:
        InputError: The map is nowhere where a label is, or an exclusion is told by a map on another grid.
    """
    _check_exclusions(parameter_map, exclusions)
    if transform is None and same_grid(labels.image, parameter_map.image):
        moved = labels.image
    else:
        moved = move_labels(labels.image, parameter_map.image, transform or sitk.Transform(3, sitk.sitkIdentity))
    if not np.any(sitk.GetArrayViewFromImage(moved)):
        raise InputError(
            f"No muscle lies within the {parameter_map.quantity} map: by their positions in the scanner they are "
            "apart. Check that both are of the same patient and session, or give the transform between them."
        )
    return MappedLabels(parameter_map, moved, transform, tuple(exclusions))


def map_labels_to_each(
    labels: LabelledVolume,
    maps: Sequence[ParameterMap],
    *,
    transforms: Mapping[str, sitk.Transform] | None = None,
    exclusions: Mapping[str, Sequence[Exclusion]] | None = None,
) -> list[MappedLabels]:
    """Bring a label map to the grid of each of several maps; it is moved only once to those that share grid and place.

    Args:
        labels: The label map.
        maps: The maps.
        transforms: By quantity of the map; see :func:`map_labels`.
        exclusions: By quantity of the map that is measured.

    Raises:
        InputError: As :func:`map_labels`.
    """
    done: list[MappedLabels] = []
    for one in maps:
        transform = (transforms or {}).get(one.quantity)
        left_out = tuple((exclusions or {}).get(one.quantity, ()))
        for other in done:
            if other.to_labels is transform and same_grid(other.map.image, one.image):
                _check_exclusions(one, left_out)
                done.append(MappedLabels(one, other.label_map, transform, left_out))
                break
        else:
            done.append(map_labels(labels, one, transform=transform, exclusions=left_out))
    return done


def _check_exclusions(parameter_map: ParameterMap, exclusions: Sequence[Exclusion]) -> None:
    for exclusion in exclusions:
        if not same_grid(exclusion.by.image, parameter_map.image):
            raise InputError(
                f"The {exclusion.by.quantity} map cannot say which voxels of the {parameter_map.quantity} map to leave "
                "out, because they lie on different grids. Give maps of one acquisition."
            )
