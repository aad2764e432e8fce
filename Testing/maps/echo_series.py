"""Multi-echo series with known T2, fat fraction and B1, in memory and in the files that scanners and programs write."""

from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
import torch
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

from MuscleSegLib.maps.echoes import MultiEchoSeries
from MuscleSegLib.maps.epg_signals import EchoTrain, exact_signals
from MuscleSegLib.maps.fat_t2 import FAT_T1_MS, FAT_T2_MS, WATER_T1_MS
from MuscleSegLib.maps.slice_profile import SINC_PULSES

TIMES_MS = tuple(10.0 * number for number in range(1, 13))
#: Oblique, with a gap: turned about the long axis.
DIRECTION = (0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0)
SPACING, ORIGIN = (1.5, 1.5, 12.0), (-20.0, 35.0, -410.0)
#: Size of the images in DICOM files.
_ROWS, _COLUMNS = 5, 6


def image_of(values) -> sitk.Image:
    image = sitk.GetImageFromArray(np.asarray(values, np.float32))
    image.SetSpacing(SPACING)
    image.SetOrigin(ORIGIN)
    image.SetDirection(DIRECTION)
    return image


def series_of(magnitudes, times_ms=TIMES_MS) -> MultiEchoSeries:
    """A series from (echoes, slices, rows, columns)."""
    return MultiEchoSeries.of([image_of(echo) for echo in magnitudes], times_ms, {"echoes": "echoes.nii.gz"})


def epg_echoes(t2_ms, fat_fraction, b1, *, times_ms=TIMES_MS, pulses=SINC_PULSES, fat_t2_ms=FAT_T2_MS) -> np.ndarray:
    """(echoes, ...) of arrays that broadcast, by extended phase graphs without interpolation."""
    t2_ms, fat_fraction, b1 = (
        torch.from_numpy(values.copy()) for values in np.broadcast_arrays(*np.atleast_1d(t2_ms, fat_fraction, b1))
    )
    train = EchoTrain(10.0, tuple(round(time / 10) for time in times_ms))
    water = exact_signals(WATER_T1_MS, t2_ms.double(), b1.double(), train, pulses)
    fat = exact_signals(FAT_T1_MS, torch.full_like(t2_ms.double(), fat_t2_ms), b1.double(), train, pulses)
    part = fat_fraction.double()[..., None]
    return np.moveaxis(1000 * ((1 - part) * water + part * fat).numpy(), -1, 0)


def in_noise(echoes: np.ndarray, noise_sd: float, seed: int = 0) -> np.ndarray:
    real, imaginary = noise_sd * np.random.default_rng(seed).standard_normal((2, *echoes.shape))
    return np.hypot(echoes + real, imaginary)


def _dataset(file: Path, storage: str, series: str, number: int) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = storage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(str(file), {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = storage
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.PatientName = "Mustermann^Erika"
    dataset.Modality = "MR"
    dataset.SeriesInstanceUID = series
    dataset.StudyInstanceUID = generate_uid()
    dataset.SeriesNumber = number
    dataset.Rows, dataset.Columns = _ROWS, _COLUMNS
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = 0
    return dataset


def value_at(time_ms: float, height: float) -> int:
    """What pixels of DICOM files hold: a decay of 40 ms, and the height of the slice to know it by."""
    return round(3000 * np.exp(-time_ms / 40) + height)


def write_dicom_echoes(folder: Path, times_ms, heights=(0.0, 8.0, 16.0), *, number=3, of_one_series=True) -> None:
    """One file for each slice and echo, named so that names tell neither."""
    folder.mkdir(exist_ok=True)
    shared = generate_uid()
    for echo, time in enumerate(times_ms):
        series = shared if of_one_series else generate_uid()
        for height in heights:
            file = folder / f"{generate_uid()[-12:]}.dcm"
            dataset = _dataset(file, MRImageStorage, series, number if of_one_series else number + echo)
            dataset.EchoTime = time
            dataset.ImagePositionPatient = [-10, -20, height]
            dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
            dataset.PixelSpacing = [1.5, 1.25]
            dataset.SliceThickness = 5
            dataset.PixelData = np.full((_ROWS, _COLUMNS), value_at(time, height), np.uint16).tobytes()
            pydicom.dcmwrite(file, dataset, enforce_file_format=True)


def write_multi_frame_echoes(file: Path, times_ms, heights=(0.0, 8.0, 16.0), *, with_phase=True) -> None:
    """One Enhanced MR file, slices descending, echoes innermost, a phase image after each magnitude."""
    dataset = _dataset(file, EnhancedMRImageStorage, generate_uid(), 4)
    measures, orientation = Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [1.5, 1.25], 5
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared = Dataset()
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    dataset.SharedFunctionalGroupsSequence = [shared]
    frames, pixels = [], []
    for height in reversed(heights):
        for time in times_ms:
            for component in ("MAGNITUDE", "PHASE") if with_phase else ("MAGNITUDE",):
                echo, position, kind, frame = Dataset(), Dataset(), Dataset(), Dataset()
                echo.EffectiveEchoTime = time
                position.ImagePositionPatient = [-10, -20, height]
                kind.ComplexImageComponent = component
                frame.MREchoSequence, frame.PlanePositionSequence = [echo], [position]
                frame.MRImageFrameTypeSequence = [kind]
                frames.append(frame)
                value = value_at(time, height) if component == "MAGNITUDE" else 4000
                pixels.append(np.full((_ROWS, _COLUMNS), value, np.uint16))
    dataset.PerFrameFunctionalGroupsSequence = frames
    dataset.NumberOfFrames = len(frames)
    dataset.PixelData = np.stack(pixels).tobytes()
    pydicom.dcmwrite(file, dataset, enforce_file_format=True)
