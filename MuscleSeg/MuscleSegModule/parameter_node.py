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
        lockedSlices: Slices that are not to be touched, as a person writes them: ``3, 7–9``.
        ffSource, t2Source, mtrSource: Where a quantity is taken from: ``none``, ``map``, or ``images`` of which a map
            is computed.
        ffMap, t2Map, mtrMap: The maps.
        ffScale, t2Scale, mtrScale: The scale that each is stored in, by name; empty to have it found.
        ffTransform, t2Transform, mtrTransform: Under which the segmented volume lies over each; None to have it found.
        fat, water, t2Echoes, withoutPulse, withPulse: What maps are computed of; ``t2Echoes`` is a file or folder.
        erosionMm: How far from the border of a muscle its values are taken.
        pseudonym: How to call the patient.
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
    lockedSlices: str = ""
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
    ffScale: str = ""
    t2Scale: str = ""
    mtrScale: str = ""
    ffTransform: slicer.vtkMRMLTransformNode
    t2Transform: slicer.vtkMRMLTransformNode
    mtrTransform: slicer.vtkMRMLTransformNode
    erosionMm: float = 0.0
    pseudonym: str = ""
    measures: slicer.vtkMRMLTableNode
