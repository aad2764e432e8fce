"""Label maps that Slicer cropped to the segments, on the grid that they were cropped from."""

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.segmentation.grids import index_to_lps, shift
from MuscleSegLib.segmentation.slicer_nrrd import read_reference_geometry


def uncrop(image: sitk.Image, header: Mapping[str, str]) -> sitk.Image:
    """The label map on the whole grid that its header tells of; as it is where that is another grid, or none is told.

    Without it, a muscle at the border of a file that was cropped to the segments would count as cut by the image.

    Args:
        image: The label map.
        header: The fields of its ``.seg.nrrd`` file.
    """
    reference = read_reference_geometry(header)
    if reference is None:
        return image
    reference_to_lps, extent = reference
    place = shift(np.linalg.inv(reference_to_lps) @ index_to_lps(image), image.GetSize())
    if place is None:
        return image
    before = place - extent[::2]
    after = extent[1::2] - (place + image.GetSize() - 1)
    lower, upper = (np.maximum(voxels, 0).astype(int).tolist() for voxels in (before, after))
    return sitk.ConstantPad(image, lower, upper, 0) if any(lower + upper) else image
