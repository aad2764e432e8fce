from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
import torch

from MuscleSegLib.anatomy import label_set, sided_labels
from MuscleSegLib.errors import ConfigError, InputError
from MuscleSegLib.networks import load_network
from MuscleSegLib.segmentation.result import Segmentation
from MuscleSegLib.segmentation.segmentation_writing import write_segmentation
from MuscleSegLib.training.config import read_config
from MuscleSegLib.training.image_folder import ImageBatches
from MuscleSegLib.training.run import run_training
from Testing.segmentation.phantoms import Limb, limb_volume

CPU = torch.device("cpu")
RIGHT, LEFT = Limb(-85), Limb(85)


def write_pair(folder, name, slices=2):
    """Two limbs; in each the lateral half is VL and the medial half is VM, written as ``muscleseg segment`` does."""
    image = limb_volume([RIGHT, LEFT], slices=slices)
    values = {(s.side, s.label.abbreviation): s.value for s in sided_labels(label_set("muscleseg"))}
    columns, rows, _ = image.GetSize()
    x = (np.arange(columns) - (columns - 1) / 2) * 3.0
    y = (np.arange(rows) - (rows - 1) / 2) * 3.0
    labels = np.zeros((slices, rows, columns), np.uint8)
    for side, limb in (("right", RIGHT), ("left", LEFT)):
        muscle = np.hypot((x[None] - limb.x) / limb.radius_x, (y[:, None] - limb.y) / limb.radius_y) < 0.8
        lateral = np.abs(x[None]) > np.abs(limb.x)
        labels[:, muscle & lateral] = values[side, "VL"]
        labels[:, muscle & ~lateral] = values[side, "VM"]
    label_map = sitk.GetImageFromArray(labels)
    label_map.CopyInformation(image)
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(folder / "images" / name))
    write_segmentation(Segmentation(label_map, label_set("muscleseg"), (), ()), folder / "labels" / name)


@pytest.fixture
def data(tmp_path):
    for name in ("a.nii.gz", "b.nii.gz"):
        write_pair(tmp_path / "own", name)
    return tmp_path


@pytest.fixture
def config_path(write_config):
    return write_config(
        ('"VL", "VM", "RF", "FEM"', '"VM", "VL"'),
        ('folder = "limbs"', 'folder = "own"\nkind = "images"'),
        ('held_out = ["B"]', 'held_out = ["b"]'),
        ("spacing_mm = 5.0", "spacing_mm = 6.0"),
    )


@pytest.fixture
def config(config_path):
    return read_config(config_path)


def middle_column(mask):
    return mask.nonzero()[:, 1].float().mean()


def test_every_limb_is_seen_as_a_right_one_with_its_channels(config, data):
    (images, targets), (rest, _) = ImageBatches(config, data, CPU).held_out()
    assert images.shape == (2, 1, 32, 32) and targets.shape == (2, 32, 32) and len(rest) == 1
    _, every = map(torch.cat, zip(*ImageBatches(config, data, CPU).held_out(), strict=True))
    assert every.unique().tolist() == [0, 1, 2]
    for channels in every:
        medial, lateral = channels == 1, channels == 2
        assert middle_column(lateral) < 15.5 < middle_column(medial)
        assert lateral.sum() == pytest.approx(medial.sum().item(), rel=0.15)
        # Half an ellipse of 56 × 60 mm in pixels of 6 × 6 mm.
        assert lateral.sum() == pytest.approx(np.pi * 56 * 60 / 2 / 36, rel=0.1)


def test_image_and_channels_lie_on_each_other(config, data):
    for images, targets in ImageBatches(config, data, CPU).held_out():
        muscle, fat = images[:, 0][targets > 0], images[:, 0][(targets == 0) & (images[:, 0] > 200)]
        assert muscle.median() == pytest.approx(120, rel=0.1) and fat.median() > 250


def test_batches_are_drawn_the_same_for_one_seed(config, data):
    one, same = (iter(ImageBatches(config, data, CPU)) for _ in range(2))
    first, again, second = next(one), next(same), next(one)
    assert all(map(torch.equal, first, again))
    assert not torch.equal(first[0], second[0])
    images, targets = second
    assert images.shape == (2, 1, 32, 32) and (images >= 0).all() and images.isfinite().all()
    assert targets.unique().tolist() == [0, 1, 2]


def test_a_model_trained_on_own_images_says_so(config_path, data):
    card = run_training(config_path, data, data / "run", device="cpu")
    assert load_network(card)(torch.zeros(1, 1, 32, 32)).shape == (1, 3, 32, 32)
    assert card.training["images"] == "real images"
    assert card.metrics[0]["on"] == "3 real slices of 1 images left out of training"
    assert card.licence == "not chosen; whether it may be passed on depends on the training data"


