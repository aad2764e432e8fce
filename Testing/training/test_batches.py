import json

import numpy as np
import pytest
import torch

from MuscleSegLib.anatomy import muscles
from MuscleSegLib.errors import ConfigError
from MuscleSegLib.segmentation.regions import CLASSES
from MuscleSegLib.simulation.limb_slices import UNKNOWN, read_limb_slices
from MuscleSegLib.simulation.simulator import IGNORE
from MuscleSegLib.training.batches import (
    SimulatedBatches,
    equal_weights,
    label_numbers,
    read_sources,
    targets_of_labels,
)
from MuscleSegLib.training.config import read_config
from MuscleSegLib.training.region_batches import REGIONS, RegionBatches, regions_of
from Testing.simulation.label_maps import LEG, THIGH, limb_array, write_body, write_label_map

CPU = torch.device("cpu")
CLASSIFICATION = (
    ('region = "thigh"', 'region = "any"\ntask = "classification"'),
    ('["background", "VL", "VM", "RF", "FEM"]', json.dumps(CLASSES)),
    ("unet2d", "region_classifier"),
)


def take(batches, count):
    iterator = iter(batches)
    return [next(iterator) for _ in range(count)]


def test_a_compound_has_the_number_of_its_first_muscle():
    assert label_numbers(["background", "TA", "PER"]) == {"TA": 30, "PER": 36}


def test_every_group_weighs_the_same():
    weights = equal_weights(np.array([0, 0, 0, 2]))
    assert weights.tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 2])


def test_slices_without_the_muscles_are_of_no_use(write_config, label_maps, thigh_and_leg):
    kept, _, held_out = read_sources(read_config(write_config()), label_maps)
    assert set(regions_of(kept)) == {REGIONS.index("thigh")} and len(kept) == len(thigh_and_leg) // 2
    assert set(regions_of(held_out)) == {REGIONS.index("thigh")}


def test_slices_with_few_labels_are_of_no_use(write_config, label_maps):
    labels = len(THIGH)
    few = read_config(write_config(('held_out = ["B"]', f'held_out = ["B"]\nleast_labels = {labels}')))
    assert len(read_sources(few, label_maps)[0]) == 4
    too_few = read_config(write_config(('held_out = ["B"]', f'held_out = ["B"]\nleast_labels = {labels + 1}')))
    with pytest.raises(ConfigError, match='as many labels as "least_labels" asks for'):
        read_sources(too_few, label_maps)


def test_a_network_for_two_muscles_learns_from_slices_that_show_both(write_config, label_maps):
    two = read_config(write_config(('"VL", "VM", "RF", "FEM"', '"VL", "VM"')))
    assert len(read_sources(two, label_maps)[0]) == 4


@pytest.fixture(scope="module")
def thigh_and_leg(label_maps):
    return read_limb_slices(sorted((label_maps / "limbs").glob("A_*")), muscles_only=False)


def test_the_region_of_a_slice_is_that_of_its_muscles(thigh_and_leg):
    assert [REGIONS[k] for k in regions_of(thigh_and_leg)] == 2 * (["leg"] * 2 + ["thigh"] * 2)


def test_simulated_batches_are_the_same_for_one_seed_and_go_on_without_repeating(write_config, label_maps):
    config = read_config(write_config())
    one, same = (take(SimulatedBatches(config, label_maps, CPU), 2) for _ in range(2))
    assert all(torch.equal(a, b) for pair in zip(one, same, strict=True) for a, b in zip(*pair, strict=True))
    assert not torch.equal(one[0][0], one[1][0])
    images, targets = one[0]
    assert images.shape == (2, 1, 32, 32) and set(targets.unique().tolist()) <= {0, 1, 2, 3, 4, IGNORE}


def test_only_what_is_trained_on_is_cut_along_curved_surfaces(write_config, tmp_path):
    for name in "AB":
        write_body(tmp_path / "limbs", name, [LEG, THIGH], slices=16)
    straight, curved = (
        SimulatedBatches(
            read_config(write_config(('held_out = ["B"]', f'held_out = ["B"]\ncurved_cuts = {count}'))), tmp_path, CPU
        )
        for count in (0, 1)
    )
    assert len(curved.simulator.slices) > len(straight.simulator.slices)
    assert len(curved.held_out_slices) == len(straight.held_out_slices)


