"""Segmenting a volume node: the whole pipeline in one call, for Slicer's Python console and the module's panel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.slicer.segmentations import segmentationNodeFromResult
from MuscleSegLib.slicer.volumes import imageFromVolumeNode

if TYPE_CHECKING:
    import slicer


def segmentVolumeNode(
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
    *,
    model: str = "hrnet",
    region: Literal["auto", "thigh", "leg"] = "auto",
    side: Literal["auto", "right", "left"] = "auto",
    labels: str = "muscleseg",
    device: Literal["auto", "cpu", "cuda"] = "auto",
    models_dir: Path | None = None,
    progress: Progress = silent,
) -> slicer.vtkMRMLSegmentationNode:
    """Segment the muscles in a volume of the scene; the arguments are those of ``MuscleSegLib.segmentation.segment``.

    The scene is touched only at the end, when the result is complete.

    Returns:
        A new segmentation node in the volume's geometry, see
        :func:`~MuscleSegLib.slicer.segmentations.segmentationNodeFromResult`;
        :func:`~MuscleSegLib.slicer.attributes.warningsFromSegmentationNode` gives what a person should check in it.

    Raises:
        MuscleSegError: As ``segment`` raises it; :class:`~MuscleSegLib.errors.Cancelled` when ``progress`` stops it.

    Example:
        >>> from MuscleSegLib.slicer import segmentVolumeNode, warningsFromSegmentationNode
        >>> volumeNode = slicer.util.getNode("thigh")
        >>> segmentationNode = segmentVolumeNode(volumeNode)
        >>> for warning in warningsFromSegmentationNode(segmentationNode):
        ...     print(warning.text)
    """
    # Imported here, so that converting nodes works before PyTorch is installed in Slicer.
    from MuscleSegLib.segmentation import segment

    image = imageFromVolumeNode(volumeNode)
    result = segment(
        image,
        model=model,
        region=region,
        side=side,
        labels=labels,
        device=device,
        models_dir=models_dir,
        progress=progress,
    )
    return segmentationNodeFromResult(result, volumeNode)