def change_labels(folder, name, change):
    """Put what ``change`` makes of the label map's voxels in its place."""
    path = folder / "labels" / name
    labels = sitk.ReadImage(str(path))
    changed = sitk.GetImageFromArray(change(sitk.GetArrayFromImage(labels)))
    changed.CopyInformation(labels)
    sitk.WriteImage(changed, str(path))


def test_the_side_is_what_the_table_says_wherever_the_limb_lies(config, data):
    for name in ("a", "b"):
        for part in ("images", "labels"):
            path = data / "own" / part / f"{name}.nii.gz"
            image = sitk.ReadImage(str(path))[:64]  # the right limb alone ...
            image.SetOrigin((40.0, *image.GetOrigin()[1:]))  # ... where a left one would lie
            sitk.WriteImage(image, str(path))
    _, every = map(torch.cat, zip(*ImageBatches(config, data, CPU).held_out(), strict=True))
    for channels in every:
        assert middle_column(channels == 2) < 15.5 < middle_column(channels == 1)


def test_slices_with_fewer_labels_are_left_out(config, data):
    def first_slice_only(voxels):
        voxels[1] = 0
        voxels[0][voxels[0] > 100] = 0
        return voxels

    for name in ("a.nii.gz", "b.nii.gz"):
        change_labels(data / "own", name, first_slice_only)
    assert ImageBatches(config, data, CPU).held_out_are == "1 real slices of 1 images left out of training"
    three = replace(config, sources=(replace(config.sources[0], least_labels=3),))
    with pytest.raises(ConfigError, match="least_labels"):
        ImageBatches(three, data, CPU)


def test_sources_are_drawn_by_their_weight(config, data):
    def batches(first, second):
        sources = [replace(config.sources[0], folder=name, weight=w) for name, w in (("own", first), ("dark", second))]
        return ImageBatches(replace(config, sources=tuple(sources), batch=60), data, CPU)

    for name in ("a.nii.gz", "b.nii.gz"):
        write_pair(data / "dark", name, slices=6)
        change_labels(data / "dark", name, lambda voxels: np.where(voxels % 100 == 3, 1 + voxels // 100 * 100, voxels))

    def share_of_dark(first, second):
        _, targets = next(iter(batches(first, second)))
        return np.mean([bool((one == 1).sum() < 20) for one in targets])

    assert share_of_dark(9.0, 1.0) < 0.25 < 0.75 < share_of_dark(1.0, 9.0)


def test_numbers_above_255_are_what_the_table_says(config, data):
    change_labels(data / "own", "b.nii.gz", lambda voxels: np.where(voxels == 1, np.uint16(301), voxels))
    path = data / "own" / "labels" / "b.tsv"
    path.write_text(path.read_text(encoding="utf-8").replace("\n1\t", "\n301\t"), encoding="utf-8")
    _, every = map(torch.cat, zip(*ImageBatches(config, data, CPU).held_out(), strict=True))
    assert all((channels == 2).sum() == pytest.approx((channels == 1).sum().item(), rel=0.15) for channels in every)


def test_a_label_map_of_numbers_that_are_not_whole_is_refused(config, data):
    change_labels(data / "own", "b.nii.gz", lambda voxels: voxels.astype(np.float32) / 2)
    with pytest.raises(ConfigError, match="not whole"):
        ImageBatches(config, data, CPU)


def test_tilted_images_are_straightened_as_for_segmenting(config, data):
    turn = sitk.VersorTransform((1, 0, 0), np.radians(35)).GetMatrix()
    for part in ("images", "labels"):
        for name in ("a.nii.gz", "b.nii.gz"):
            path = data / "own" / part / name
            image = sitk.ReadImage(str(path))
            thick = sitk.Expand(image, (1, 1, 6), sitk.sitkNearestNeighbor)
            thick.SetSpacing((3.0, 3.0, 6.0))
            thick.SetDirection(turn)
            sitk.WriteImage(thick, str(path))
    (images, targets), *_ = ImageBatches(replace(config, held_out_images=30), data, CPU).held_out()
    muscle = images[:, 0][targets > 0]
    assert muscle.median() == pytest.approx(120, rel=0.1)


def test_an_image_without_a_label_map_is_refused(config, data):
    (data / "own" / "labels" / "a.nii.gz").unlink()
    with pytest.raises(ConfigError, match=r"a\.nii\.gz has no label map"):
        ImageBatches(config, data, CPU)


@pytest.mark.parametrize(
    "table",
    [
        None,
        "",
        "index\tabbreviation\n",
        "number\tname\n3\tVL\n",
        "index\tabbreviation\nx\tVL\n",
        "index\tabbreviation\n1\tVL\n1\tVM\n",
        "index\tabbreviation\n-1\tVL\n",
    ],
)
def test_a_missing_or_strange_table_is_refused(config, data, table):
    path = data / "own" / "labels" / "a.tsv"
    path.unlink() if table is None else path.write_text(table, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"a\.tsv is missing or not as it should be"):
        ImageBatches(config, data, CPU)


def change_table(data, *changes):
    path = data / "own" / "labels" / "a.tsv"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (("\tVL\t", "\tVLat\t"), 'has "VLat", which the table of muscles lacks'),
        (("\tright\t", "\tboth\t"), 'says "both" for a side'),
        (("\n1\t", "\n99\t"), r"a\.nii\.gz holds numbers that its table lacks \(1\)"),
    ],
)
def test_a_table_from_which_something_wrong_would_be_learned_is_refused(config, data, change, text):
    change_table(data, change)
    with pytest.raises(ConfigError, match=text):
        ImageBatches(config, data, CPU)