def test_thick_slices_are_not_cut_along_curved_surfaces(write_config, tmp_path):
    for name in ("A", "B"):
        write_label_map(tmp_path / "limbs" / f"{name}_Right.nii.gz", limb_array(THIGH), slice_mm=24.0)
    config = read_config(write_config(('held_out = ["B"]', 'held_out = ["B"]\ncurved_cuts = 2')))
    with pytest.raises(ConfigError, match=r'A_Right\.nii\.gz in limbs are 24 mm apart.*leave "curved_cuts" out'):
        SimulatedBatches(config, tmp_path, CPU)


def test_a_beginning_that_holds_nothing_out_is_refused_by_name(write_config, label_maps):
    # Or the body that it should hold out would be trained on.
    config = read_config(write_config(('held_out = ["B"]', 'held_out = ["B", "A_Rigth"]')))
    with pytest.raises(ConfigError, match='No file in limbs has a name that begins with "A_Rigth"'):
        read_sources(config, label_maps)


def test_channels_that_no_slice_to_train_on_shows_are_refused(write_config, label_maps):
    # They would be learned to be nowhere, and the mean over the channels would not tell.
    config = read_config(write_config(('"RF", "FEM"', '"RF", "AL", "AB"')))
    with pytest.raises(ConfigError, match='No slice to train tiny on shows AL, AB: take it out of "channels"'):
        SimulatedBatches(config, label_maps, CPU)


def test_channels_that_only_the_held_out_slices_lack_are_said_beside_the_score(write_config, tmp_path):
    write_body(tmp_path / "limbs", "A", [THIGH])
    write_body(tmp_path / "limbs", "B", [{name: place for name, place in THIGH.items() if name not in ("RF", "VM")}])
    batches = SimulatedBatches(read_config(write_config(('"RF", "FEM"', '"RF", "VI", "FEM"'))), tmp_path, CPU)
    assert batches.held_out_are == "3 simulated slices of the label maps held out; none shows VM, RF"


def test_all_muscles_of_a_compound_are_its_channel():
    targets = targets_of_labels(["background", "VL", "BF"])
    assert [targets[muscles()[name].index] for name in ("VL", "BFL", "BFS", "ST")] == [1, 2, 2, 0]


@pytest.mark.parametrize(("regions", "lacking"), [([THIGH], "leg"), ([LEG], "thigh")])
def test_a_classifier_needs_thighs_and_legs(write_config, tmp_path, regions, lacking):
    for name in "AB":
        write_body(tmp_path / "limbs", name, regions)
    with pytest.raises(ConfigError, match=f"No slice to train tiny on shows a {lacking}"):
        RegionBatches(read_config(write_config(*CLASSIFICATION)), tmp_path, CPU)


def test_limbs_to_train_on_are_drawn_in_the_size_that_the_configuration_says(write_config, label_maps):
    def area(factor):
        config = read_config(write_config(("size = 32", f"size = 32\nscale = [{factor}, {factor}]")))
        batches = take(SimulatedBatches(config, label_maps, CPU), 4)
        return sum(float((targets > 0).float().mean()) for _, targets in batches)

    assert area(0.8) == pytest.approx(4 * area(0.4), rel=0.4)


def test_held_out_images_are_of_the_bodies_left_out_and_the_same_at_every_call(write_config, label_maps):
    batches = SimulatedBatches(read_config(write_config()), label_maps, CPU)
    assert all(name.startswith("A_") for name in batches.simulator.slices.subjects)
    assert all(name.startswith("B_") for name in batches.held_out_slices.subjects)
    first = list(batches.held_out())
    take(batches, 1)
    assert sum(len(images) for images, _ in first) == 3
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first, batches.held_out(), strict=True))


def test_plantaris_and_unknown_muscles_are_passed_over(write_config, label_maps):
    targets = SimulatedBatches(read_config(write_config()), label_maps, CPU).targets
    assert targets[37] == IGNORE and targets[UNKNOWN] == IGNORE


def test_the_classifier_sees_thighs_and_legs_as_they_are_and_mirrored_and_other_things(write_config, label_maps):
    config = read_config(write_config(*CLASSIFICATION, ("batch = 2", "batch = 24")))
    batches = RegionBatches(config, label_maps, CPU)
    ((images, classes),) = take(batches, 1)
    assert images.shape == (24, 1, 32, 32) and images.isfinite().all() and (images >= 0).all()
    assert set(classes.tolist()) == set(range(len(CLASSES)))
    held_out = [list(batches.held_out()) for _ in range(2)]
    assert all(torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) for a, b in zip(*held_out, strict=True))
