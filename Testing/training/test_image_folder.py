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
    assert "Apache" not in card.licence


def test_an_image_without_a_label_map_is_refused(config, data):
    (data / "own" / "labels" / "a.nii.gz").unlink()
    with pytest.raises(ConfigError, match=r"a\.nii\.gz has no label map"):
        ImageBatches(config, data, CPU)


@pytest.mark.parametrize("table", [None, "number\tname\n3\tVL\n", "index\tabbreviation\nx\tVL\n"])
def test_a_missing_or_strange_table_is_refused(config, data, table):
    path = data / "own" / "labels" / "a.tsv"
    path.unlink() if table is None else path.write_text(table, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"a\.tsv is missing or not as it should be"):
        ImageBatches(config, data, CPU)


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


@pytest.mark.parametrize("name", ["a.nii.gz", "b.nii.gz"])
def test_some_images_must_be_left_and_some_held_out(config, data, name):
    for part in ("images", "labels"):
        (data / "own" / part / name).unlink()
    with pytest.raises(ConfigError, match="hold some out"):
        ImageBatches(config, data, CPU)


def test_an_empty_folder_is_said(config, tmp_path):
    with pytest.raises(ConfigError, match="There are no images"):
        ImageBatches(config, tmp_path, CPU)
