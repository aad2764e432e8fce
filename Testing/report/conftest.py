"""A body of two limbs with a few muscles, small enough to be measured and drawn in a moment."""

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.anatomy import label_set, sided_labels
from MuscleSegLib.biomarkers import Measurements, map_labels, measure
from MuscleSegLib.maps.parameter_map import map_of
from MuscleSegLib.report.assembly import make_report
from MuscleSegLib.report.content import Report
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, VolumeLabel, group_of

SPACING = (2.0, 2.0, 6.0)
SHAPE = (8, 60, 110)
#: Centre (x, y) in mm from the limb's, and radius in mm; the sartorius thins out and ends half way down.
MUSCLES = {"VL": (-14.0, -8.0, 12.0), "RF": (8.0, -16.0, 9.0), "SM": (4.0, 16.0, 11.0), "Sa": (22.0, 2.0, 6.0)}


def _grid() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    k, j, i = np.indices(SHAPE)
    return k, (j - SHAPE[1] / 2) * SPACING[1], (i - SHAPE[2] / 2) * SPACING[0]


@pytest.fixture(scope="session")
def image() -> sitk.Image:
    """Bright fat around darker muscle; the right limb is on the left of the picture."""
    _, y, x = _grid()
    values = np.zeros(SHAPE)
    for centre in (-52.0, 52.0):
        radius = np.hypot(x - centre, y)
        values[radius < 44] = 900
        values[radius < 36] = 400
    values += np.random.default_rng(1).normal(0, 5, SHAPE)
    picture = sitk.GetImageFromArray(values.clip(0).astype(np.float32))
    picture.SetSpacing(SPACING)
    picture.SetOrigin((-110.0, -60.0, 300.0))
    return picture


@pytest.fixture(scope="session")
def labels(image: sitk.Image) -> LabelledVolume:
    """Four muscles a side, and a label of the user's own in the left limb."""
    k, y, x = _grid()
    values = np.zeros(SHAPE, np.uint8)
    meanings = []
    for sided in sided_labels(label_set("muscleseg")):
        label = sided.label
        if label.abbreviation not in MUSCLES:
            continue
        dx, dy, radius = MUSCLES[label.abbreviation]
        sign, centre = (1, -52.0) if sided.side == "right" else (-1, 52.0)
        inside = np.hypot(x - centre - sign * dx, y - dy) < radius
        values[inside & ((k >= 4) | (label.abbreviation != "Sa"))] = sided.value
        meanings.append(
            VolumeLabel(
                sided.value,
                label.name,
                label.abbreviation,
                sided.side,
                label.color,
                group_of(label.members),
                label.snomed_code,
                label.snomed_meaning,
            )
        )
    values[2:4][(np.hypot(x - 52, y - 34) < 5)[2:4]] = 250
    meanings.append(VolumeLabel(250, "oedema & <haematoma>", "", "", (200, 30, 30)))
    label_map = sitk.GetImageFromArray(values)
    label_map.CopyInformation(image)
    return LabelledVolume(label_map, tuple(meanings), models=("thigh-test 1.0 (sha256 0123abcd)",))


@pytest.fixture(scope="session")
def measurements(image: sitk.Image, labels: LabelledVolume) -> Measurements:
    """Fat fraction, which rises from muscle to muscle and along the limb, T2 and MTR, one voxel without a value."""
    values = sitk.GetArrayFromImage(labels.image).astype(float)
    noise = np.random.default_rng(2)
    fat = 3 + values % 7 * 5 + 0.7 * np.arange(SHAPE[0])[:, None, None] + noise.normal(0, 2, SHAPE)
    fat[tuple(np.argwhere(values)[0])] = np.nan
    maps = [
        map_of(fat, image, "FF", method="two-point Dixon", inputs={"fat": "fat.nii.gz", "water": "water.nii.gz"}),
        map_of(36 + noise.normal(0, 3, SHAPE), image, "T2", method="mono-exponential"),
        map_of(30 + noise.normal(0, 3, SHAPE), image, "MTR", method="MTR", warnings=["The MT pair was moved by 2 mm."]),
    ]
    return measure(
        labels,
        [map_labels(labels, one) for one in maps],
        erosion_mm=1.0,
        pseudonym="A-017",
        scan_date="2026-03-04",
        inputs={"image": "thigh.nii.gz", "labels": "muscles.seg.nrrd"},
    )


@pytest.fixture(scope="session")
def report(measurements: Measurements, image: sitk.Image, labels: LabelledVolume) -> Report:
    """A report with everything but a change."""
    return make_report(measurements, labels=labels, image=image)
