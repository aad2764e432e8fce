"""An image as the DICOM series that a scanner would export."""

from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

PATIENT = "Mustermann^Erika"


def write_scan(folder: Path, image: sitk.Image, number: int = 3) -> None:
    """Write each slice of ``image`` as a file, all of them a series; their names say nothing of their order."""
    folder.mkdir(exist_ok=True)
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    array = sitk.GetArrayFromImage(image).astype(np.uint16)
    direction = np.reshape(image.GetDirection(), (3, 3))
    for instance, pixels in enumerate(array, 1):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = MRImageStorage
        meta.MediaStorageSOPInstanceUID = generate_uid()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        file = folder / f"{generate_uid()[-12:]}.dcm"
        dataset = FileDataset(str(file), {}, file_meta=meta, preamble=b"\0" * 128)
        dataset.SOPClassUID = meta.MediaStorageSOPClassUID
        dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
        dataset.PatientName = PATIENT
        dataset.PatientID = "4711"
        dataset.Modality = "MR"
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = study, series, frame
        dataset.SeriesNumber, dataset.InstanceNumber = number, instance
        dataset.SeriesDescription = f"series {number}"
        dataset.ImagePositionPatient = list(image.TransformIndexToPhysicalPoint((0, 0, instance - 1)))
        dataset.ImageOrientationPatient = [*direction[:, 0], *direction[:, 1]]
        dataset.PixelSpacing = [image.GetSpacing()[1], image.GetSpacing()[0]]
        dataset.SliceThickness = image.GetSpacing()[2]
        dataset.Rows, dataset.Columns = pixels.shape
        dataset.SamplesPerPixel = 1
        dataset.PhotometricInterpretation = "MONOCHROME2"
        dataset.BitsAllocated = dataset.BitsStored = 16
        dataset.HighBit, dataset.PixelRepresentation = 15, 0
        dataset.PixelData = pixels.tobytes()
        pydicom.dcmwrite(file, dataset, enforce_file_format=True)
