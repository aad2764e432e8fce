"""One measuring of a result in maps: what the child processes are given, and what they gave. Changes no scene."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import SimpleITK as sitk
import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError
from MuscleSegLib.segmentation.grids import same_grid
from MuscleSegLib.segmentation.segmentation_writing import write_labelled_volume
from MuscleSegLib.slicer import imageFromVolumeNode
from MuscleSegLib.slicer.exchange import writeVolumeNode
from MuscleSegLib.slicer.map_nodes import mapNodeMadeFrom, writeMapNode
from MuscleSegModule.run_folder import runFolder

#: How a registration went, as ``muscleseg register`` says, on the node of its transform.
QUALITY_ATTRIBUTE = "MuscleSeg.Registration"
#: The images that a map is computed from, as :class:`Sources` calls them, with the option of ``muscleseg map``. That of
#: the first is laid over the segmented volume: it shows best where the limbs are.
_IMAGES = {
    "FF": {"fat": "--fat", "water": "--water"},
    "T2": {},
    "MTR": {"withoutPulse": "--without-pulse", "withPulse": "--with-pulse"},
}


@dataclass(frozen=True)
class Sources:
    """What the maps are made of; each is None, or empty, where it is not measured.

    Attributes:
        ffMap: A volume with the fat fraction.
        fat, water: The images of which it is computed otherwise.
        t2Map: A volume with T2 in ms.
        t2Echoes: The file or folder of the multi-echo series of which it is computed otherwise.
        mtrMap: A volume with the magnetisation transfer ratio.
        withoutPulse, withPulse: The images of which it is computed otherwise.
        ffScale, t2Scale, mtrScale: The scale of a ready-made map, by name; it is found out where it is empty.
        ffTransform, t2Transform, mtrTransform: The transform node under which the segmented volume lies over the map;
            it is found by registration where there is none.
    """

    ffMap: Any = None
    ffScale: str = ""
    fat: Any = None
    water: Any = None
    ffTransform: Any = None
    t2Map: Any = None
    t2Scale: str = ""
    t2Echoes: str = ""
    t2Transform: Any = None
    mtrMap: Any = None
    mtrScale: str = ""
    withoutPulse: Any = None
    withPulse: Any = None
    mtrTransform: Any = None

    @property
    def maps(self):
        """The maps that are wanted, as :class:`MeasuredMap`.

        Raises:
            InputError: One of a pair of images is missing.
        """
        missing = {
            "FF": _("For the fat fraction, choose the fat and the water image."),
            "MTR": _("For MTR, choose the images without and with the pulse."),
        }
        wanted = []
        for quantity, images in _IMAGES.items():
            prefix = quantity.lower()
            mapNode, inputs = getattr(self, f"{prefix}Map"), {}
            file = self.t2Echoes if quantity == "T2" and mapNode is None else ""
            if mapNode is None:
                inputs = {role: getattr(self, role) for role in images if getattr(self, role) is not None}
                if 0 < len(inputs) < len(images):
                    raise InputError(missing[quantity])
                if inputs or file:
                    mapNode = mapNodeMadeFrom(slicer.mrmlScene, quantity, inputs, file)
            if mapNode is not None or inputs or file:
                transformNode, scale = getattr(self, f"{prefix}Transform"), getattr(self, f"{prefix}Scale")
                wanted.append(MeasuredMap(quantity, mapNode, inputs, file, transformNode, scale))
        return wanted


@dataclass
class MeasuredMap:
    """A map, what it is computed from, and where the muscles are in it.

    Attributes:
        quantity: ``FF``, ``T2`` or ``MTR``.
        node: The map in the scene; None while it is still to be computed.
        inputs: The images that it is computed from, by role.
        file: The series that it is computed from; empty when there is none.
        transformNode: Under which the volume lies over the map; None while it is still to be found.
        scale: The scale that the map is stored in, by name; empty where it is found out.
        path: The file of the map, in the folder of the run.
        transformPath: The file of the transform.
    """

    quantity: str
    node: Any
    inputs: dict
    file: str
    transformNode: Any
    scale: str
    path: Path = field(default=Path())
    transformPath: Path = field(default=Path())

    @property
    def fixedNode(self):
        """The image that the volume is laid over: the first of those that the map is made of, or the map."""
        return next(iter(self.inputs.values()), self.node)


class MeasureRun:
    """A result on its way through ``muscleseg map``, ``muscleseg register`` and ``muscleseg measure``.

    Args:
        labels: The muscles, as a :class:`~MuscleSegLib.segmentation.labelled_volume.LabelledVolume`.
        volumeNode: The volume that was segmented.
        sources: What the maps are made of.
        erosionMm: How far from the border of a muscle its values are taken.

    Attributes:
        commands: What is to be run, one after the other.
        maps: The maps that are measured, in order.
        measures: Where the measures will be.

    Raises:
        MuscleSegError: A volume cannot be written, or one of a pair is missing.
    """

    def __init__(self, labels, volumeNode, sources, erosionMm=0.0):
        self._directory = runFolder()
        self._folder = Path(self._directory.name)
        self._volumeNode = volumeNode
        self._written = {}
        self.commands = []
        self.measures = self._folder / "measures.json"
        self._muscles = self._folder / "muscles.seg.nrrd"
        try:
            write_labelled_volume(labels, self._muscles, {})
            self.maps = sources.maps
            measure = ["measure", str(self._muscles), "--output", str(self.measures), "--erode", f"{erosionMm:g}"]
            for one in self.maps:
                self._prepare(one)
                measure += ["--map", f"{one.quantity}={one.path}"]
                measure += ["--transform", f"{one.quantity}={one.transformPath}"]
                measure += ["--scale", f"{one.quantity}={one.scale}"] if one.scale else []
        except BaseException:
            self.close()
            raise
        self.commands.append(measure)

    @property
    def names(self):
        """By the name of a file of the run, that of the volume that was written to it."""
        return {path.name: node.GetName() for node, path in self._written.items()}

    def close(self):
        """Remove the run's files."""
        self._directory.cleanup()

    def _prepare(self, one):
        """Write a map and the transform to it, or add the commands that make them."""
        one.path = self._folder / f"{one.quantity}.nrrd"
        if one.node is not None:
            writeMapNode(one.node, one.path)
        else:
            images = [one.file] if one.file else []
            for role, node in one.inputs.items():
                images += [_IMAGES[one.quantity][role], str(self._image(node, f"{one.quantity}-{role}"))]
            self.commands.append(["map", one.quantity.lower(), *images, "--output", str(one.path)])
        # Not the map's own name: both have a .json beside them.
        one.transformPath = self._folder / f"{one.quantity}-transform.h5"
        if one.transformNode is not None:
            self._writeTransform(one)
            return
        alike = next((other for other in self.maps[: self.maps.index(one)] if _registeredAlike(one, other)), None)
        if alike is not None:
            one.transformPath = alike.transformPath
            return
        fixed = one.path if one.fixedNode in (None, one.node) else self._image(one.fixedNode, f"{one.quantity}-fixed")
        volume = self._image(self._volumeNode, "image")
        images = [str(fixed), str(volume), "--labels", str(self._muscles)]
        self.commands.append(["register", *images, "--output", str(one.transformPath)])

    def _writeTransform(self, one):
        from MuscleSegLib.registration import write_transform
        from MuscleSegLib.registration.quality_file import quality_path
        from MuscleSegLib.slicer.transforms import transformFromTransformNode

        transform = sitk.Transform(3, sitk.sitkIdentity)
        if not _isUnder(self._volumeNode, one.transformNode):  # Else the muscles are where it takes them already.
            grid = imageFromVolumeNode(one.fixedNode or self._volumeNode)
            transform = transformFromTransformNode(one.transformNode, grid)
        write_transform(transform, one.transformPath)
        quality = one.transformNode.GetAttribute(QUALITY_ATTRIBUTE)
        if quality is not None:  # Beside the transform it goes into the measures.
            quality_path(one.transformPath).write_text(quality, encoding="utf-8")

    def _image(self, volumeNode, name):
        """The file of a volume; each volume is written once."""
        if volumeNode not in self._written:
            self._written[volumeNode] = self._folder / f"{name}.nrrd"
            writeVolumeNode(volumeNode, self._written[volumeNode])
        return self._written[volumeNode]


def _registeredAlike(one, other):
    """Whether two maps are registered by images of one grid, so that one registration does for both."""
    if other.transformNode is not None or None in (one.fixedNode, other.fixedNode):
        return False
    return same_grid(imageFromVolumeNode(one.fixedNode), imageFromVolumeNode(other.fixedNode))


def _isUnder(node, transformNode):
    parent = node.GetParentTransformNode()
    while parent is not None:
        if parent is transformNode:
            return True
        parent = parent.GetParentTransformNode()
    return False
