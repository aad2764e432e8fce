"""What the user chose in the panel, kept in the scene: a saved scene restores every choice."""

import enum

import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper


class Region(enum.Enum):
    """What the volume shows. The names are kept in scenes, the values are the command line's."""

    Auto = "auto"
    Thigh = "thigh"
    Leg = "leg"

    def label(self):
        """How the menu calls it."""
        return {"auto": _("Found automatically"), "thigh": _("Thigh"), "leg": _("Leg")}[self.value]


class Device(enum.Enum):
    """Where to compute. The names are kept in scenes, the values are the command line's."""

    Auto = "auto"
    Cpu = "cpu"
    Cuda = "cuda"

    def label(self):
        """How the menu calls it."""
        return {"auto": _("Automatic"), "cpu": _("Processor (CPU)"), "cuda": _("Graphics card (CUDA)")}[self.value]


@parameterNodeWrapper
class Choices:
    """The panel's choices.

    Attributes:
        volume: The anatomical image.
        region: What it shows.
        model: The family of models, or one model, by name.
        labels: The label set, by name.
        device: Where to compute.
        segmentation: What is corrected, and measured together with the other side of the same run.
    """

    volume: slicer.vtkMRMLScalarVolumeNode
    region: Region = Region.Auto
    model: str = "hrnet"
    labels: str = "muscleseg"
    device: Device = Device.Auto
    segmentation: slicer.vtkMRMLSegmentationNode
