"""A label map as a DICOM Segmentation that refers to the series it was made on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import highdicom as hd
import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from pydicom.sr.codedict import codes

from MuscleSegLib import __version__
from MuscleSegLib.errors import InputError
from MuscleSegLib.report.dicom_codes import ANATOMICAL_STRUCTURE, laterality_code, structure_code
from MuscleSegLib.report.dicom_source import DicomSource
from MuscleSegLib.report.label_grid import labels_on_grid
from MuscleSegLib.segmentation.grids import index_to_lps

if TYPE_CHECKING:
    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, VolumeLabel

NOTICE = "For research; not for diagnostic use"
MANUFACTURER, PRODUCT = "MuscleSeg developers", "MuscleSeg"
#: Characters that DICOM allows for the label of a segment; for its tracking identifier it allows any number.
_LONGEST_LABEL = 64
#: Series numbers that a scanner's own series do not reach.
_SERIES_NUMBER = 9001


def dicom_segmentation(labels: LabelledVolume, source: DicomSource) -> hd.seg.Segmentation:
    """Make a DICOM Segmentation, one segment a label that has voxels, in the order of the labels.

    It is of type BINARY, which Slicer, OHIF and dcmqi all read; LABELMAP (2024) is smaller, and not yet read by all.
    Its patient and study are those of the series.

    Args:
        labels: On the grid of the series, or on a part of it.
        source: The series that was segmented.

    Raises:
        InputError: The label map does not lie on the series' grid, or is empty.
    """
    array = sitk.GetArrayFromImage(labels_on_grid(labels.image, source.image, "DICOM series"))
    present = set(np.unique(array).tolist())
    shown = [label for label in labels.labels if label.value in present]
    if not shown:
        raise InputError("The segmentation is empty: there is nothing to write as a DICOM Segmentation.")
    numbers = np.zeros(int(array.max()) + 1, np.uint16)
    numbers[[label.value for label in shown]] = np.arange(1, len(shown) + 1)
    segmentation = hd.seg.Segmentation(
        source_images=list(source.slices),
        pixel_array=hd.Volume(
            numbers[array],
            _affine(source.image),
            coordinate_system="PATIENT",
            frame_of_reference_uid=source.slices[0].FrameOfReferenceUID,
        ),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=_descriptions(shown, labels.models),
        series_instance_uid=hd.UID(),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=PRODUCT,
        software_versions=__version__,
        device_serial_number=__version__,
        content_label="MUSCLES",
        content_description=NOTICE,
    )
    segmentation.SeriesDescription = f"Muscles. {NOTICE}"
    return segmentation


def _affine(image: sitk.Image) -> npt.NDArray[np.float64]:
    """From indices (slice, row, column) to LPS coordinates in mm."""
    return index_to_lps(image)[:, [2, 1, 0, 3]]


def _descriptions(labels: Sequence[VolumeLabel], models: Sequence[str]) -> list[hd.seg.SegmentDescription]:
    algorithm = hd.AlgorithmIdentificationSequence(
        name=PRODUCT,
        family=codes.DCM.ArtificialIntelligence,
        version=__version__,
        parameters={f"model {n}": model for n, model in enumerate(models, 1)} or None,
    )
    descriptions = []
    for number, label in enumerate(labels, 1):
        description = hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=label.title[:_LONGEST_LABEL],
            segmented_property_category=ANATOMICAL_STRUCTURE,
            segmented_property_type=structure_code(label),
            # A person may have corrected what the network found; the label map does not tell.
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues.SEMIAUTOMATIC,
            algorithm_identification=algorithm,
            tracking_uid=hd.UID(),
            tracking_id=label.title,
            display_color=hd.color.CIELabColor.from_rgb(*label.color),
        )
        if laterality := laterality_code(label.side):
            kind = description.SegmentedPropertyTypeCodeSequence[0]
            kind.SegmentedPropertyTypeModifierCodeSequence = [laterality]
        descriptions.append(description)
    return descriptions
