"""The bridge to 3D Slicer: MRML nodes to and from the library's types.

Everything here runs inside the Slicer application (5.10 and later) and on ``slicer-core`` without it. Slicer is RAS,
the rest of the library is LPS; :mod:`MuscleSegLib.slicer.volumes` and :mod:`MuscleSegLib.slicer.transforms` are where
one becomes the other. (The latter needs PyTorch, which Slicer may not have yet, so it is not imported here.) Functions
that take or give nodes are named as Slicer names its own, in camelCase.
"""

from MuscleSegLib.slicer.attributes import warningsFromSegmentationNode
from MuscleSegLib.slicer.segment import segmentVolumeNode
from MuscleSegLib.slicer.segmentations import labelMapFromSegmentationNode, segmentationNodeFromResult
from MuscleSegLib.slicer.volumes import imageFromVolumeNode

__all__ = [
    "imageFromVolumeNode",
    "labelMapFromSegmentationNode",
    "segmentVolumeNode",
    "segmentationNodeFromResult",
    "warningsFromSegmentationNode",
]
