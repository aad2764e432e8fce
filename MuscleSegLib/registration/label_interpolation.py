"""Labels carried to another grid, each muscle with its shape."""

import SimpleITK as sitk


def move_labels(label_map: sitk.Image, reference_grid: sitk.Image, transform: sitk.Transform) -> sitk.Image:
    """Carry a label map to the grid of ``reference_grid``.

    Args:
        label_map: 3D, integers; 0 is background.
        reference_grid: Whose size, spacing, origin and direction the result has; its values are not looked at.
        transform: Maps points of the reference grid to points of the label map (LPS, mm), as
            :attr:`MuscleSegLib.registration.Registration.transform` does when the fixed image has the reference grid and
            the moving image the grid of the label map.

    Returns:
        The labels on the grid, in the pixel type of ``label_map``; 0 where it does not reach.
    """
    return sitk.Resample(label_map, reference_grid, transform, sitk.sitkLabelLinear, 0)
