import numpy as np
import pytest
import torch

from MuscleSegLib.anatomy import muscles
from MuscleSegLib.simulation.draws import Draws
from MuscleSegLib.simulation.layout import LayoutRanges, aponeuroses
from MuscleSegLib.simulation.limb_slices import UNKNOWN, read_limb_slices
from MuscleSegLib.simulation.simulator import IGNORE, Simulator, targets_of
from Testing.simulation.label_maps import THIGH, limb_array, write_label_map

CHANNELS = ["background", "VL", "VM", "RF", "FEM"]
NUMBERS = {name: muscles()[name].index for name in CHANNELS[1:]}


def simulator(slices, seed=0, size=48) -> Simulator:
    return Simulator(slices, size, 160 / size, torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def many(thigh):
    """Limbs of 40 subjects."""
    return simulator(thigh).limbs(torch.zeros(40, dtype=torch.long), torch.arange(40))[0]


def test_one_seed_gives_one_image(thigh):
    index, targets = torch.tensor([0, 1]), targets_of(CHANNELS, NUMBERS)
    one, same, other = (simulator(thigh, seed).training_batch(index, targets) for seed in (1, 1, 2))
    assert all(map(torch.equal, one, same))
    assert not torch.equal(one[0], other[0])


def test_slices_of_one_subject_are_one_body(thigh):
    limbs, contrast, _ = simulator(thigh).limbs(torch.tensor([0, 1, 0]), torch.tensor([0, 0, 1]))
    # The stored slices 0 and 1 are alike, so whatever differs was drawn.
    assert torch.equal(limbs.label[0], limbs.label[1]) and torch.equal(limbs.fat_fraction[0], limbs.fat_fraction[1])
    assert not torch.equal(limbs.label[0], limbs.label[2])
    assert torch.equal(contrast.water[0], contrast.water[1])


def test_the_truth_is_possible_everywhere(many):
    for truth, low, high in ((many.fat_fraction, 0, 100), (many.t2_ms, 0, 300), (many.mtr, 0, 60)):
        assert truth.isfinite().all() and truth.min() >= low and truth.max() <= high
        assert (truth[~many.body] == 0).all()


def test_muscles_lie_inside_the_body(many):
    assert many.body[many.label > 0].float().mean() > 0.999
    assert not many.body.all()
    assert set(many.label.unique().tolist()) == {0, *(muscles()[name].index for name in THIGH)}


def test_dark_tendons_run_within_some_muscles(thigh):
    # Real scans show them; a network that never saw one takes it for a border.
    limbs = simulator(thigh, size=96).limbs(torch.zeros(40, dtype=torch.long), torch.arange(40))[0]
    vl = (limbs.label == NUMBERS["VL"]).float()
    deep = 1 - torch.nn.functional.max_pool2d(1 - vl, 7, 1, 3) > 0.5  # 5 mm and more from the border
    dark = [(limbs.density[n][deep[n]] < 0.7).float().mean().item() for n in range(40) if deep[n].any()]
    with_tendon = np.array(dark) > 0
    assert 0.05 < with_tendon.mean() < 0.5
    assert np.max(dark) < 0.4


def test_aponeuroses_follow_the_border_of_their_muscle():
    axis = torch.arange(128) - 63.5
    border_mm = torch.hypot(axis[:, None], axis[None, :])[None] - 50
    drawn = Draws(torch.Generator().manual_seed(2), torch.arange(8))
    sheets = aponeuroses(drawn, torch.full((8, 128, 128), NUMBERS["VL"]), border_mm.expand(8, -1, -1))
    for sheet in sheets:
        depth_mm = -border_mm[0][sheet]
        assert sheet.any() and depth_mm.min() > 0
        # A straight line as long would lie at many depths.
        assert depth_mm.std() < 2.5 < sheet.sum().sqrt()


def test_labels_end_inside_the_border_as_outlines_of_readers_do(thigh):
    def labels(margin_mm: float) -> torch.Tensor:
        drawing = simulator(thigh, size=96)
        drawing.ranges = LayoutRanges(margin_mm=margin_mm)
        return drawing.limbs(torch.zeros(8, dtype=torch.long), torch.arange(8))[0].label

    at_border, inside = labels(0.0), labels(2.0)
    assert (inside[inside > 0] == at_border[inside > 0]).all()
    assert (inside > 0).sum() < 0.9 * (at_border > 0).sum()


def test_muscles_are_lean_or_fatty_up_to_nine_tenths(many):
    vl = [many.fat_fraction[n][many.label[n] == NUMBERS["VL"]].median().item() for n in range(40)]
    every = [
        many.fat_fraction[n][many.label[n] == muscles()[name].index].quantile(0.75).item()
        for n in range(40)
        for name in ("VL", "VM", "RF", "BFL", "SM")
        if (many.label[n] == muscles()[name].index).sum() > 9
    ]
    assert np.median(vl) < 25
    assert max(every) > 85


def test_muscle_has_the_t2_and_mtr_of_muscle_and_the_femur_is_fatty(many):
    vl, femur = many.label == NUMBERS["VL"], many.label == NUMBERS["FEM"]
    assert 25 < many.t2_ms[vl].median() < 48
    assert 30 < many.mtr[vl].median() < 48
    assert many.fat_fraction[femur].median() > 50


@pytest.mark.parametrize("beside", [None, torch.tensor([1, 2, 1])])
def test_a_batch_holds_images_and_a_channel_for_every_pixel(thigh, beside):
    images, targets = simulator(thigh).training_batch(torch.tensor([0, 1, 2]), targets_of(CHANNELS, NUMBERS), beside)
    assert images.shape == (3, 1, 48, 48) and targets.shape == (3, 48, 48)
    assert images.isfinite().all() and (images >= 0).all()
    assert set(targets.unique().tolist()) == set(range(len(CHANNELS)))


def test_unnamed_muscles_and_those_passed_over_are_left_to_the_network():
    targets = targets_of(CHANNELS, NUMBERS, [muscles()["Pla"].index])
    assert [targets[NUMBERS[name]].item() for name in CHANNELS[1:]] == [1, 2, 3, 4]
    assert targets[UNKNOWN] == IGNORE and targets[muscles()["Pla"].index] == IGNORE
    assert targets[0] == 0 and targets[muscles()["SM"].index] == 0


def test_where_the_label_map_does_not_say_what_lies_nothing_is_learned(tmp_path):
    labels = limb_array({"VL": (0, 0, 50, 50)})
    labels[:, 50:80, 50:80] = 0
    slices = read_limb_slices([write_label_map(tmp_path / "A_Right.nii.gz", labels)], muscles_only=True)
    _, targets = simulator(slices).training_batch(torch.tensor([0]), targets_of(CHANNELS, NUMBERS))
    assert (targets == IGNORE).any() and (targets == 1).any()


def test_where_a_muscle_has_wasted_lies_fat(thigh):
    # Grey tissue there would look like the muscle that is gone, and teach a network not to find what is left of it.
    index, subject = torch.zeros(40, dtype=torch.long), torch.arange(40)

    def limbs(wasted: float):
        generator = torch.Generator().manual_seed(3)
        ranges = LayoutRanges(wasting=1, wasted=wasted)
        return Simulator(thigh, 48, 160 / 48, generator, ranges).limbs(index, subject)[0]

    whole, wasted = limbs(0), limbs(0.9)
    gone = (whole.label > 0) & (wasted.label == 0) & wasted.body
    assert gone.sum() > 100
    assert wasted.fat_fraction[gone].median() > 85


def test_fat_is_written_to_the_same_side_of_both_limbs(thigh):
    # A left limb is a right one mirrored, but the scanner that displaces fat has one frequency direction.
    index, subject, mirrored = torch.tensor([0, 0]), torch.tensor([0, 0]), torch.tensor([False, True])
    fats = [simulator(thigh, seed).limbs(index, subject, mirrored=mirrored)[0].fat for seed in range(40)]
    displaced = [(right, left) for right, left in fats if not torch.equal(right, left)]
    # By a pixel to one side in the one, to the other side in the other that is still to be mirrored.
    assert any(torch.equal(right.roll(by, dims=1), left) for right, left in displaced for by in (-2, 2))
