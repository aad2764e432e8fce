import json

import pytest
import SimpleITK as sitk

from MuscleSegLib import __version__
from MuscleSegLib.anatomy import muscles
from MuscleSegLib.cli import main
from MuscleSegLib.registration import read_transform
from Testing.registration.phantoms import WATER, errors_mm, grid, inner_points, limbs, motion, sectors

MOTION = motion((4.0, -3.0, 5.0), (0.03, 0.0, 0.05))


@pytest.fixture
def images(tmp_path):
    """The map and the anatomical image of limbs that moved in between, and the latter's labels, as files."""
    fine = grid((2.5, 2.5, 6.0), (116, 58, 15))
    sitk.WriteImage(limbs(grid((3.5, 3.5, 6.0), (84, 44, 13)), WATER, MOTION, seed=2), str(tmp_path / "map.nii.gz"))
    sitk.WriteImage(limbs(fine), str(tmp_path / "t1.nii.gz"))
    vastus = muscles()["VL"].index
    sitk.WriteImage(sitk.Cast(sectors(fine) == 2, sitk.sitkUInt8) * vastus, str(tmp_path / "labels.nii.gz"))
    (tmp_path / "labels.tsv").write_text(f"index\tname\n{vastus}\tvastus lateralis right\n")
    return tmp_path


def register(folder, *arguments) -> int:
    fixed = ["register", folder / "map.nii.gz", folder / "t1.nii.gz", "-o", folder / "out.h5", "--finest", "rigid"]
    return main([str(argument) for argument in [*fixed, *arguments]])


def test_everything_that_is_asked_for_is_written_and_named(images, capsys):
    labels = ("--labels", images / "labels.nii.gz", "--carried", images / "carried.nii.gz")
    assert register(images, *labels, "--qc", images / "qc.png") == 0
    names = ["out.h5", "out.json", "carried.nii.gz", "carried.tsv", "qc.png"]
    assert capsys.readouterr().out.split() == [str(images / name) for name in names]
    transform = read_transform(images / "out.h5")
    assert errors_mm(transform, MOTION, inner_points("right")).max() < 1.0
    carried = sitk.ReadImage(str(images / "carried.nii.gz"))
    truth = sectors(carried, MOTION) == 2
    there = sitk.GetArrayFromImage(carried) == muscles()["VL"].index
    true = sitk.GetArrayFromImage(truth) > 0
    assert 2 * (there & true).sum() / (there.sum() + true.sum()) > 0.9
    assert "vastus lateralis" in (images / "carried.tsv").read_text()


def test_transform_quality_labels_and_picture_are_all_there_or_none(images, capsys, monkeypatch):
    def to_full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sitk, "WriteTransform", to_full_disk)
    before = sorted(images.iterdir())
    labels = ("--labels", images / "labels.nii.gz", "--carried", images / "carried.nii.gz")
    assert register(images, *labels, "--qc", images / "qc.png") == 2
    assert "out.h5 could not be written" in capsys.readouterr().err
    assert sorted(images.iterdir()) == before


def test_the_quality_says_what_a_reader_needs(images):
    assert register(images) == 0
    quality = json.loads((images / "out.json").read_text())
    assert quality["version"] == __version__ and "not for diagnostic use" in quality["notice"]
    assert quality["inputs"] == {"fixed": "map.nii.gz", "moving": "t1.nii.gz"}
    assert [limb["side"] for limb in quality["limbs"]] == ["right", "left"]
    for limb in quality["limbs"]:
        assert limb["after"]["mutual_information"] > limb["before"]["mutual_information"]


def test_what_is_there_is_kept(images, capsys):
    (images / "out.json").write_text("mine")
    assert register(images) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert (images / "out.json").read_text() == "mine" and not (images / "out.h5").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--carried", "carried.nii.gz"), "--carried needs --labels"),
        (("--qc", "picture.jpg"), ".png"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_work(images, capsys, arguments, sentence):
    assert register(images, *arguments) == 2
    assert sentence in capsys.readouterr().err
    assert not (images / "out.h5").exists()


def test_images_of_other_places_are_refused_and_nothing_is_written(images, capsys):
    far = sitk.ReadImage(str(images / "t1.nii.gz"))
    far.SetOrigin((0.0, 0.0, 600.0))
    sitk.WriteImage(far, str(images / "t1.nii.gz"))
    assert register(images) == 2
    assert "no limb that both map.nii.gz and t1.nii.gz show" in capsys.readouterr().err
    assert not (images / "out.h5").exists() and not (images / "out.json").exists()


def test_an_image_that_shows_nothing_is_named(images, capsys):
    sitk.WriteImage(sitk.ReadImage(str(images / "t1.nii.gz")) * 0 + 5, str(images / "t1.nii.gz"))
    assert register(images) == 2
    assert "Every voxel of t1.nii.gz holds the same value (5)" in capsys.readouterr().err


@pytest.mark.parametrize("read", ["labels.nii.gz", "labels.nii"])
def test_what_is_read_is_never_replaced(images, capsys, read):
    """Beside labels.nii would be written the table that names the labels of labels.nii.gz."""
    before = {path: path.read_bytes() for path in images.iterdir()}
    assert register(images, "--labels", images / "labels.nii.gz", "--carried", images / read, "--overwrite") == 2
    assert "is what is read" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in images.iterdir()} == before


def test_labels_of_another_image_are_refused(images, capsys):
    labels = sitk.ReadImage(str(images / "labels.nii.gz"))
    sitk.WriteImage(labels[:, :, 1:], str(images / "labels.nii.gz"))
    arguments = ("--labels", images / "labels.nii.gz", "--carried", images / "carried.nii.gz")
    assert register(images, *arguments) == 2
    assert "t1.nii.gz is not the image that was segmented" in capsys.readouterr().err
    assert not (images / "out.h5").exists()


def test_what_is_to_know_of_the_labels_is_said(images, capsys):
    labels = sitk.ReadImage(str(images / "labels.nii.gz"))
    labels[0, 0, 0] = 77
    sitk.WriteImage(labels, str(images / "labels.nii.gz"))
    assert register(images, "--labels", images / "labels.nii.gz", "--carried", images / "carried.nii.gz") == 0
    assert "numbers that nothing names (77)" in capsys.readouterr().err