def test_an_image_in_the_place_of_its_label_map_is_refused(config, data):
    image = sitk.ReadImage(str(data / "own" / "images" / "a.nii.gz"))
    sitk.WriteImage(sitk.Cast(image, sitk.sitkInt16), str(data / "own" / "labels" / "a.nii.gz"))
    with pytest.raises(ConfigError, match="restore the label map, if this is an image"):
        ImageBatches(config, data, CPU)


def test_a_table_without_any_of_the_channels_is_refused(config, data):
    change_table(data, ("\tVL\t", "\tGL\t"), ("\tVM\t", "\tGM\t"))
    with pytest.raises(ConfigError, match=r"a\.tsv names none of the channels VM, VL"):
        ImageBatches(config, data, CPU)


@pytest.mark.parametrize("changes", [[("\tVL\t", "\tvl\t")], [("\tVL\t", "\t\t"), ("\tVM\t", "\tn/a\t")]])
def test_muscles_are_known_by_abbreviations_in_any_case_or_else_by_names(config, data, changes):
    expected = ImageBatches(config, data, CPU)
    change_table(data, *changes)
    assert torch.equal(ImageBatches(config, data, CPU)._targets, expected._targets)


def test_what_is_no_muscle_is_background(config, data):
    change_table(data, ("vastus lateralis right\tVL", "skin\t"))
    assert (ImageBatches(config, data, CPU)._targets == 2).any(dim=(1, 2, 3)).tolist() == [False, False, True, True]


def test_parts_of_a_channel_are_learned_as_the_whole(config, data):
    expected = ImageBatches(config, data, CPU)._targets
    for name in "ab":
        path = data / "own" / "labels" / f"{name}.tsv"
        path.write_text("index\tabbreviation\tside\n1\tBFL\tright\n101\tBFL\tleft\n3\tBFS\tright\n103\tBFS\tleft\n")
    whole = replace(config, channels=("background", "BF"))
    found = ImageBatches(whole, data, CPU)._targets > 0
    assert (found == (expected > 0)).float().mean() > 0.99  # but for the border between the two


def test_a_label_that_holds_more_than_a_channel_is_refused(config, data):
    change_table(data, ("\tVM\t", "\tBF\t"))
    with pytest.raises(ConfigError, match="has BF, of which the channel BFS is only a part"):
        ImageBatches(replace(config, channels=("background", "VL", "BFS")), data, CPU)


def test_channels_that_no_image_to_train_on_shows_are_refused(config, data):
    with pytest.raises(ConfigError, match="No slice to train tiny on shows TFL"):
        ImageBatches(replace(config, channels=("background", "VL", "VM", "TFL")), data, CPU)


def test_a_beginning_that_holds_nothing_out_is_refused_by_name(config, data):
    two = replace(config, sources=(replace(config.sources[0], held_out=("b", "A.nii")),))
    with pytest.raises(ConfigError, match=r'No file in own has a name that begins with "A\.nii"'):
        ImageBatches(two, data, CPU)


def test_a_label_map_of_another_geometry_is_refused(config, data):
    path = data / "own" / "labels" / "a.nii.gz"
    labels = sitk.ReadImage(str(path))
    labels.SetOrigin((0, 0, 0))
    sitk.WriteImage(labels, str(path))
    with pytest.raises(ConfigError, match="do not have the same geometry"):
        ImageBatches(config, data, CPU)


def test_an_image_that_cannot_be_read_is_said(config, data):
    (data / "own" / "images" / "a.nii.gz").write_text("no image")
    with pytest.raises(InputError, match="could not be read"):
        ImageBatches(config, data, CPU)


@pytest.mark.parametrize("held_out", [(), ("a", "b")])
def test_some_images_must_be_left_and_some_held_out(config, data, held_out):
    config = replace(config, sources=(replace(config.sources[0], held_out=held_out),))
    with pytest.raises(ConfigError, match="hold some out"):
        ImageBatches(config, data, CPU)


def test_an_empty_folder_is_said(config, tmp_path):
    with pytest.raises(ConfigError, match="There are no images"):
        ImageBatches(config, tmp_path, CPU)
