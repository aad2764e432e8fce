"""DICOM slices for tests, in the form in which a scanner exports them."""

from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

PATIENT = "Mustermann^Erika"


def write_series(
    folder: Path,
    heights: list[float],
    *,
    number: int = 1,
    description: str = "T1 thigh",
    orientation: tuple[float, ...] = (1, 0, 0, 0, 1, 0),
) -> None:
    """Write one axial slice of 6 × 5 pixels at each height in mm; pixels of slice i hold i + 1."""
    folder.mkdir(exist_ok=True)
    series = generate_uid()
    for instance, height in enumerate(heights, 1):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = MRImageStorage
        meta.MediaStorageSOPInstanceUID = generate_uid()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        file = folder / f"{series[-12:]}-{instance}.dcm"
        dataset = FileDataset(str(file), {}, file_meta=meta, preamble=b"\0" * 128)
        dataset.SOPClassUID = meta.MediaStorageSOPClassUID
        dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
        dataset.PatientName = PATIENT
        dataset.Modality = "MR"
        dataset.SeriesInstanceUID = series
        dataset.StudyInstanceUID = generate_uid()
        dataset.SeriesNumber = number
        dataset.SeriesDescription = description
        dataset.InstanceNumber = instance
        dataset.ImagePositionPatient = [-10, -20, height]
        dataset.ImageOrientationPatient = list(orientation)
        dataset.PixelSpacing = [1.5, 1.25]
        dataset.SliceThickness = 5
        dataset.Rows, dataset.Columns = 5, 6
        dataset.SamplesPerPixel = 1
        dataset.PhotometricInterpretation = "MONOCHROME2"
        dataset.BitsAllocated = dataset.BitsStored = 16
        dataset.HighBit = 15
        dataset.PixelRepresentation = 0
        dataset.PixelData = np.full((5, 6), instance, np.uint16).tobytes()
        pydicom.dcmwrite(file, dataset, enforce_file_format=True)
