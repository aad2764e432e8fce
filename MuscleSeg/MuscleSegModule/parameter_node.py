"""What the user chose in the panel, kept in the scene: a saved scene restores every choice."""

import slicer
from slicer.parameterNodeWrapper import parameterNodeWrapper


@parameterNodeWrapper
class Choices:
    """The panel's choices.

    Attributes:
        volume: The anatomical image.
        region: What it shows: ``auto``, ``thigh`` or ``leg``.
        model: The family of models, or one model, by name.
        labels: The label set, by name.
        device: Where to compute: ``auto``, ``cpu`` or ``cuda``.
        segmentation: What is corrected, and measured together with the other side of the same run.
    """

    volume: slicer.vtkMRMLScalarVolumeNode
    region: str = "auto"
    model: str = "hrnet"
    labels: str = "muscleseg"
    device: str = "auto"
    segmentation: slicer.vtkMRMLSegmentationNode
