"""Dice similarity coefficient (DSC) of label maps, by SimpleITK."""

import SimpleITK as sitk


def dice_by_value(truth: sitk.Image, result: sitk.Image, values: list[int]) -> dict[int, float]:
    """DSC of each value of two integer label maps of one geometry; NaN where neither has it.

    Taha AA, Hanbury A. Metrics for evaluating 3D medical image segmentation. BMC Med Imaging 15:29 (2015).
    """
    measures = sitk.LabelOverlapMeasuresImageFilter()
    measures.Execute(sitk.Cast(result, sitk.sitkUInt8), sitk.Cast(truth, sitk.sitkUInt8))
    present = set(sitk.GetArrayViewFromImage(truth).ravel().tolist())
    found = set(sitk.GetArrayViewFromImage(result).ravel().tolist())
    scores = {}
    for value in values:
        if value in present:
            scores[value] = measures.GetDiceCoefficient(value) if value in found else 0.0
        else:
            scores[value] = 0.0 if value in found else float("nan")
    return scores
