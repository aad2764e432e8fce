"""The bundled models on a real scan of a volunteer: what the README claims is checked, with a little slack."""

import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.anatomy import label_set, sided_labels
from MuscleSegLib.evaluation.outlines import read_outlines, score_outlines
from MuscleSegLib.segmentation import segment


@pytest.fixture(scope="module")
def scan(shared_data):
    return sitk.ReadImage(str(shared_data / "mr" / "thigh.nii.gz"))


@pytest.fixture(scope="module")
def result(scan):
    return segment(scan, labels="agosti")


@pytest.mark.parametrize(("model", "mean", "worst"), [("hrnet", 0.86, 0.80), ("unet2d", 0.84, 0.79)])
def test_the_outlined_muscles_are_found_where_a_reader_drew_them(scan, shared_data, model, mean, worst):
    scores = score_outlines(
        segment(scan, model=model, labels="hostin"), read_outlines(shared_data / "mr" / "thigh_outlines.json")
    )

    assert scores["dsc"].mean() >= mean
    assert scores.groupby("muscle")["dsc"].mean().min() >= worst


def test_the_scan_is_recognised_as_thighs_and_every_muscle_is_found_on_both_sides(result):
    found = set(np.unique(sitk.GetArrayViewFromImage(result.label_map)).tolist())

    assert {label.region for label in result.label_set.labels} == {"thigh"}
    assert {sided.value for sided in sided_labels(label_set("agosti").for_regions({"thigh"}))} <= found


def test_right_muscles_lie_on_the_patients_right(result):
    # x of the scan grows to the patient's right, and the midline lies at x = 160.
    labels = sitk.GetArrayViewFromImage(result.label_map)
    x = np.arange(labels.shape[2])
    for sided in sided_labels(result.label_set):
        columns = x[(labels == sided.value).any((0, 1))]
        assert (columns > 155).all() if sided.side == "right" else (columns < 165).all()


def test_the_network_is_sure_of_the_scan_and_unsure_when_it_is_upside_down(scan, result):
    def unsure(segmentation) -> list[str]:
        return [warning.text for warning in segmentation.warnings if "unsure" in warning.text]

    slices = sitk.GetArrayFromImage(scan)[6:26:4]
    upside_down = sitk.GetImageFromArray(slices[:, ::-1, ::-1])
    upside_down.SetSpacing(scan.GetSpacing())
    upside_down.SetDirection(scan.GetDirection())

    assert unsure(result) == []
    assert len(unsure(segment(upside_down, region="thigh"))) == 2


def test_the_scan_stored_otherwise_has_the_same_muscles_in_space(scan, result):
    other = segment(sitk.DICOMOrient(scan, "ASL"), labels="agosti").label_map
    back = sitk.DICOMOrient(other, sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(scan.GetDirection()))

    np.testing.assert_array_equal(sitk.GetArrayViewFromImage(back), sitk.GetArrayViewFromImage(result.label_map))
