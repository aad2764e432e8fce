"""Made-up limbs whose muscles move, grow and end from slice to slice, with an image that shows them."""

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk

#: In the image: air, fat, and the labels.
_GREY = {0: 1.0, 1: 0.45, 2: 0.6, 3: 0.35, 4: 0.5}
SLICE_MM, PIXEL_MM = 6.0, 2.0


def limb(slices: int = 11, size: int = 64, *, shift: float = 1.5, ends: Mapping[int, tuple[int, int]] | None = None):
    """An image and its label map: four discs in fat that wander along the columns by ``shift`` pixels a slice.

    Args:
        ends: First and last slice of labels that do not run through all.

    Returns:
        Image (float32) and label map (uint8), LPS.
    """
    rows, columns = np.indices((size, size), dtype=float)
    labels = np.zeros((slices, size, size), np.uint8)
    image = np.zeros((slices, size, size), np.float32)
    for n in range(slices):
        middle = size / 2 + shift * (n - (slices - 1) / 2)
        image[n][np.hypot(rows - size / 2, columns - middle) < size * 0.36] = _GREY[0]
        for value, (row, column) in enumerate([(-8, -8), (-8, 8), (8, -8), (8, 8)], 1):
            first, last = (ends or {}).get(value, (0, slices))
            if first <= n <= last:
                radius = 6.0 - 0.25 * abs(n - slices // 2)
                inside = np.hypot(rows - size / 2 - row, columns - middle - column) < radius
                labels[n][inside] = value
                image[n][inside] = _GREY[value]
    noise = np.random.default_rng(0).normal(0, 0.01, image.shape).astype(np.float32)
    return _image(image + noise), _image(labels)


def _image(array: np.ndarray) -> sitk.Image:
    made = sitk.GetImageFromArray(array)
    made.SetSpacing((PIXEL_MM, PIXEL_MM, SLICE_MM))
    made.SetOrigin((-40.0, 13.0, 7.5))
    return made


def only(label_map: sitk.Image, slices) -> sitk.Image:
    """What a person drew who drew these slices."""
    array = sitk.GetArrayFromImage(label_map)
    drawn = np.zeros_like(array)
    drawn[list(slices)] = array[list(slices)]
    made = sitk.GetImageFromArray(drawn)
    made.CopyInformation(label_map)
    return made


def changed(label_map: sitk.Image, edit) -> sitk.Image:
    """The label map after ``edit`` changed its array in place."""
    array = sitk.GetArrayFromImage(label_map)
    edit(array)
    made = sitk.GetImageFromArray(array)
    made.CopyInformation(label_map)
    return made


def dsc(one: np.ndarray, other: np.ndarray) -> float:
    return float(2 * (one & other).sum() / max(one.sum() + other.sum(), 1))
