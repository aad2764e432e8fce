"""Label maps of made-up limbs, drawn with ellipses, in place of those of bodies."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from MuscleSegLib.anatomy import muscles
from MuscleSegLib.simulation.limb_slices import LimbSlices, read_limb_slices

#: For each muscle: centre (x, y) and radii (x, y) in mm; x grows to the patient's left, y to posterior. A right limb.
Ellipses = Mapping[str, tuple[float, float, float, float]]
THIGH: Ellipses = {
    "VL": (-34, -10, 20, 34),
    "VM": (28, -18, 18, 24),
    "RF": (-2, -44, 20, 12),
    "VI": (-2, -8, 16, 22),
    "FEM": (0, -4, 11, 11),
    "BFL": (-24, 38, 18, 14),
    "SM": (24, 36, 20, 16),
}
LEG: Ellipses = {
    "TA": (-24, -30, 14, 16),
    "So": (0, 18, 36, 14),
    "GL": (-18, 42, 18, 10),
    "GM": (20, 42, 20, 10),
    "Pla": (0, 32, 3, 3),
    "TIB": (12, -26, 14, 16),
    "FIB": (-30, -2, 6, 6),
}
SIDE = 132


def limb_array(ellipses: Ellipses, slices: int = 3, side: int = SIDE) -> npt.NDArray[np.uint8]:
    """(slices, side, side) numbers of the table of muscles, 1 mm a pixel; later ellipses cover earlier ones."""
    axis = np.arange(side) - (side - 1) / 2
    labels = np.zeros((side, side), np.uint8)
    for name, (x, y, radius_x, radius_y) in ellipses.items():
        inside = np.hypot((axis[None] - x) / radius_x, (axis[:, None] - y) / radius_y) <= 1
        labels[inside] = muscles()[name].index
    return np.repeat(labels[None], slices, 0)


def write_label_map(path: Path, array: npt.NDArray[np.uint8], slice_mm: float = 4.0) -> Path:
    """An axial LPS label map, 1 mm a pixel."""
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1.0, 1.0, slice_mm))
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path))
    return path


def write_body(folder: Path, name: str, regions: Sequence[Ellipses] = (THIGH,), slices: int = 3) -> list[Path]:
    """The right and the left limb of a body, its ``regions`` from below."""
    limb = np.concatenate([limb_array(ellipses, slices) for ellipses in regions])
    return [
        write_label_map(folder / f"{name}_Right.nii.gz", limb),
        write_label_map(folder / f"{name}_Left.nii.gz", limb[:, :, ::-1].copy()),
    ]


def body_slices(folder: Path, regions: Sequence[Ellipses] = (THIGH,), slices: int = 3) -> LimbSlices:
    """The slices of such a body."""
    return read_limb_slices(write_body(folder, "Body", regions, slices), muscles_only=False)
