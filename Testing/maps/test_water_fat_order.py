import numpy as np
import pytest
import SimpleITK as sitk

from MuscleSegLib.anatomy import LEFT_OFFSET
from MuscleSegLib.maps.water_fat_order import Order, order_of
from MuscleSegLib.simulation.body import simulate_body
from Testing.maps.limb_phantom import grid, limbs
from Testing.simulation.label_maps import THIGH, body_slices


@pytest.fixture(scope="module")
def patients(tmp_path_factory) -> list[tuple[np.ndarray, np.ndarray, sitk.Image]]:
    """Fat fraction and signal of simulated patients, lean and fat, healthy and not."""
    slices = body_slices(tmp_path_factory.mktemp("thigh"), [THIGH])
    found = []
    for seed in range(12):
        body = simulate_body(
            slices,
            "Body_Right",
            "Body_Left",
            np.array([0.0, 4.0]),
            spacing_mm=2.0,
            width=112,
            left_offset=LEFT_OFFSET,
            seed=seed,
        )
        fat, water = sitk.GetArrayFromImage(body.fat), sitk.GetArrayFromImage(body.water)
        found.append((100 * fat / np.maximum(fat + water, 1e-6), fat + water, body.fat))
    return found


def test_no_patient_is_called_swapped_the_right_way_round_and_hardly_one_is_doubted(patients):
    orders = [order_of(percent, signal, image) for percent, signal, image in patients]
    assert set(orders) <= {Order.RIGHT, Order.DOUBTFUL}
    # Half fat muscles, or the marrow of a slender limb, may be fatter than what lies under the skin: a person is asked.
    assert orders.count(Order.DOUBTFUL) <= 2


def test_swapped_patients_are_found_or_at_least_doubted(patients):
    orders = [order_of(100 - percent, signal, image) for percent, signal, image in patients]
    # Half of these patients have much fat in their muscles: of most others it is certain.
    assert sum(order is Order.SWAPPED for order in orders) >= 3
    assert sum(order is Order.RIGHT for order in orders) <= 2


def test_a_limb_without_a_rim_tells_nothing():
    """The image lies within the limb, as a surface coil's may."""
    inside = limbs().percent[:, 26:46, 18:38]
    image = sitk.GetImageFromArray(inside)
    image.SetSpacing(grid().GetSpacing())
    assert order_of(inside, np.ones_like(inside), image) is Order.UNKNOWN


def test_slices_may_be_stored_in_any_orientation():
    truth = limbs()
    signal, percent = truth.water + truth.fat, np.nan_to_num(truth.percent)
    image = sitk.GetImageFromArray(signal)
    image.CopyInformation(grid())
    turned = sitk.DICOMOrient(image, "SRA")
    turned_percent = sitk.GetImageFromArray(percent)
    turned_percent.CopyInformation(grid())
    values = [sitk.GetArrayFromImage(sitk.DICOMOrient(one, "SRA")) for one in (turned_percent, image)]
    assert order_of(values[0], values[1], turned) is Order.RIGHT
    assert order_of(100 - values[0], values[1], turned) is Order.SWAPPED
