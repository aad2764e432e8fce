"""Small label maps and maps whose right measures are known."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.biomarkers import Measurements, map_labels, measure
from MuscleSegLib.maps.parameter_map import UNITS, ParameterMap
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, VolumeLabel

VL = VolumeLabel(1, "vastus lateralis", "VL", "right", (1, 2, 3), "quadriceps", "1403006", "Vastus lateralis")
RF = VolumeLabel(2, "rectus femoris", "RF", "right", (4, 5, 6), "quadriceps", "72226001", "Rectus femoris")
SA = VolumeLabel(3, "sartorius", "Sa", "right", (7, 8, 9), "anterior thigh")
VL_LEFT = VolumeLabel(101, "vastus lateralis", "VL", "left", (1, 2, 3), "quadriceps")
OWN = VolumeLabel(200, "oedema", "", "", (9, 9, 9))
LABELS = (VL, RF, SA, VL_LEFT, OWN)

GridMaker = Callable[..., sitk.Image]


def image_of(values: np.ndarray, spacing=(1.0, 1.0, 5.0), origin=(0.0, 0.0, 0.0), rotation=(0.0, 0.0, 0.0)):
    """An image of an array (slices, rows, columns) at a place in space."""
    image = sitk.GetImageFromArray(values)
    turned = sitk.Euler3DTransform()
    turned.SetRotation(*rotation)
    image.SetDirection(turned.GetMatrix())
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    return image


def labelled(values: np.ndarray, labels: Sequence[VolumeLabel] = LABELS, **geometry) -> LabelledVolume:
    return LabelledVolume(image_of(values.astype(np.uint8), **geometry), tuple(labels))


def map_like(grid: sitk.Image, values: np.ndarray, quantity: str = "FF") -> ParameterMap:
    image = sitk.GetImageFromArray(np.broadcast_to(values, grid.GetSize()[::-1]).astype(np.float32))
    image.CopyInformation(grid)
    return ParameterMap(image, quantity, UNITS[quantity], {"method": "test"})


def row_of(measurements: Measurements, name: str, side: str = "right", kind: str = "muscle"):
    rows = measurements.muscles
    found = rows[(rows["name"] == name) & (rows["side"] == side) & (rows["kind"] == kind)]
    assert len(found) == 1
    return found.iloc[0]


@pytest.fixture
def boxes() -> LabelledVolume:
    """Two neighbours of the right quadriceps, another right muscle, a left one and a label of the user's own."""
    values = np.zeros((6, 12, 20))
    values[1:5, 2:6, 2:6] = VL.value
    values[1:4, 6:9, 2:6] = RF.value
    values[2:4, 2:8, 7:9] = SA.value
    values[1:5, 2:6, 13:17] = VL_LEFT.value
    values[2, 9:11, 13:15] = OWN.value
    return labelled(values)


@pytest.fixture
def ff(boxes: LabelledVolume) -> ParameterMap:
    random = np.random.default_rng(5)
    return map_like(boxes.image, random.normal(10, 20, boxes.image.GetSize()[::-1]))


@pytest.fixture
def measured(boxes: LabelledVolume, ff: ParameterMap) -> Measurements:
    """One visit, with a patient and a date."""
    return measure(boxes, [map_labels(boxes, ff)], pseudonym="P01", scan_date="2024-05-01", inputs={"FF": "ff.nrrd"})
