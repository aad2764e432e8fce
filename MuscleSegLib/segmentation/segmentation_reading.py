"""A segmentation from a file: as Slicer saved it, or a label map with a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.cropped_grids import uncrop
from MuscleSegLib.segmentation.image_reading import read_stored
from MuscleSegLib.segmentation.label_naming import known_by_code, named_label
from MuscleSegLib.segmentation.label_table import read_label_table
from MuscleSegLib.segmentation.labelled_volume import LARGEST_VALUE, LabelledVolume, split_models
from MuscleSegLib.segmentation.layers import Place, merge_layers, merged_values, numbers_of_no_segment, overlap_warnings
from MuscleSegLib.segmentation.segmentation_writing import table_path
from MuscleSegLib.segmentation.slicer_nrrd import read_segment_fields

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from MuscleSegLib.anatomy.tables import RGB


@dataclass(frozen=True)
class _Listed:
    """What a file says of a segment: its voxels, what it is, by which models it was made, and what a person drew."""

    place: Place
    name: str
    color: RGB
    side: str = ""
    terminology: str = ""
    models: tuple[str, ...] = ()
    key_slices: tuple[int, ...] = ()


def read_labelled_volume(path: str | Path) -> LabelledVolume:
    """Read a segmentation with the names of its labels, edited by a person or not.

    Muscles are known by their names (:func:`MuscleSegLib.anatomy.find_muscle`): a segment that was renamed is what its
    new name says. A name of no known muscle is kept as it is, unless the terminology tells the muscle: with a warning.

    Args:
        path: ``.seg.nrrd`` as Slicer, or this library, wrote it, with overlapping segments or without; or ``.nii.gz``,
            ``.nii`` or ``.nrrd`` with a table of the same name that ends in ``.tsv`` and has the columns ``index`` and
            ``name``, as :func:`MuscleSegLib.segmentation.segmentation_writing.write_segmentation` writes it and BIDS
            defines it.

    Returns:
        Its label map; a cropped one is brought back to the grid that it was cropped from. Where segments overlap, the
        one further down in Slicer's list is kept, as in Slicer's own export to a label map, and a warning says how many
        voxels that were. Voxels of no listed segment are background, with a warning.

    Raises:
        InputError: It cannot be read, holds no label map, or nothing says what its numbers mean; or the table says a
            side that is none.
    """
    path = Path(path)
    image = _read(path)
    header = {key: image.GetMetaData(key) for key in image.GetMetaDataKeys()}
    layers = _layers(image, path)
    listed = _segments(path, header) or _rows(path)
    places = [one.place for one in listed]
    if not listed or any(
        not 0 <= place.layer < len(layers) or not 0 < place.value <= LARGEST_VALUE for place in places
    ):
        raise InputError(f"The list of labels of {path.name} does not fit its voxels. Make it again from its source.")
    values = merged_values(places)
    merged, lost = merge_layers(layers, places, values)
    labels, warnings = known_by_code(
        [
            named_label(value, one.name, one.color, side=one.side, terminology=one.terminology)
            for one, value in zip(listed, values, strict=True)
        ]
    )
    warnings += overlap_warnings([label.title for label in labels], lost)
    strange = ", ".join(map(str, numbers_of_no_segment(layers, places)))
    if strange:
        warnings.append(f"{path.name} holds numbers that nothing names ({strange}); they count as background.")
    plain = sitk.GetImageFromArray(merged)
    plain.CopyInformation(image)
    models = dict.fromkeys(model for one in listed for model in one.models)
    key_slices = {value: one.key_slices for one, value in zip(listed, values, strict=True) if one.key_slices}
    return LabelledVolume(uncrop(plain, header), labels, tuple(models), tuple(warnings), key_slices)


def _read(path: Path) -> sitk.Image:
    if not path.is_file():
        raise InputError(f"There is no segmentation file {path}.")
    image = read_stored(path)
    if image.GetDimension() != 3:
        raise InputError(f"{path.name} is no label map: it has {image.GetDimension()} dimensions, not three.")
    return image


def _layers(image: sitk.Image, path: Path) -> Sequence[NDArray[np.integer]]:
    """Label maps, each (slices, rows, columns)."""
    voxels = sitk.GetArrayViewFromImage(image)
    whole = voxels.dtype.kind in "iu" or (voxels.dtype.kind == "f" and bool(np.all(voxels == np.rint(voxels))))
    if not whole or voxels.min() < 0 or voxels.max() > LARGEST_VALUE:
        raise InputError(
            f"{path.name} is no label map: it holds numbers that are negative, not whole, or above {LARGEST_VALUE}. "
            "Is it an image or a map?"
        )
    labels = voxels if voxels.dtype.kind in "iu" and voxels.dtype.itemsize <= 4 else voxels.astype(np.int32)
    return [labels] if labels.ndim == 3 else list(np.moveaxis(labels, -1, 0))


def _segments(path: Path, header: Mapping[str, str]) -> list[_Listed]:
    """The segments that a NRRD header lists; none in any other file."""
    try:
        segments = read_segment_fields(header)
    except ValueError as error:
        raise InputError(
            f"The list of segments in {path.name} is damaged. Open it in Slicer and save it again."
        ) from error
    models = split_models(header.get("MuscleSeg_Models", ""))
    return [
        _Listed(
            Place(segment.layer, segment.value),
            segment.name,
            segment.color,
            terminology=segment.terminology,
            models=models,
            key_slices=segment.key_slices,
        )
        for segment in segments
    ]


def _rows(path: Path) -> list[_Listed]:
    table = table_path(path)
    try:
        rows = read_label_table(table)
    except OSError as error:
        raise InputError(
            f"Nothing says what the numbers in {path.name} mean. Put a table {table.name} beside it, with the columns "
            "index and name, or give a .seg.nrrd file."
        ) from error
    except ValueError as error:
        raise InputError(
            f"{table.name} is no table of labels. It must be tab-separated, with a whole number in the column index, "
            "each once, and a name in the column name of every row."
        ) from error
    return [
        _Listed(Place(0, row.value), row.name, row.color, side=row.side, models=row.models, key_slices=row.key_slices)
        for row in rows
    ]
