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
        propagateTo: Where corrections are carried: to other ``slices``, or a later ``scan``.
        laterScan: That scan.
        ffSource, t2Source, mtrSource: Where a quantity is taken from: ``none``, ``map``, or ``images`` of which a map
            is computed.
        ffMap, t2Map, mtrMap: The maps.
        fat, water, t2Echoes, withoutPulse, withPulse: What maps are computed of; ``t2Echoes`` is a file or folder.
        erosionMm: How far from the border of a muscle its values are taken.
        measures: The table of the last measuring.
    """

    volume: slicer.vtkMRMLScalarVolumeNode
    region: str = "auto"
    model: str = "hrnet"
    labels: str = "muscleseg"
    device: str = "auto"
    segmentation: slicer.vtkMRMLSegmentationNode
    propagateTo: str = "slices"
    laterScan: slicer.vtkMRMLScalarVolumeNode
    ffSource: str = "none"
    ffMap: slicer.vtkMRMLScalarVolumeNode
    fat: slicer.vtkMRMLScalarVolumeNode
    water: slicer.vtkMRMLScalarVolumeNode
    t2Source: str = "none"
    t2Map: slicer.vtkMRMLScalarVolumeNode
    t2Echoes: str = ""
    mtrSource: str = "none"
    mtrMap: slicer.vtkMRMLScalarVolumeNode
    withoutPulse: slicer.vtkMRMLScalarVolumeNode
    withPulse: slicer.vtkMRMLScalarVolumeNode
    erosionMm: float = 0.0
    measures: slicer.vtkMRMLTableNode
