"""What the tests of the Slicer bridge share: a real scene, and volumes and label maps to put into it."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData

from MuscleSegLib.anatomy import label_set
from MuscleSegLib.segmentation.result import Segmentation, SegmentationWarning
from MuscleSegLib.slicer import imageFromVolumeNode
from MuscleSegLib.slicer.scene import CoreApplication

VolumeAdder = Callable[..., slicer.vtkMRMLScalarVolumeNode]
ResultMaker = Callable[..., Segmentation]


@pytest.fixture
def core() -> CoreApplication:
    """Slicer's core with an empty scene."""
    return CoreApplication.start()


@pytest.fixture
def fresh_scene(core: CoreApplication) -> slicer.vtkMRMLScene:
    return core.scene


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[Path], CoreApplication]:
    """Opens the scene in a bundle, without the application's cache of remote files."""

    def open_bundle(bundle):
        folder = tmp_path / "opened"
        zipfile.ZipFile(bundle).extractall(folder)
        core = CoreApplication.start()
        core.scene.SetURL(str(next(folder.rglob("*.mrml"))))
        assert core.scene.Import(None)
        return core

    return open_bundle


@pytest.fixture(scope="session")
def add_volume() -> VolumeAdder:
    """Adds a volume node with these voxels (slices, rows, columns) and this geometry (RAS) to a scene."""

    def add(scene, voxels, *, origin=(0.0, 0.0, 0.0), spacing=(1.0, 1.0, 1.0), directions=None, name="volume"):
        image = vtkImageData()
        image.SetDimensions(*reversed(voxels.shape))
        image.GetPointData().SetScalars(numpy_to_vtk(voxels.ravel(), deep=True))
        node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
        node.SetAndObserveImageData(image)
        node.SetOrigin(origin)
        node.SetSpacing(spacing)
        node.SetIJKToRASDirections(*(np.eye(3) if directions is None else directions).ravel())
        return node

    return add


@pytest.fixture(scope="session")
def result_for() -> ResultMaker:
    """Makes a thigh segmentation on a node's grid in which background and the given values take turns."""

    def make(node, values, warnings: tuple[SegmentationWarning, ...] = ()):
        image = imageFromVolumeNode(node)
        cycle = np.resize(np.array([0, *values], np.uint8), int(np.prod(image.GetSize())))
        label_map = sitk.GetImageFromArray(cycle.reshape(image.GetSize()[::-1]))
        label_map.CopyInformation(image)
        return Segmentation(label_map, label_set("muscleseg").for_regions({"thigh"}), cards=(), warnings=warnings)

    return make


@pytest.fixture
def volume(fresh_scene: slicer.vtkMRMLScene, add_volume: VolumeAdder) -> slicer.vtkMRMLScalarVolumeNode:
    """A small oblique volume whose grid has nothing round about it."""
    voxels = np.arange(6 * 7 * 8, dtype=np.int16).reshape(6, 7, 8)
    turned = sitk.Euler3DTransform()
    turned.SetRotation(0.3, -0.2, 0.1)
    directions = np.array(turned.GetMatrix()).reshape(3, 3)
    return add_volume(fresh_scene, voxels, origin=(12.3, -45.6, 78.9), spacing=(0.7, 1.1, 6.5), directions=directions)
